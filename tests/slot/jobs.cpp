#include "slot/job_runner.hpp"

#include "slot/gate_fixture.hpp"
#include "slot/waiting.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using hotswap::detail::job_list;
using hotswap::detail::job_runner;
using test::eventually;
using test::gated;
using namespace std::chrono_literals;

namespace abi = hotswap::abi;

namespace {

/// A job that counts its runs and its destructions.
struct counting_job {
    std::atomic<int> runs{0};
    std::atomic<int> destroyed{0};
    std::function<void()> also{};

    abi::job job() noexcept {
        abi::job made;
        made.context = this;
        made.run = [](void* context, abi::error*) noexcept {
            auto& self = *static_cast<counting_job*>(context);
            if (self.also) self.also();
            ++self.runs;
            return abi::status::ok;
        };
        made.destroy = [](void* context) noexcept { ++static_cast<counting_job*>(context)->destroyed; };
        return made;
    }
};

struct running : gated {
    std::atomic<int> reports{0};
    job_runner runner{gate, [this](std::string_view, std::uint64_t) { ++reports; }};
    job_list list;

    running() { runner.activate(&list); }
    ~running() { end(); }

    /// The runner's thread may run a job of the list until the thread has ended; only then may the list be
    /// closed.
    std::size_t end() {
        gate->end();
        runner.stop();
        return runner.close(list);
    }
};

}  // namespace

TEST_CASE("jobs: while the gate is closed no timer and no post runs, and afterwards they do") {
    running r;
    counting_job timer;
    counting_job post;
    r.runner.add_timer(r.list, timer.job(), 1ms, 1ms);
    CHECK(eventually([&] { return timer.runs >= 2; }));
    auto const held_before = r.gate->calls_held();
    test::close_gate(*r.gate);
    REQUIRE(r.drains());
    int const runs = timer.runs;
    r.runner.add_post(r.list, post.job());
    // The thread has work that is due, and waits at the gate.
    CHECK(eventually([&] { return r.gate->calls_held() == held_before + 1; }));
    CHECK(timer.runs == runs);
    CHECK(post.runs == 0);
    r.gate->open(&r.object);
    CHECK(eventually([&] { return timer.runs > runs && post.runs == 1; }));
    CHECK(eventually([&] { return post.destroyed == 1; }));
    CHECK(r.end() == 0);
    CHECK(timer.destroyed == 1);
}

TEST_CASE("jobs: a drain waits for the job that is running") {
    running r;
    counting_job post;
    std::atomic<bool> inside{false};
    std::atomic<bool> may_go{false};
    post.also = [&] {
        inside = true;
        may_go.wait(false);
    };
    r.runner.add_post(r.list, post.job());
    CHECK(eventually([&] { return inside.load(); }));
    test::close_gate(*r.gate);
    CHECK_FALSE(r.drains_at_once());
    CHECK(r.gate->leases() == 1);
    may_go = true;
    may_go.notify_all();
    CHECK(r.drains());
    CHECK(post.runs == 1);
    CHECK(post.destroyed == 1);
}

TEST_CASE(
    "jobs: those of a list that is not active wait for it, and are destroyed once if it is closed first") {
    running r;
    job_list other;
    counting_job early;
    counting_job active;
    r.runner.add_post(other, early.job());
    r.runner.add_post(r.list, active.job());
    CHECK(eventually([&] { return active.destroyed == 1; }));
    CHECK(early.runs == 0);
    CHECK(r.runner.close(other) == 1);
    CHECK(early.destroyed == 1);
    CHECK(early.runs == 0);
}

TEST_CASE("jobs: a closed list takes none, and leaves the refused job to its owner") {
    running r;
    counting_job late;
    r.runner.close(r.list);
    CHECK_THROWS_AS(r.runner.add_post(r.list, late.job()), std::runtime_error);
    CHECK_THROWS_AS(r.runner.add_timer(r.list, late.job(), 1ms, 1ms), std::runtime_error);
    CHECK(late.destroyed == 0);
}

TEST_CASE("jobs: a list that goes with jobs in it destroys each once") {
    running r;
    counting_job timer;
    counting_job post;
    {
        job_list other;
        r.runner.add_timer(other, timer.job(), 1h, 1h);
        r.runner.add_post(other, post.job());
    }
    CHECK(timer.destroyed == 1);
    CHECK(post.destroyed == 1);
}

TEST_CASE(
    "jobs: a timer that is always due does not starve posts, nor posts that follow each other a timer") {
    running r;
    counting_job timer;
    r.runner.add_timer(r.list, timer.job(), 1ns, 1ns);
    CHECK(eventually([&] { return timer.runs >= 3; }));
    std::vector<std::unique_ptr<counting_job>> posts;
    for (int i = 0; i != 50; ++i) {
        posts.push_back(std::make_unique<counting_job>());
        r.runner.add_post(r.list, posts.back()->job());
    }
    CHECK(eventually([&] { return posts.back()->destroyed == 1; }));
    int const runs = timer.runs;
    CHECK(eventually([&] { return timer.runs > runs; }));
    r.end();
}

TEST_CASE("jobs: several timers of one component each come round") {
    running r;
    counting_job timers[3];
    for (auto& timer : timers) r.runner.add_timer(r.list, timer.job(), 1ms, 1ms);
    for (auto& timer : timers) CHECK(eventually([&] { return timer.runs >= 3; }));
    r.end();
    for (auto& timer : timers) CHECK(timer.destroyed == 1);
}
