// ending_host KIND DIRECTORY WORD...: a host with a store below DIRECTORY and a component "patient", which recovers and then does
// each WORD in turn. KIND is the place of its runtime: "local" in main, "static", or "reset" in a pointer
// that is reset; "forgetful" and "periodic" are local ones, without a checkpoint at the end and with a
// checkpoint every 20 ms.
//
//   load=FILE swap=FILE   the swap is on a probation that outlives the process
//   visit                 raises the state by one
//   look                  prints the release, the visits, and "sent back" if a probation has ended badly
//   other=FILE, visit_other, look_other   the same with a second component, "zoe"
//   checkpoint, crash (a call that may end the process), kill (SIGKILL)
//   hold                  a thread takes a lease and never gives it back
//   stall                 the next write to the store does not return (with failpoints)
//   stall_checkpoint      waits until a checkpoint that the runtime began itself hangs in such a write
#include "base/failpoint.hpp"
#include "swap/fixtures/patient.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using hotswap_test::patient;

namespace {

hotswap::runtime_options options(std::filesystem::path const& directory, bool saves,
                                 std::chrono::milliseconds period = {}) {
    return {.modules = directory / "modules",
            .staging = directory / "staging",
            .rehearse = hotswap::rehearse::never,
            .store = directory / "store",
            .checkpoint_period = period,
            .checkpoint_on_exit = saves,
            .exit_deadline = std::chrono::milliseconds(400)};
}

void hold(hotswap::handle<patient> on) {
    std::promise<void> taken;
    std::thread([&taken, on = std::move(on)] {
        auto const lease = on.lease();
        taken.set_value();
        std::promise<void>().get_future().wait();
    }).detach();
    taken.get_future().wait();
}

void do_one(hotswap::runtime& runtime, std::string const& word) {
    auto const file = word.substr(word.find('=') + 1);
    auto const it = [&] { return runtime.find<patient>("patient").value(); };
    auto const other = [&] { return runtime.find<patient>("zoe").value(); };
    if (word.starts_with("load=")) {
        static_cast<void>(runtime.load<patient>("patient", {.module = file}).value());
    } else if (word.starts_with("swap=")) {
        hotswap::swap_options how{.module = file};
        how.probation.duration = std::chrono::hours(1);
        runtime.swap("patient", how).value();
    } else if (word == "visit") {
        it()->visit("a");
    } else if (word == "look") {
        auto const status = runtime.status().at(0);
        fmt::print("{} {}{}\n", it()->code(), it()->visits("a"), status.rolled_back ? " sent back" : "");
        std::fflush(stdout);
    } else if (word.starts_with("other=")) {
        static_cast<void>(runtime.load<patient>("zoe", {.module = file}).value());
    } else if (word == "visit_other") {
        other()->visit("a");
    } else if (word == "look_other") {
        fmt::print("{} {}\n", other()->code(), other()->visits("a"));
        std::fflush(stdout);
    } else if (word == "checkpoint") {
        runtime.checkpoint().value();
    } else if (word == "crash") {
        it()->fail();
    } else if (word == "kill") {
        std::raise(SIGKILL);
    } else if (word == "hold") {
        hold(it());
#if defined(HOTSWAP_FAILPOINTS)
    } else if (word == "stall") {
        hotswap::detail::failpoints::call("store.write", [] { std::promise<void>().get_future().wait(); });
    } else if (word == "stall_checkpoint") {
        static std::promise<void> reached;
        hotswap::detail::failpoints::call("store.write", [] {
            reached.set_value();
            std::promise<void>().get_future().wait();
        });
        reached.get_future().wait();
#endif
    } else {
        throw std::invalid_argument(word);
    }
}

void run(hotswap::runtime& runtime, std::vector<std::string> const& words) {
    bool const trusts = !words.empty() && words.front() == "trust";
    runtime.recover({.trust_suspects = trusts}).value();
    for (std::size_t i = trusts ? 1 : 0; i != words.size(); ++i) do_one(runtime, words[i]);
}

}  // namespace

int main(int count, char** words) {
    try {
        std::string_view const kind = words[1];
        std::filesystem::path const directory = words[2];
        std::vector<std::string> const script(words + 3, words + count);
        if (kind == "static") {
            static hotswap::runtime runtime(options(directory, true));
            run(runtime, script);
        } else if (kind == "reset") {
            auto runtime = std::make_unique<hotswap::runtime>(options(directory, true));
            run(*runtime, script);
            runtime.reset();
            std::quick_exit(0);
        } else {
            std::chrono::milliseconds const period{kind == "periodic" ? 20 : 0};
            hotswap::runtime runtime(options(directory, kind != "forgetful", period));
            run(runtime, script);
        }
        // A runtime that is destroyed while it is in use leaks on purpose; the leak checker must not report
        // that.
        for (auto const& word : script)
            if (word == "hold" || word.starts_with("stall")) std::quick_exit(0);
        return 0;
    } catch (std::exception const& e) {
        std::fprintf(stderr, "ending_host: %s\n", e.what());
        return 1;
    }
}
