#include "base/failpoint.hpp"
#include "pool/fixture.hpp"
#include "pool/forked.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

using namespace hotswap_test;

namespace {

constexpr int files = 6;

std::string name(int i) { return "f" + std::to_string(i); }

/// Six files, of which the last is new; the closure notes what it ran on.
struct crashing : pools {
    crashing() : memory(root) {
        fs::create_directories(www("."));
        std::vector<std::string> all;
        for (int i = 0; i != files; ++i) {
            source(name(i), "new");
            if (i + 1 != files) there(name(i), "old");
            all.push_back(name(i));
        }
        one_pool(all, R"(["cat WWW/f0 >WWW/ran_on"])");
    }

    /// "old", "new" or "mixed".
    std::string files_are() const {
        int of_old = 0;
        int of_new = 0;
        for (int i = 0; i != files; ++i) {
            auto const text = content(www(name(i)));
            if (text == "new") ++of_new;
            if (text == (i + 1 == files ? "(none)" : "old")) ++of_old;
        }
        return of_old == files ? "old" : of_new == files ? "new" : "mixed";
    }
    /// Ends what an earlier run has left, by a manifest without pools.
    void recover() const {
        auto const empty = root / "empty";
        fs::create_directories(empty / "src");
        std::ofstream(empty / "index.json") << R"({"metadata": {"schema_version": "0"}, "pools": []})";
        hotswap::apply_pools(empty, options()).value();
    }
    bool has_nothing_left() const {
        for (auto const& each : fs::directory_iterator(root / "www"))
            if (each.path().filename().native().starts_with(".hotswap")) return false;
        return fs::is_empty(state() / "transactions");
    }

    in_memory memory;
};

/// In microseconds, of one that is not killed; at most half a second, for a machine that was busy.
std::uint32_t time_of_a_run() {
    crashing const at;
    auto const began = std::chrono::steady_clock::now();
    in_a_process([&at] { static_cast<void>(hotswap::apply_pools(at.hotfix(), at.options())); });
    auto const took = std::chrono::steady_clock::now() - began;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(took).count(), 1, 500'000));
}

}  // namespace

#if defined(HOTSWAP_FAILPOINTS)
TEST_CASE(
    "pools: a process that is killed at any step comes up with the files of before or all new ones, and can "
    "go on") {
    namespace failpoints = hotswap::detail::failpoints;
    for (std::string const point : {"pool.copy", "pool.record", "pool.stage", "pool.sync", "pool.rename",
                                    "pool.remove", "pool.sync_directory"}) {
        int kills = 0;
        for (int visit = 1;; ++visit) {
            CAPTURE(point);
            CAPTURE(visit);
            crashing at;
            auto const how = in_a_process([&] {
                failpoints::arm(fmt::format("{}={}*kill", point, visit));
                static_cast<void>(hotswap::apply_pools(at.hotfix(), at.options()));
            });
            if (how == 0) break;
            REQUIRE(how == -SIGKILL);
            ++kills;
            bool const had_committed = has(content(at.state() / "pools.json"), "\"applied\"");
            at.recover();
            CHECK(at.files_are() == (had_committed ? "new" : "old"));
            CHECK(at.has_nothing_left());
            auto const next = at.apply_one();
            CHECK(next.outcome == (had_committed ? pool_outcome::unchanged : pool_outcome::applied));
            CHECK(at.files_are() == "new");
        }
        CHECK_MESSAGE(kills > 0, point);
    }
}

TEST_CASE(
    "pools: a step that fails restores the files, and one that fails in the undo makes the pool inconsistent "
    "until it is repaired or accepted") {
    namespace failpoints = hotswap::detail::failpoints;
    for (bool const is_repaired : {true, false}) {
        crashing at;
        failpoints::arm("pool.rename=3*fail:28");
        auto const restored = at.apply_one();
        failpoints::clear();
        CHECK(restored.outcome == pool_outcome::restored);
        CHECK(has(restored.reason, "No space left"));
        CHECK(at.files_are() == "old");
        CHECK(at.has_nothing_left());

        auto retry = at.options();
        retry.retry = true;
        failpoints::arm("pool.rename=fail:5");
        failpoints::clear();
        at.one_pool({"f0", "f1"}, R"(["false"])");
        int visits = 0;
        failpoints::call("pool.rename", [&] {
            // Two to apply; the third, of the undo, fails.
            if (++visits == 2) failpoints::arm("pool.rename=fail:5");
        });
        auto const broken = at.apply_one();
        failpoints::clear();
        CHECK(broken.outcome == pool_outcome::inconsistent);
        CHECK(has(broken.reason, "could be undone"));
        CHECK(has(at.apply_one().reason, "pool repair p"));
        CHECK(hotswap::list_pools(at.state()).value().at(0).outcome == pool_outcome::inconsistent);
        if (is_repaired) {
            auto const repaired = hotswap::repair_pool("p", at.options()).value();
            CHECK(repaired.outcome == pool_outcome::restored);
            CHECK(at.files_are() == "old");
        } else {
            CHECK(hotswap::accept_pool("p", at.options()).value().outcome == pool_outcome::applied);
            CHECK(content(at.www("f0")) == "new");
        }
        CHECK(at.has_nothing_left());
        CHECK(hotswap::repair_pool("p", at.options()).has_error());
        at.one_pool({"f0", "f1"}, R"(["true"])");
        CHECK(at.apply_one().outcome == pool_outcome::applied);
    }
}
#endif

TEST_CASE(
    "pools: a process that is killed at a random instant comes up with the files of before or all new ones, "
    "500 times") {
    std::mt19937 random(29);
    std::uint32_t longest_us = 0;
    int interrupted = 0;
    for (int round = 0; round != 500; ++round) {
        CAPTURE(round);
        if (round % 20 == 0) longest_us = time_of_a_run();
        crashing at;
        auto const child = ::fork();
        if (child == 0) {
            static_cast<void>(hotswap::apply_pools(at.hotfix(), at.options()));
            ::_exit(0);
        }
        ::usleep(static_cast<unsigned>(random() % longest_us));
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        if (WIFSIGNALED(status)) ++interrupted;
        at.recover();
        auto const now = at.files_are();
        CHECK(now != "mixed");
        CHECK(at.has_nothing_left());
        CHECK(at.apply_one().outcome == (now == "new" ? pool_outcome::unchanged : pool_outcome::applied));
    }
    CHECK(interrupted > 100);
}
