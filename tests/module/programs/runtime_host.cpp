// runtime_host DIRECTORY MODULE STEP…: a host with a store below DIRECTORY, which prints the result of each
// step on the component "it": load, swap (rehearsed), swap_unrehearsed, plan, revert, recover, unload,
// status; any other word is a call of the component. A path among the steps chooses the module for the
// following steps, and FILE=PLACE copies a file to a place, as a package manager does. It is built with a
// sanitizer and without one.
#include "module/fixtures/probe.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

template <class T>
void tell(std::string_view step, hotswap::result<T> const& done) {
    if (done)
        fmt::print("{}: done\n", step);
    else
        fmt::print("{}: {}: {}\n", step, done.error().code, done.error().message);
}

void do_step(hotswap::runtime& runtime, std::filesystem::path const& module, std::string_view step) {
    using hotswap::rehearse;
    if (step == "load") return tell(step, runtime.load<test::probe>("it", {.module = module}));
    if (step == "swap")
        return tell(
            step,
            runtime.swap("it", {.module = module, .rehearse = rehearse::always, .even_if_unchanged = true}));
    if (step == "swap_unrehearsed")
        return tell(
            step,
            runtime.swap("it", {.module = module, .rehearse = rehearse::never, .even_if_unchanged = true}));
    if (step == "plan") {
        auto const plan = runtime.plan("it", {.module = module, .even_if_unchanged = true});
        if (!plan || plan->blockers.empty()) return tell(step, plan);
        return tell(step, hotswap::result<void>(plan->blockers.front()));
    }
    if (step == "revert") return tell(step, runtime.revert("it"));
    if (step == "unload") return tell(step, runtime.unload("it"));
    if (step == "status") {
        for (auto const& each : runtime.status())
            for (auto const& warning : each.warnings) fmt::print("status: {}\n", warning);
        return;
    }
    if (step == "recover") return tell(step, runtime.recover());
    auto const it = runtime.find<test::probe>("it");
    if (!it) return tell(step, it);
    try {
        fmt::print("{}: {}\n", step, (*it)->ask(step));
    } catch (std::runtime_error const& e) {
        fmt::print("{}: caught {}\n", step, e.what());
    }
}

void put(std::filesystem::path const& file, std::filesystem::path const& place) {
    auto const next = place.string() + ".new";
    std::filesystem::copy_file(file, next);
    std::filesystem::rename(next, place);
}

}  // namespace

int main(int count, char** words) {
    try {
        std::filesystem::path const directory = words[1];
        hotswap::runtime runtime({.modules = directory,
                                  .staging = directory / "staging",
                                  .log_to_stderr = false,
                                  .store = directory / "store"});
        std::filesystem::path module;
        for (std::string_view const word : std::span(words, static_cast<std::size_t>(count)).subspan(2)) {
            if (auto const equals = word.find('='); equals != word.npos)
                put(word.substr(0, equals), word.substr(equals + 1));
            else if (word.starts_with('/'))
                module = word;
            else
                do_step(runtime, module, word);
            std::fflush(stdout);
        }
        fmt::print("alive\n");
        return 0;
    } catch (std::exception const& e) {
        fmt::print("ended: {}\n", e.what());
        return 1;
    }
}
