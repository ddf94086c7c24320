// signalled_host DIRECTORY MODULES [PROBE]: a host with every thread that a runtime keeps: a component with a timer, on probation, and
// checkpoints. Then its main thread blocks SIGTERM and SIGUSR1, and waits for each of 50 signals that it
// sends to its process. Prints the number of received signals, and the name and blocked signals of each other
// thread. PROBE is its thread_probe_signal.
#include "base/signal_mask.hpp"
#include "runtime/fixtures/ticker.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using hotswap_test::ticker;

namespace {

template <class Seen>
void until(Seen seen) {
    while (!seen()) std::this_thread::yield();
}

int signals_that_come() {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
    timespec const patience{30, 0};
    int came = 0;
    for (int i = 0; i != 50; ++i) {
        int const sent = i % 2 == 0 ? SIGTERM : SIGUSR1;
        kill(getpid(), sent);
        if (sigtimedwait(&wanted, nullptr, &patience) == sent) ++came;
    }
    return came;
}

struct seen_thread {
    int number = 0;
    std::string name;
    std::string held;
};

std::vector<seen_thread> other_threads() {
    std::vector<seen_thread> found;
    for (auto const& each : fs::directory_iterator("/proc/self/task")) {
        seen_thread one{std::stoi(each.path().filename().string()), {}, {}};
        if (one.number == gettid()) continue;
        std::ifstream status(each.path() / "status");
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with("Name:\t")) one.name = line.substr(6);
            if (line.starts_with("SigBlk:\t")) one.held = line.substr(8);
        }
        found.push_back(one);
    }
    return found;
}

bool are_all_named() {
    for (auto const& each : other_threads())
        if (!each.name.starts_with("hotswap:")) return false;
    return true;
}

void print(hotswap_test::thread_seen const& of) { fmt::print("{} {:016x}\n", of.name, of.held); }

}  // namespace

int main(int count, char** words) {
    if (count < 3) return 2;
    fs::path const directory = words[1];
    hotswap::runtime runtime({.modules = words[2],
                              .staging = directory / "staging",
                              .log_to_stderr = false,
                              .rehearse = hotswap::rehearse::never,
                              .store = directory / "store",
                              .checkpoint_period = 1ms,
                              .thread_probe_signal = count > 3 ? std::atoi(words[3]) : 0});
    runtime.recover().value();
    auto const it = runtime.load<ticker>("ticker", {.module = "ticker-1.0.0.so"}).value();
    hotswap::swap_options how{.module = fs::path(words[2]) / "ticker-1.1.0.so", .pause_budget = 30s};
    how.probation.duration = 1h;
    runtime.swap("ticker", how).value();
    until([&] { return it->ticks() != 0; });
    fmt::print("{}\n", signals_that_come());
    until(are_all_named);
    for (auto const& each : other_threads()) fmt::print("{} {}\n", each.name, each.held);
    fmt::print("transient\n");
    print(it->constructed_on());
    if (std::thread::hardware_concurrency() > 1) print(it->helper_of_a_transform());
}
