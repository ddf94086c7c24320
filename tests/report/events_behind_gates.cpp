// Subscribers that need the component while operations on it are refused.
#include "durable/stored_house.hpp"
#include "swap/fixtures/patient.hpp"
#include "swap/fixtures/visitor.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

using namespace hotswap_test;
using hotswap::errc;

namespace {

/// Calls a component on a separate thread on request, and reports the end of the call.
template <class Contract>
class caller_elsewhere {
public:
    using call = std::function<void(hotswap::handle<Contract> const&)>;

    caller_elsewhere(hotswap::handle<Contract> on, call what)
        : thread_([this, on = std::move(on), what = std::move(what)] {
              std::unique_lock lock(mutex_);
              for (;;) {
                  changed_.wait(lock, [this] { return asked_ != answered_ || ends_; });
                  if (ends_) return;
                  lock.unlock();
                  try {
                      what(on);
                  } catch (hotswap::swap_error const&) {
                      // The component is unloaded now.
                  }
                  lock.lock();
                  ++answered_;
                  changed_.notify_all();
              }
          }) {}
    ~caller_elsewhere() {
        {
            std::lock_guard const lock(mutex_);
            ends_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    caller_elsewhere(caller_elsewhere const&) = delete;
    caller_elsewhere& operator=(caller_elsewhere const&) = delete;

    /// Returns after the caller's call; never, if this thread keeps the gate closed.
    void wait_for_a_call() {
        std::unique_lock lock(mutex_);
        auto const mine = ++asked_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return answered_ >= mine; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t asked_ = 0;
    std::uint64_t answered_ = 0;
    bool ends_ = false;
    std::thread thread_;
};

/// A durable patient; every event waits for a caller's call.
struct watched_house : stored_house {
    watched_house()
        : it(load<patient>("patient", built("patient", "1.0.0"))),
          caller(it, [](hotswap::handle<patient> const& on) { on->visits("a"); }) {
        runtime
            ->subscribe([this](hotswap::event const&) {
                caller.wait_for_a_call();
                ++events;
            })
            .detach();
    }
    ~watched_house() { runtime.reset(); }  // before the caller ends

    hotswap::handle<patient> it;
    caller_elsewhere<patient> caller;
    std::atomic<int> events{0};
};

}  // namespace

TEST_CASE(
    "events behind gates: refused operations tell a subscriber, who waits for a caller, with the gate open") {
    watched_house at;
    auto const frame = at.runtime->snapshot("patient").value();
    std::chrono::nanoseconds const soon = 2ms;
    {
        lease_elsewhere const held(at.it);
        CHECK(at.runtime->swap("patient", {.module = built("patient", "2.0.0"), .drain_deadline = soon})
                  .error()
                  .code == errc::drain_timeout);
        CHECK(at.runtime->restore("patient", frame, {.drain_deadline = soon}).error().code ==
              errc::drain_timeout);
        CHECK(at.runtime->plan("patient", {.module = built("patient", "2.0.0"), .drain_deadline = soon})
                  .value()
                  .blockers.size() == 1);
    }
    at.runtime->swap("patient", {.module = built("patient", "2.0.0")}).value();
    {
        lease_elsewhere const held(at.it);
        CHECK(at.runtime->revert("patient", {.drain_deadline = soon}).error().code == errc::drain_timeout);
    }
    at.runtime->revert("patient").value();
    CHECK(at.events > 20);
}

TEST_CASE("events behind gates: a revert that discards writes and is refused tells with the gate open") {
    watched_house at;
    at.runtime->swap("patient", {.module = built("patient_oneway", "2.2.0"), .probation = {.duration = 1h}})
        .value();
    {
        lease_elsewhere const held(at.it);
        CHECK(at.runtime->revert("patient", {.drain_deadline = 2ms, .discard_writes = true}).error().code ==
              errc::drain_timeout);
    }
    CHECK(at.runtime->revert("patient", {.discard_writes = true}).value().discarded.happened);
    CHECK(at.events > 10);
}

TEST_CASE("events behind gates: a restore whose constructor throws tells with the gate open") {
    stored_house at;
    auto const it = at.load<patient>("patient", built("patient_picky", "1.4.0"));
    auto const other = at.load<patient>("other", built("patient", "1.0.0"));
    other->visit("unbearable");
    auto const frame = at.runtime->snapshot("other").value();
    std::atomic<int> events{0};
    {
        caller_elsewhere<patient> caller(it, [](auto const& on) { on->visits("a"); });
        auto id = at.runtime->subscribe([&](hotswap::event const&) {
            caller.wait_for_a_call();
            ++events;
        });
        CHECK(at.runtime->restore("patient", frame).error().code == errc::construct_failed);
        id.end();
    }
    CHECK(events > 3);
    CHECK(it->visits("unbearable") == 0);
}

TEST_CASE(
    "events behind gates: what a constructor logs on the thread of a budget waits for the gate as well") {
    site at;
    auto const guest = at.load<visitor>("visitor", built("visitor", "1.0.0"));
    std::atomic<int> lines{0};
    caller_elsewhere<visitor> caller(guest, [](auto const& on) { on->visits(); });
    auto id = at.runtime.subscribe([&](hotswap::event const& what) {
        caller.wait_for_a_call();
        if (what.message == "constructed") ++lines;
    });
    at.swap("visitor", built("visitor", "1.1.0"), {.pause_budget = 1h});
    CHECK(lines == 1);
    id.end();
}

TEST_CASE("events behind gates: one thread's events do not wait for a subscriber of another thread") {
    site at;
    auto const one = at.load<visitor>("one", built("visitor", "1.0.0"));
    std::promise<void> begun;
    std::promise<void> may_end;
    std::atomic<int> heard{0};
    auto id = at.runtime.subscribe([&](hotswap::event const& what) {
        ++heard;
        if (what.message != "first") return;
        begun.set_value();
        may_end.get_future().wait();
    });
    std::thread first([&] { one->say("first"); });
    begun.get_future().wait();
    one->say("second");  // would wait for ever if it waited for the subscriber
    CHECK(heard == 1);
    may_end.set_value();
    first.join();
    id.end();
    CHECK(heard == 2);
}
