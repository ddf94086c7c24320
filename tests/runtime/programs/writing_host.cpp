// writing_host SINK DIRECTORY MODULES SWAP_MODULES WORD...: a host of a sink that is called SINK, and of a writer whose destructor
// writes to it. Each WORD in turn:
//
//   load             both; the writer is asking_writer if ASKS=1 is in the environment
//   store            from here on: a runtime with a store; recovers, or prints the reason of the refusal
//   third            loads a component that cannot be constructed again
//   unload=NAME, force=NAME, swap   prints the result
#include "runtime/fixtures/line_sink.hpp"
#include "swap/fixtures/patient.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace fs = std::filesystem;

namespace {

template <class T>
void say(char const* what, hotswap::result<T> const& done) {
    fmt::print("{}: {}\n", what, done ? "ok" : to_string(done.error().code));
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** words) {
    if (count < 5) return 2;
    std::string const sink = words[1];
    fs::path const directory = words[2];
    fs::path const modules = words[3];
    fs::path const swap_modules = words[4];
    auto const* const asks = std::getenv("ASKS");
    std::string const writer = asks != nullptr ? "asking_writer" : "line_writer";
    hotswap::runtime_options options{.modules = modules,
                                     .staging = directory / "staging",
                                     .log_to_stderr = false,
                                     .rehearse = hotswap::rehearse::never};
    std::optional<hotswap::runtime> runtime;
    for (int i = 5; i < count; ++i) {
        std::string const word = words[i];
        auto const name = word.substr(word.find('=') + 1);
        if (word == "store") {
            options.store = directory / "store";
            runtime.emplace(options);
            say("recover", runtime->recover());
            continue;
        }
        if (!runtime) runtime.emplace(options);
        if (word == "load") {
            static_cast<void>(runtime->load<hotswap_test::line_sink>(sink, {.module = "line_sink"}).value());
            auto const it = runtime->load<hotswap_test::line_writer>("m_writer", {.module = writer}).value();
            it->keep(sink);
        } else if (word == "third") {
            auto const it = runtime
                                ->load<hotswap_test::patient>(
                                    "n_third", {.module = swap_modules / "patient_picky-1.4.0.so"})
                                .value();
            it->visit("unbearable");
        } else if (word.starts_with("unload=")) {
            say("unload", runtime->unload(name));
        } else if (word.starts_with("force=")) {
            say("unload", runtime->unload(name, {.force = true}));
        } else if (word == "swap") {
            say("swap", runtime->swap("m_writer", {.module = modules / (writer + "-1.0.0.so")}));
        } else {
            return 3;
        }
    }
    return 0;
}
