// Pools by the command line, without a host.
#include "control/command.hpp"
#include "pool/fixture.hpp"
#include "slot/waiting.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

using namespace hotswap_test;

namespace {

struct commanded_pools : pools {
    commanded_pools() {
        there("a", "old");
        source("a", "new");
        one_pool({"a"}, R"(["true"])");
    }
    said hotswap(std::vector<std::string> words) const {
        bool const has_state = words.front().starts_with("pool") || words.front() == "apply";
        if (has_state && std::ranges::find(words, "sign") == words.end())
            words.insert(words.end(), {"--state", state().native()});
        return run(root, words);
    }
    said apply(std::vector<std::string> more = {}) const {
        more.insert(more.begin(), {"apply", hotfix().native()});
        return hotswap(more);
    }
};

}  // namespace

TEST_CASE(
    "pools: the command answers for each pool, and its exit status tells applied and unchanged from "
    "restored") {
    commanded_pools at;
    auto const applied = at.apply({"--json"});
    CHECK_MESSAGE(applied.code == 0, applied.err);
    CHECK(is_one_object(applied.out));
    auto const told = json::parse(applied.out);
    CHECK(text_at(told, "/schema_version") == "1.0.0");
    CHECK(text_at(told, "/pools/0/id") == "p");
    CHECK(text_at(told, "/pools/0/outcome") == "applied");
    CHECK(text_at(told, "/pools/0/reason") == "");
    CHECK(text_at(told, "/final_closure") == "not_run");
    auto const again = at.apply();
    CHECK(again.code == 0);
    CHECK(again.out == "p: unchanged\n");
    at.source("a", "newer");
    at.one_pool({"a"}, R"(["false"])");
    auto const restored = at.apply();
    CHECK(restored.code == 3);
    CHECK(has(restored.out, "p: restored: `false` failed with exit status 1"));
    CHECK(content(at.www("a")) == "new");
    auto const tried = at.apply({"--retry"});
    CHECK(tried.code == 3);
    CHECK(has(tried.out, "p: restored"));
    auto const all = at.hotswap({"pools"});
    CHECK(has(all.out, "p: restored at "));
    CHECK(has(at.hotswap({"pool", "show", "p"}).out, at.www("a").native()));
    CHECK(at.hotswap({"pool", "show", "q"}).code == 3);
}

TEST_CASE(
    "pools: a manifest that cannot be read is exit status 3, with the place of each fault, and as JSON one "
    "object") {
    commanded_pools at;
    at.manifest("{\"metadata\": {},\n \"pool\": []}");
    auto const refused = at.apply();
    CHECK(refused.code == 3);
    CHECK(has(refused.err, "index.json:1:"));
    CHECK(has(refused.err, "index.json:2:"));
    auto const as_json = at.apply({"--json"});
    CHECK(is_one_object(as_json.out));
    CHECK(text_at(json::parse(as_json.out), "/error/code") == "pool_refused");
    CHECK(run(at.root, {"apply"}).code == 64);
    CHECK(run(at.root, {"apply", "/nowhere/at/all", "--state", at.state().native()}).code == 3);
}

#if defined(HOTSWAP_FAILPOINTS)
TEST_CASE("pools: an inconsistent pool is exit status 7, until it is repaired or accepted") {
    for (std::string const way_out : {"repair", "accept"}) {
        commanded_pools at;
        // The second rename is that of the undo.
        at.one_pool({"a"}, R"(["false"])");
        ::setenv("HOTSWAP_FAILPOINTS", "pool.rename=2*fail:5", 1);
        auto const broken = at.apply();
        ::unsetenv("HOTSWAP_FAILPOINTS");
        CHECK(broken.code == 7);
        CHECK(has(broken.out, "p: inconsistent"));
        CHECK(has(at.apply().out, "pool repair p"));
        CHECK(at.hotswap({"pool", way_out, "p"}).code == 0);
        CHECK(at.hotswap({"pool", way_out, "p"}).code == 3);
        at.one_pool({"a"}, R"(["true"])");
        CHECK(at.apply().code == 0);
        CHECK(content(at.www("a")) == "new");
    }
}

TEST_CASE("pools: what a killed run has left is undone by `pool recover`, for the boot of a machine") {
    commanded_pools at;
    CHECK(has(at.hotswap({"pool", "recover"}).out, "no run had to be ended"));
    ::setenv("HOTSWAP_FAILPOINTS", "pool.sync_directory=3*kill", 1);
    CHECK(at.apply().code != 0);
    ::unsetenv("HOTSWAP_FAILPOINTS");
    auto const recovered = at.hotswap({"pool", "recover"});
    CHECK(recovered.code == 0);
    CHECK(content(at.www("a")) == "old");
    CHECK(at.apply().code == 0);
}
#endif

TEST_CASE(
    "pools: the command signs a manifest, trusts a key, and goes back to a manifest that was applied "
    "before") {
    commanded_pools at;
    auto const keys = (at.root / "keys").native();
    REQUIRE(at.hotswap({"keygen", keys}).code == 0);
    CHECK(at.apply({"--trust", keys + "/hotswap.pub"}).code == 3);
    CHECK(at.hotswap({"pool", "sign", at.hotfix().native(), "--with", keys + "/hotswap.key"}).code == 0);
    CHECK(at.apply({"--trust", keys + "/hotswap.pub"}).code == 0);
    CHECK(at.apply({"--trust", (at.root / "nothing").native()}).code == 3);
    at.source("a", "newer");
    at.one_pool({"a"}, R"(["true"])", "2.0.0");
    CHECK(at.apply().code == 0);
    auto const versions = at.hotswap({"pools", "--versions"});
    CHECK(has(versions.out, "1.0.0"));
    CHECK(has(versions.out, "2.0.0"));
    CHECK(at.hotswap({"pool", "rollback"}).code == 0);
    CHECK(content(at.www("a")) == "new");
    CHECK(at.hotswap({"pool", "rollback", "9.0.0"}).code == 3);
}

TEST_CASE(
    "pools: each run is in an audit whose lines cannot be altered unseen, and outcomes are there for "
    "Prometheus") {
    commanded_pools at;
    at.apply({"--reason", "a hotfix"});
    at.one_pool({"a"}, R"(["false"])");
    at.apply();
    at.apply({"--dry-run"});
    auto const audit = at.state() / "audit.jsonl";
    auto const lines = content(audit);
    CHECK(std::ranges::count(lines, '\n') == 4);
    CHECK(has(lines, "a hotfix"));
    CHECK(has(lines, R"("outcome":"restored")"));
    CHECK(at.hotswap({"log", "--verify", audit.native()}).code == 0);
    auto const numbers = at.hotswap({"pools", "--metrics"}).out;
    CHECK(has(numbers, R"(hotswap_pool_outcome{pool="p",outcome="restored",schema_version="1.0.0"} 1)"));
    CHECK(has(numbers, R"(hotswap_pool_outcome{pool="p",outcome="applied",schema_version="1.0.0"} 0)"));
}

TEST_CASE(
    "pools: Ctrl-C undoes the pool at hand, with its closure, and a second one ends the command at once") {
    for (bool const is_twice : {false, true}) {
        commanded_pools at;
        at.one_pool({"a"}, R"(["echo $$ >WWW/shell", "sleep 3600"])");
        auto const child = ::fork();
        if (child == 0) {
            ::execl(HOTSWAP_TEST_COMMAND, "hotswap", "apply", at.hotfix().c_str(), "--state",
                    at.state().c_str(), nullptr);
            ::_exit(127);
        }
        REQUIRE(test::eventually([&] { return has(content(at.www("shell")), "\n"); }));
        auto const shell = std::atoi(content(at.www("shell")).c_str());
        ::kill(child, SIGINT);
        CHECK(test::eventually([&] { return content(at.www("a")) == "old"; }));
        CHECK(test::eventually([&] { return ::kill(shell, 0) != 0; }));
        if (is_twice) {
            ::kill(child, SIGINT);
        } else {
            // It runs again, on the restored files.
            REQUIRE(test::eventually([&] {
                auto const again = std::atoi(content(at.www("shell")).c_str());
                return again != shell && again != 0 && ::kill(-again, SIGTERM) == 0;
            }));
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == (is_twice ? 128 + SIGINT : 3));
        if (is_twice) ::kill(-std::atoi(content(at.www("shell")).c_str()), SIGTERM);
    }
}
