// forking_host KIND DIRECTORY: a host with a store below DIRECTORY, loaded and swapped, that forks; prints
// the results in parent and child. KIND:
//
//   exit       the runtime is static, the child ends by exit(0)
//   timer      the same, with a component that has a timer
//   period     the same, with a checkpoint period
//   daemon     the child continues in place of the process, as after daemon(): unload, and a return from main
//   closed     the gate is closed when the process forks; the child calls
#include "slot/fixtures/worker.hpp"
#include "swap/fixtures/patient.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <future>
#include <set>
#include <string>
#include <string_view>
#include <thread>

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using hotswap_test::patient;

namespace {

bool is_child = false;

}  // namespace

// The leak checker looks for pointers on the stacks of threads. A forked child has the memory of its parent's threads, but not
// the threads: memory that only their stacks refer to would look lost.
extern "C" int __lsan_is_turned_off();
extern "C" int __lsan_is_turned_off() { return is_child ? 1 : 0; }

namespace {

pid_t fork_here() {
    pid_t const child = fork();
    is_child = child == 0;
    return child;
}

hotswap::runtime_options options(fs::path const& directory, std::string_view kind) {
    return {
        .modules = directory / "modules",
        .staging = directory / "staging",
        .log_to_stderr = false,
        .rehearse = hotswap::rehearse::never,
        .store = directory / "store",
        .checkpoint_period = kind == "period" ? std::chrono::nanoseconds(1h) : std::chrono::nanoseconds(0)};
}

std::set<std::string> files_below(fs::path const& directory) {
    std::set<std::string> found;
    for (auto const& entry : fs::recursive_directory_iterator(directory)) found.insert(entry.path().string());
    return found;
}

template <class T>
std::string said(hotswap::result<T> const& done) {
    return done ? "ok" : std::string(to_string(done.error().code));
}

void say(std::string const& line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
}

// Tries every operation of a runtime that belongs to another process.
void try_all(hotswap::runtime& runtime) {
    say(fmt::format(
        "child: load {}, find {}, swap {}, plan {}, revert {}, snapshot {}, restore {}, checkpoint {}, "
        "recover {}, unload {}, status {}",
        said(runtime.load<patient>("zoe")), said(runtime.find<patient>("patient")),
        said(runtime.swap("patient")), said(runtime.plan("patient")), said(runtime.revert("patient")),
        said(runtime.snapshot("patient")), said(runtime.restore("patient", {})), said(runtime.checkpoint()),
        said(runtime.recover()), said(runtime.unload("patient")), runtime.status().size()));
}

// The way in which the child ended; "hangs" if it does not end.
std::string end_of(pid_t child) {
    for (int i = 0; i != 2000; ++i) {
        int status = 0;
        if (waitpid(child, &status, WNOHANG) == child)
            return WIFEXITED(status) ? fmt::format("exit {}", WEXITSTATUS(status))
                                     : fmt::format("signal {}", WTERMSIG(status));
        std::this_thread::sleep_for(10ms);
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    return "hangs";
}

// A lease of another thread delays the drain, so the gate is closed when the process forks.
int fork_behind_closed_gate(hotswap::runtime& runtime, hotswap::handle<patient> const& it,
                            fs::path const& module) {
    std::promise<void> taken;
    std::promise<void> back;
    std::thread holder([&] {
        auto const held = it.lease();
        taken.set_value();
        back.get_future().wait();
    });
    taken.get_future().wait();
    auto swapping = std::async(std::launch::async, [&] {
        return runtime.swap("patient", {.module = module, .drain_deadline = 1h}).has_value();
    });
    while (!runtime.status().front().swapping) std::this_thread::yield();
    pid_t child = 0;
    std::string end;
    // The operation begins some microseconds before the gate is closed: a child that finds the gate open
    // passes, and prints that.
    do {
        child = fork_here();
        if (child == 0) {
            try {
                it->visit("b");
                std::_Exit(7);
            } catch (hotswap::swap_error const& e) {
                say(fmt::format("child: {}", to_string(e.why().code)));
            }
            std::exit(0);
        }
        end = end_of(child);
    } while (end == "exit 7");
    say("child ended: " + end);
    back.set_value();
    holder.join();
    say(fmt::format("parent: swapped {}", swapping.get()));
    return 0;
}

}  // namespace

int main(int count, char** words) {
    if (count < 6) return 2;
    std::string_view const kind = words[1];
    fs::path const directory = words[2];
    static hotswap::runtime runtime(options(directory, kind));
    auto const it = runtime.load<patient>("patient", {.module = words[3]}).value();
    static test::observer watch;
    if (kind == "timer") {
        auto const clockwork = runtime.load<test::worker>("worker", {.module = words[5]}).value();
        clockwork->every(10ms, watch);
    }
    it->visit("a");
    runtime.swap("patient", {.module = words[4]}).value();

    if (kind == "closed") return fork_behind_closed_gate(runtime, it, words[3]);

    auto const before = files_below(directory);
    pid_t const child = fork_here();
    bool const is_daemon = kind == "daemon";
    if (child == 0) {
        try_all(runtime);
        say(fmt::format("child: {} visits", it->visits("a")));
        if (!is_daemon) std::exit(0);
        return 0;
    }
    say("child ended: " + end_of(child));
    if (is_daemon) std::_Exit(0);
    // One after the other: the arguments of a call have no order.
    bool const same_files = files_below(directory) == before;
    auto const checkpointed = said(runtime.checkpoint());
    auto const reverted = said(runtime.revert("patient"));
    auto const visits = it->visits("a");
    say(fmt::format("parent: same files {}, checkpoint {}, revert {}, visits {}, unload {}", same_files,
                    checkpointed, reverted, visits, said(runtime.unload("patient"))));
    return 0;
}
