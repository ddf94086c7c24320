// Pools of hosts that die half way, and hosts that are asked over their control interface.
#include "base/failpoint.hpp"
#include "pool/forked.hpp"
#include "pool/live_fixture.hpp"
#include "slot/waiting.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <random>

using namespace hotswap_test;

namespace {

/// A host with a store, as it is after each start.
struct stored_host : site {
    explicit stored_host(fs::path const& store)
        : site({.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap",
                .rehearse = hotswap::rehearse::never,
                .store = store}) {
        runtime.recover().value();
        if (runtime.status().empty()) {
            load("tally", tally_file("1.0.0"))->add("a", 2);
            runtime.checkpoint().value();
        }
    }
    hotswap::pool_options options(pools const& of) {
        auto made = of.options();
        made.host = &runtime;
        return made;
    }
};

struct dying : pools {
    dying() {
        there("conf", "old");
        there("more", "old");
        source("conf", "new");
        source("more", "new");
        live_pool(*this,
                  fmt::format(R"({{"swap": "tally", "module": "TALLY2"}}, {},
                                 {{"target": "src/more", "destination": "WWW/more"}})",
                              conf_file),
                  R"(["true"])");
    }
    /// Of files and component together: "old", "new" or "mixed".
    std::string all_are(stored_host& host) const {
        auto const release = host.status("tally").running.release;
        auto const text = content(www("conf"));
        if (content(www("more")) != text) return "mixed";
        if (release == "1.0.0" && text == "old") return "old";
        return release == "2.0.0" && text == "new" ? "new" : "mixed";
    }
};

}  // namespace

#if defined(HOTSWAP_FAILPOINTS)
TEST_CASE(
    "live pools: a host that is killed at any step comes up with all of the pool, or with nothing of it") {
    namespace failpoints = hotswap::detail::failpoints;
    for (std::string const point :
         {"pool.record", "pool.stage", "pool.rename", "pool.sync_directory", "swap.commit.before",
          "swap.commit.after", "swap.persist.before", "swap.retire.after"}) {
        int kills = 0;
        for (int visit = 1;; ++visit) {
            CAPTURE(point);
            CAPTURE(visit);
            dying at;
            auto const store = at.root / "store";
            auto const how = in_a_process([&] {
                stored_host host(store);
                failpoints::arm(fmt::format("{}={}*kill", point, visit));
                static_cast<void>(hotswap::apply_pools(at.hotfix(), host.options(at)));
                failpoints::clear();
            });
            if (how == 0) break;
            REQUIRE(how == -SIGKILL);
            ++kills;
            // Without the host nothing of it is decided.
            hotswap::recover_pools(at.options()).value();
            stored_host again(store);
            hotswap::recover_pools(again.options(at)).value();
            bool const is_recorded = has(content(at.state() / "pools.json"), "\"applied\"");
            CHECK(at.all_are(again) == (is_recorded ? "new" : "old"));
            CHECK(again.runtime.find<tally>("tally").value()->total("a") == 2);
            auto const next = hotswap::apply_pools(at.hotfix(), again.options(at)).value().pools.at(0);
            CHECK(next.outcome == (is_recorded ? pool_outcome::unchanged : pool_outcome::applied));
            CHECK(at.all_are(again) == "new");
        }
        CHECK_MESSAGE(kills > 0, point);
    }
}

TEST_CASE("live pools: what a dead host has left blocks what touches the same, until the host is back") {
    namespace failpoints = hotswap::detail::failpoints;
    dying at;
    auto const store = at.root / "store";
    in_a_process([&] {
        stored_host host(store);
        failpoints::arm("swap.retire.after=kill");
        static_cast<void>(hotswap::apply_pools(at.hotfix(), host.options(at)));
    });
    at.one_pool({"conf"}, R"(["true"])");
    auto const blocked = at.apply_one();
    CHECK(blocked.outcome == pool_outcome::skipped);
    CHECK(has(blocked.reason, "did not end"));
    at.source("other", "new");
    at.manifest(R"({"metadata": {"schema_version": "1"}, "pools": [{"id": "q", "operations":
        [{"target": "src/other", "destination": "WWW/other"}]}]})");
    CHECK(at.apply_one().outcome == pool_outcome::applied);
    stored_host again(store);
    auto const undone = hotswap::recover_pools(again.options(at)).value();
    REQUIRE(undone.size() == 1);
    CHECK(undone[0].outcome == pool_outcome::restored);
    CHECK(at.all_are(again) == "old");
}
#endif

TEST_CASE(
    "live pools: a host that is killed at a random instant comes up with all of the pool, or with nothing of "
    "it, 25 times") {
    std::mt19937 random(31);
    int interrupted = 0;
    for (int round = 0; round != 25; ++round) {
        CAPTURE(round);
        dying at;
        auto const store = at.root / "store";
        in_a_process([&] { stored_host host(store); });
        auto const begun = at.root / "begun";
        auto const child = ::fork();
        if (child == 0) {
            stored_host host(store);
            std::ofstream(begun).flush();
            static_cast<void>(hotswap::apply_pools(at.hotfix(), host.options(at)));
            ::_exit(0);
        }
        REQUIRE(test::eventually([&] { return fs::exists(begun); }));
        ::usleep(static_cast<unsigned>(random() % 60'000));
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        if (WIFSIGNALED(status)) ++interrupted;
        stored_host again(store);
        hotswap::recover_pools(again.options(at)).value();
        auto const now = at.all_are(again);
        CHECK(now != "mixed");
        CHECK(again.runtime.find<tally>("tally").value()->total("a") == 2);
        auto const next = hotswap::apply_pools(at.hotfix(), again.options(at)).value().pools.at(0);
        CHECK(next.outcome == (now == "new" ? pool_outcome::unchanged : pool_outcome::applied));
    }
    CHECK(interrupted > 0);
}

namespace {

struct asked_host : live_pools {
    explicit asked_host(bool has_verbs = true) : control(runtime, options_of(has_verbs)) {}
    said hotswap(std::vector<std::string> words) {
        words.insert(words.begin(), {"--socket", socket().native()});
        words.insert(words.end(), {"--state", files.state().native()});
        return run(directory.path(), words);
    }
    fs::path socket() const { return directory.path() / "run" / "hotswap.sock"; }

    hotswap::control control;

private:
    hotswap::control_options options_of(bool has_verbs) {
        hotswap::control_options made;
        made.socket = socket();
        made.audit = directory.path() / "audit.jsonl";
        if (has_verbs) made.verbs = hotswap::pool_verbs(runtime, files.options());
        return made;
    }
};

}  // namespace

TEST_CASE("live pools: the command has the host apply what changes its components, and tells its report") {
    asked_host at;
    auto const manifest = [&](std::string const& closure, std::string const& schema) {
        live_pool(at.files, fmt::format(R"({{"swap": "tally", "module": "TALLY2"}}, {})", conf_file), closure,
                  schema);
    };
    manifest(R"(["false"])", "1");
    auto const restored = at.hotswap({"apply", at.files.hotfix().native(), "--json"});
    CHECK(restored.code == 3);
    auto const told = json::parse(restored.out);
    CHECK(text_at(told, "/schema_version") == "1");
    CHECK(text_at(told, "/pools/0/outcome") == "restored");
    CHECK(at.release() == "1.0.0");
    manifest(R"([{"healthy": "tally"}])", "2");
    auto const dry = at.hotswap({"apply", at.files.hotfix().native(), "--dry-run"});
    CHECK(has(dry.out, "tally: 1.0.0 → 2.0.0"));
    CHECK(at.release() == "1.0.0");
    auto const applied = at.hotswap({"apply", at.files.hotfix().native(), "--reason", "a hotfix"});
    CHECK_MESSAGE(applied.code == 0, applied.err);
    CHECK(has(applied.out, "p: applied"));
    CHECK(at.release() == "2.0.0");
    CHECK(at.conf() == "new");
    CHECK(has(content(at.directory.path() / "audit.jsonl"), "\"verb\":\"apply\""));
    CHECK(has(content(at.directory.path() / "audit.jsonl"), "a hotfix"));
    manifest(R"(["true"])", "3");
    CHECK(at.hotswap({"apply", at.files.hotfix().native()}).code == 0);
    auto const back = at.hotswap({"pool", "rollback", "2"});
    CHECK_MESSAGE(back.code == 0, back.err);
}

TEST_CASE("live pools: a host that offers no pools says so, and a fault in the manifest has its place") {
    asked_host without(false);
    live_pool(without.files, R"({"swap": "tally", "module": "TALLY2"})", R"(["true"])");
    auto const refused = without.hotswap({"apply", without.files.hotfix().native()});
    CHECK(refused.code == 3);
    CHECK(has(refused.err, "no_such_verb"));
    without.files.manifest(R"({"metadata": {"schema_version": "1"}, "pools": [{"id": "p"}]})");
    auto const wrong = without.hotswap({"apply", without.files.hotfix().native()});
    CHECK(wrong.code == 3);
    CHECK(has(wrong.err, "index.json:1:"));
}

TEST_CASE("live pools: an abort also ends one that waits for another run") {
    asked_host at;
    live_pool(at.files, R"({"swap": "tally", "module": "TALLY2"})", R"(["true"])");
    fs::create_directories(at.files.state());
    fs::permissions(at.files.state(), fs::perms::owner_all);
    int const other = ::open((at.files.state() / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(::flock(other, LOCK_EX) == 0);
    auto client = control_client::connect(at.socket(), patience).value();
    auto const body = json::serialize(json::object{{"directory", at.files.hotfix().native()}});
    auto const id = text_at(json_of(client.send("POST", "/v1/apply", body, patience).value()), "/id");
    auto const ended = json_of(
        client
            .send("POST", fmt::format("/v1/operations/{}/abort", id), R"({"wait_ns": 60000000000})", patience)
            .value());
    ::close(other);
    CHECK(text_at(ended, "/outcome") == "undone");
    CHECK(text_at(ended, "/failure/code") == "aborted");
    CHECK(at.release() == "1.0.0");
}
