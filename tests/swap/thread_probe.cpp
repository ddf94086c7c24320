// Threads that still execute old code when the runtime wants to unmap it.
#include "slot/waiting.hpp"
#include "swap/fixture.hpp"
#include "swap/fixtures/lodger.hpp"

#include <atomic>
#include <csignal>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::unload_verdict;

namespace {

int const probe_signal = SIGRTMIN + 5;
fs::path const first = built("lodger", "1.0.0");
fs::path const second = built("lodger", "2.0.0");

/// A runtime that probes threads before it unmaps.
struct asking_site : site {
    explicit asking_site(int signal = probe_signal)
        : site({.rehearse = hotswap::rehearse::never, .thread_probe_signal = signal}) {}

    bool is_free_of_old_code() {
        return test::eventually([this] { return status("lodger").retained.empty(); });
    }
};

/// A thread in the module's code, while the object lives.
class tenant {
public:
    explicit tenant(hotswap::handle<lodger> const& at) {
        at->move_in(stay_);
        stay_.wait_for_arrival();
    }
    ~tenant() { leave(); }
    void leave() { stay_.tell_to_leave(); }

private:
    lodging stay_;
};

/// Whether the process has a thread of that name.
bool is_there(std::string_view wanted) {
    auto const threads = fs::directory_iterator("/proc/self/task");
    return std::any_of(begin(threads), end(threads), [wanted](auto const& each) {
        std::ifstream file(each.path() / "comm");
        std::string name;
        std::getline(file, name);
        return name == wanted;
    });
}

}  // namespace

#if !defined(__SANITIZE_THREAD__)  // its own thread blocks all signals: one thread never answers

TEST_CASE(
    "threads: old code that a thread is in stays mapped, with the thread's number and name, until it has "
    "left") {
    asking_site at;
    auto const it = at.load<lodger>("lodger", first);
    tenant forgotten(it);
    auto const report = at.swap("lodger", second);
    CHECK(report.unload.verdict == unload_verdict::retained);
    CHECK(names(report.unload.reason, {"thread ", "(forgotten)"}));
    CHECK(test::eventually([&at] {  // on a busy machine the thread may not answer at once
        return names(at.status("lodger").retained, {"lodger-1.0.0.so", "(forgotten)", "is in it at +0x"});
    }));
    CHECK(it->calls() == 1);
    forgotten.leave();
    REQUIRE(at.is_free_of_old_code());
    CHECK(at.mappings() == mappings_below(at.directory.path()));
    CHECK(it->calls() == 2);
}

TEST_CASE("threads: where no thread is in it, old code is unmapped as ever, under callers at work") {
    asking_site at;
    auto const it = at.load<lodger>("lodger", first);
    std::atomic<bool> done{false};
    std::atomic<int> made{0};
    std::vector<std::thread> callers;
    for (int i = 0; i != 2; ++i)
        callers.emplace_back([&] {
            while (!done) it->calls(), ++made;
        });
    for (int i = 0; i != 50; ++i) {
        auto const gone = at.swap("lodger", i % 2 == 0 ? second : first).unload;
        // No thread is ever reported as inside; on a busy machine a thread may not answer at once.
        CHECK((gone.verdict == unload_verdict::unmapped || !names(gone.reason, {"is in it"})));
        REQUIRE(at.is_free_of_old_code());
    }
    done = true;
    for (auto& each : callers) each.join();
    CHECK(it->calls() == made + 1);
}

TEST_CASE("threads: one that does not answer is named, and the code stays mapped until it does") {
    asking_site at;
    static_cast<void>(at.load<lodger>("lodger", first));
    std::atomic<int> stage{0};
    std::thread deaf([&stage] {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, probe_signal);
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        stage = 1;
        stage.notify_all();
        stage.wait(1);
        pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
        stage.wait(2);
    });
    stage.wait(0);
    auto const report = at.swap("lodger", second);
    CHECK(report.unload.verdict == unload_verdict::retained);
    CHECK(names(report.unload.reason, {"did not answer signal " + std::to_string(probe_signal)}));
    stage = 2;
    stage.notify_all();
    CHECK(at.is_free_of_old_code());
    stage = 3;
    stage.notify_all();
    deaf.join();
}

#endif

TEST_CASE("threads: a runtime that is destroyed while one is in its code leaves that mapped") {
    // In a separate process, because the module that the thread keeps is never freed.
    int const status = test::in_child([] {
        lodging stay;
        {
            asking_site at;
            auto const it = at.load<lodger>("lodger", first);
            it->move_in(stay);
            stay.wait_for_arrival();
        }
        stay.tell_to_leave();  // the thread continues in code that is still mapped
        if (!test::eventually([] { return !is_there("forgotten"); })) _exit(2);
    });
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("threads: a signal that is not free for it refuses the first load, in words") {
    int signal = 0;
    std::string what;
    SUBCASE("no signal for programs") {
        signal = SIGSEGV;
        what = "name SIGUSR1";
    }
    SUBCASE("one that the host handles") {
        signal = SIGUSR2;
        what = "has a handler for it";
        std::signal(SIGUSR2, [](int) {});
    }
    asking_site at(signal);
    auto const refused = at.runtime.load<lodger>("lodger", {.module = first});
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK(names(refused.error().message, {"thread_probe_signal", what}));
    std::signal(SIGUSR2, SIG_DFL);
}
