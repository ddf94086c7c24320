#include "pool/fixture.hpp"
#include "pool/forked.hpp"

#include <sys/xattr.h>

#include <chrono>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::final_closure_outcome;

TEST_CASE("pools: the files of a pool get their new content, and keep all else") {
    pools at;
    at.there("auth.tsx", "old");
    fs::permissions(at.www("auth.tsx"), fs::perms(0640));
    at.source("auth.tsx", "new");
    at.source("run.sh", "#!/bin/sh\n");
    fs::permissions(at.hotfix() / "src/run.sh", fs::perms(0755));
    at.one_pool({"auth.tsx", "run.sh"}, R"(["true"])");
    auto const done = at.apply_one();
    CHECK(done.outcome == pool_outcome::applied);
    CHECK(done.files.size() == 2);
    CHECK(content(at.www("auth.tsx")) == "new");
    CHECK(fs::status(at.www("auth.tsx")).permissions() == fs::perms(0640));
    CHECK((fs::status(at.www("run.sh")).permissions() & fs::perms(0111)) != fs::perms::none);
    CHECK(std::distance(fs::directory_iterator(at.root / "www"), fs::directory_iterator{}) == 2);
}

TEST_CASE(
    "pools: a pool whose closure fails is restored as a whole, and its closure runs on the restored files") {
    pools at;
    at.there("a", "old a");
    fs::permissions(at.www("a"), fs::perms(0604));
    fs::create_symlink("a", at.www("link"));
    bool const has_attributes = ::setxattr(at.www("a").c_str(), "user.note", "kept", 4, 0) == 0;
    for (char const* const each : {"a", "link", "absent", "deep/er/file"}) at.source(each, "new");
    at.one_pool({"a", "link", "absent", "deep/er/file"},
                R"(["cat WWW/a >>WWW/log", "echo >>WWW/log", "grep old WWW/a"])");
    auto const done = at.apply_one();
    CHECK(done.outcome == pool_outcome::restored);
    CHECK(has(done.reason, "grep old"));
    CHECK(has(done.reason, "exit status 1"));
    CHECK_FALSE(has(done.reason, "either"));
    CHECK(content(at.www("a")) == "old a");
    CHECK(fs::status(at.www("a")).permissions() == fs::perms(0604));
    CHECK(fs::read_symlink(at.www("link")) == "a");
    CHECK_FALSE(fs::exists(at.www("absent")));
    CHECK_FALSE(fs::exists(at.www("deep")));
    CHECK(content(at.www("log")) == "new\nold a\n");
    char value[8] = {};
    if (has_attributes) CHECK(::getxattr(at.www("a").c_str(), "user.note", value, sizeof value) == 4);
    CHECK(std::distance(fs::directory_iterator(at.root / "www"), fs::directory_iterator{}) == 3);
}

TEST_CASE(
    "pools: one that fails does not hold up the others, and the final closure runs only if every pool held") {
    pools at;
    for (char const* const each : {"a", "b"}) at.source(each, "new");
    auto const manifest = [&](std::string const& verdict, std::string const& schema) {
        at.manifest(fmt::format(R"({{"metadata": {{"schema_version": "{}"}}, "pools": [
            {{"id": "first", "operations": [{{"target": "src/a", "destination": "WWW/a"}}], "closure": ["{}"]}},
            {{"id": "second", "operations": [{{"target": "src/b", "destination": "WWW/b"}}], "closure": ["true"]}}],
            "finalClosure": ["echo ran >>WWW/final", "false"]}})",
                                schema, verdict));
    };
    manifest("false", "1");
    auto const done = at.apply();
    CHECK(done.pools[0].outcome == pool_outcome::restored);
    CHECK(done.pools[1].outcome == pool_outcome::applied);
    CHECK(done.final_closure == final_closure_outcome::not_run);
    CHECK(content(at.www("final")) == "(none)");
    manifest("true", "2");
    auto const held = at.apply();
    CHECK(held.pools[0].outcome == pool_outcome::applied);
    CHECK(held.pools[1].outcome == pool_outcome::applied);
    CHECK(held.final_closure == final_closure_outcome::failed);
    CHECK(has(held.final_reason, "`false`"));
    CHECK(content(at.www("a")) == "new");
    CHECK(content(at.www("final")) == "ran\n");
}

TEST_CASE(
    "pools: a second run writes nothing and runs no closure, and a new schema_version applies everything "
    "again") {
    pools at;
    at.source("a", "new");
    at.one_pool({"a"}, R"(["echo ran >>WWW/log"])");
    CHECK(at.apply_one().outcome == pool_outcome::applied);
    auto const written = fs::last_write_time(at.www("a"));
    CHECK(at.apply_one().outcome == pool_outcome::unchanged);
    CHECK(fs::last_write_time(at.www("a")) == written);
    CHECK(content(at.www("log")) == "ran\n");
    at.one_pool({"a"}, R"(["echo ran >>WWW/log"])", "1.0.1");
    CHECK(at.apply_one().outcome == pool_outcome::applied);
    CHECK(content(at.www("log")) == "ran\nran\n");
}

TEST_CASE("pools: one that has failed is not tried again until it changes, or it is asked for") {
    pools at;
    at.source("a", "new");
    at.one_pool({"a"}, R"(["echo ran >>WWW/log", "false"])");
    CHECK(at.apply_one().outcome == pool_outcome::restored);
    auto const again = at.apply_one();
    CHECK(again.outcome == pool_outcome::skipped);
    CHECK(has(again.reason, "--retry"));
    CHECK(has(again.reason, "false"));
    auto wanted = at.options();
    wanted.retry = true;
    CHECK(at.apply(wanted).pools[0].outcome == pool_outcome::restored);
    at.source("a", "newer");
    CHECK(at.apply_one().outcome == pool_outcome::restored);
    CHECK(at.apply_one().outcome == pool_outcome::skipped);
    at.one_pool({"a"}, R"(["true"])");
    CHECK(at.apply_one().outcome == pool_outcome::applied);
}

TEST_CASE(
    "pools: what others have changed since is said, kept with a diff, and met by the operation's policy") {
    for (std::string const policy : {"try", "skip", "refuse"}) {
        CAPTURE(policy);
        pools at;
        at.source("a", "one\n");
        at.one_pool({"a"}, R"(["true"])", "1.0.9", policy);
        at.apply();
        at.there("a", "by a customer\n");
        auto const seen = at.apply_one();
        CHECK(seen.outcome == pool_outcome::unchanged);
        CHECK(seen.files.at(0).modified_since == "1.0.9");
        at.source("a", "two\n");
        at.one_pool({"a"}, R"(["true"])", "1.1.0", policy);
        auto const done = at.apply_one();
        if (policy == "try") {
            CHECK(done.outcome == pool_outcome::applied);
            CHECK(content(at.www("a")) == "two\n");
            CHECK(done.files.at(0).modified_since == "1.0.9");
            CHECK(content(done.files.at(0).kept) == "by a customer\n");
            CHECK(has(content(done.files.at(0).diff), "-by a customer\n+two\n"));
        } else {
            CHECK(done.outcome == (policy == "skip" ? pool_outcome::applied : pool_outcome::skipped));
            CHECK(content(at.www("a")) == "by a customer\n");
            if (policy == "refuse") CHECK(has(done.reason, "modified by others since 1.0.9"));
        }
    }
}

TEST_CASE("pools: a dry run says what would be done, and changes nothing") {
    pools at;
    at.there("a", "old");
    at.source("a", "new");
    at.one_pool({"a"}, R"(["echo ran >>WWW/log"])");
    auto dry = at.options();
    dry.dry_run = true;
    auto const told = at.apply(dry).pools.at(0);
    CHECK(told.outcome == pool_outcome::applied);
    CHECK(has(told.reason, "dry run"));
    CHECK_FALSE(told.files.at(0).written);
    CHECK(has(told.planned.at(0), "replaced"));
    CHECK(content(at.www("a")) == "old");
    CHECK(content(at.www("log")) == "(none)");
    CHECK(at.apply_one().outcome == pool_outcome::applied);
}

TEST_CASE(
    "pools: restored sources are newer than what a failed build made of them, so that make builds again") {
    pools at;
    at.there("Makefile", "out: in\n\tcp in out\n\tgrep -q good out\n");
    at.there("in", "good");
    at.source("in", "bad");
    at.one_pool({"in"}, R"(["cd WWW", "make -s"])");
    auto const done = at.apply_one();
    CHECK(done.outcome == pool_outcome::restored);
    CHECK_FALSE(has(done.reason, "either"));
    CHECK(content(at.www("out")) == "good");
}

TEST_CASE("pools: everything that cannot be applied is refused before anything is touched, with its place") {
    pools at;
    at.source("a", "new");
    at.there("a", "old");
    auto const refused = [&](std::string const& target, std::string const& destination) {
        at.manifest(
            fmt::format(R"({{"metadata": {{"schema_version": "1"}}, "pools": [{{"id": "p", "operations": [
            {{"target": "src/a", "destination": "WWW/a"}},
            {{"target": "{}", "destination": "{}"}}]}}]}})",
                        target, destination));
        auto const why = at.refusal();
        CHECK(why.code == errc::pool_refused);
        CHECK(has(why.message, "index.json:3:"));
        CHECK(content(at.www("a")) == "old");
        return why.message;
    };
    CHECK(has(refused("src/none", "WWW/b"), "cannot be read"));
    fs::create_symlink("/etc/passwd", at.hotfix() / "src/leads_out");
    CHECK(has(refused("src/leads_out", "WWW/b"), "leads out of src/"));
    fs::create_directories(at.hotfix() / "src/folder");
    CHECK(has(refused("src/folder", "WWW/b"), "neither a file nor a link to one"));
    fs::create_directories(at.www("folder"));
    CHECK(has(refused("src/a", "WWW/folder"), "neither a file nor a link"));
    fs::permissions(at.www("folder"), fs::perms(0777));
    CHECK(has(refused("src/a", "WWW/folder/b"), "every user can write"));
    CHECK(has(refused("src/a", "WWW/a/b"), "would lie in"));
    at.there("file", "old");
    CHECK(has(refused("src/a", "WWW/file/b"), "no directory"));
}

TEST_CASE(
    "pools: a state directory that others can write, or whose records cannot be understood, is refused and "
    "stays") {
    pools at;
    at.source("a", "new");
    at.one_pool({"a"}, R"(["true"])");
    fs::create_directories(at.state());
    fs::permissions(at.state(), fs::perms(0777));
    CHECK(at.refusal().code == errc::pool_refused);
    fs::permissions(at.state(), fs::perms(0700));
    std::ofstream(at.state() / "pools.json") << "{\"last_transaction\": 1, ";
    CHECK(at.refusal().code == errc::pool_damaged);
    CHECK(content(at.state() / "pools.json") == "{\"last_transaction\": 1, ");
    CHECK(content(at.www("a")) == "(none)");
}

TEST_CASE("pools: an operation that is asked to stop restores the pool at hand and begins no other one") {
    pools at;
    for (char const* const each : {"a", "b"}) at.source(each, "new");
    at.manifest(R"({"metadata": {"schema_version": "1"}, "pools": [
        {"id": "first", "operations": [{"target": "src/a", "destination": "WWW/a"}], "closure": ["[ -e WWW/a ] || exit 0", "sleep 1000"]},
        {"id": "second", "operations": [{"target": "src/b", "destination": "WWW/b"}]}]})");
    std::stop_source stop;
    auto with = at.options();
    with.stop = stop.get_token();
    with.on_progress = [&](std::string_view line) {
        if (has(std::string(line), "closure of")) stop.request_stop();
    };
    auto const done = at.apply(with);
    CHECK(done.pools[0].outcome == pool_outcome::restored);
    CHECK(has(done.pools[0].reason, "asked to stop"));
    CHECK(done.pools[1].outcome == pool_outcome::skipped);
    CHECK(content(at.www("a")) == "(none)");
    CHECK(content(at.www("b")) == "(none)");
}

TEST_CASE("pools: another user than root applies a pool, and restores it, with what that user may do") {
    if (::geteuid() != 0) return;  // then all tests here are of such a user
    constexpr ::uid_t other = 65534;
    pools at;
    at.there("a", "old");
    at.source("a", "new");
    for (auto const& each : fs::recursive_directory_iterator(at.root))
        REQUIRE(::lchown(each.path().c_str(), other, other) == 0);
    REQUIRE(::chown(at.root.c_str(), other, other) == 0);
    auto const as_other = [&](std::string const& closure, std::string const& schema, auto const& judge) {
        at.one_pool({"a"}, closure, schema);
        return in_a_process([&] {
            if (::setgid(other) != 0 || ::setuid(other) != 0) ::_exit(2);
            auto const done = hotswap::apply_pools(at.hotfix(), at.options());
            ::_exit(judge(done) ? 0 : 3);
        });
    };
    auto const ended = [](pool_outcome how) {
        return [how](auto const& done) { return done.has_value() && done->pools.at(0).outcome == how; };
    };
    CHECK(as_other(R"(["false"])", "1", ended(pool_outcome::restored)) == 0);
    CHECK(content(at.www("a")) == "old");
    CHECK(as_other(R"(["true"])", "2", ended(pool_outcome::applied)) == 0);
    CHECK(content(at.www("a")) == "new");
    // What that user cannot write is refused before anything is touched.
    REQUIRE(::chown((at.root / "www").c_str(), 0, 0) == 0);
    at.source("a", "newer");
    auto const refused = [](auto const& done) {
        return done.has_error() && done.error().code == errc::pool_refused;
    };
    CHECK(as_other(R"(["true"])", "3", refused) == 0);
    CHECK(content(at.www("a")) == "new");
}

TEST_CASE(
    "pools: what others change while a pool is applied is not lost, before its new content and after it") {
    pools at;
    at.there("a", "old");
    at.there("b", "old");
    at.source("a", "new");
    at.source("b", "new");
    SUBCASE("after: their version is kept, and the old one comes back") {
        at.one_pool({"a", "b"},
                    R"(["test -e WWW/once || { touch WWW/once; echo of others >WWW/b; }", "false"])");
        auto const done = at.apply_one();
        CHECK(done.outcome == pool_outcome::restored);
        CHECK(content(at.www("b")) == "old");
        auto const kept = done.reason.find("is kept as ");
        REQUIRE(kept != done.reason.npos);
        auto const name = done.reason.substr(kept + 11);
        CHECK(content(name.substr(0, name.find("; "))) == "of others\n");
    }
    SUBCASE("before: it stays as they made it, and the others go back") {
        at.one_pool({"a", "b"}, R"(["true"])");
        auto with = at.options();
        with.on_progress = [&](std::string_view line) {
            if (line.find("apply") != line.npos) at.there("b", "of others");
        };
        auto const done = at.apply(with).pools.at(0);
        CHECK(done.outcome == pool_outcome::restored);
        CHECK_MESSAGE(has(done.reason, "was changed by others"), done.reason);
        CHECK(content(at.www("a")) == "old");
        CHECK(content(at.www("b")) == "of others");
    }
}

TEST_CASE(
    "pools: a file that others have removed comes with the next change, and the closure may remove "
    "everything") {
    pools at;
    at.source("a", "1");
    at.source("b", "1");
    at.one_pool({"a", "b"}, R"(["true"])");
    REQUIRE(at.apply_one().outcome == pool_outcome::applied);
    fs::remove(at.www("a"));
    at.source("b", "2");
    CHECK(at.apply_one().outcome == pool_outcome::applied);
    CHECK(content(at.www("a")) == "1");
    at.source("b", "3");
    at.one_pool({"a", "b"}, fmt::format(R"(["rm -rf {}", "false"])", at.state().native()));
    auto const broken = at.apply_one();
    CHECK(broken.outcome == pool_outcome::inconsistent);
    CHECK(has(broken.reason, "could not be"));
}

TEST_CASE(
    "pools: destinations that are one file, lie in each other, or in what pools use themselves, are "
    "refused") {
    pools at;
    at.source("a", "new");
    auto const refused = [&](std::string const& first, std::string const& second) {
        at.manifest(fmt::format(R"({{"metadata": {{"schema_version": "1"}}, "pools": [
            {{"id": "p", "operations": [{{"target": "src/a", "destination": "{}"}}]}},
            {{"id": "q", "operations": [{{"target": "src/a", "destination": "{}"}}]}}]}})",
                                first, second));
        return at.refusal().message;
    };
    fs::create_directories(at.www("real"));
    fs::create_directory_symlink("real", at.www("link"));
    fs::create_directory_symlink("nowhere", at.www("dangling"));
    CHECK(has(refused("WWW/x", "WWW/x/y"), "would lie in"));
    CHECK(has(refused("WWW/x/y", "WWW/x"), "is a directory for another destination"));
    CHECK(has(refused("WWW/real/f", "WWW/link/f"), "is the same file as the destination"));
    CHECK(has(refused("WWW/link", "WWW/link/f"), "would lie in"));
    CHECK(has(refused("WWW/a", "WWW/dangling/f"), "leads nowhere"));
    CHECK(has(refused("WWW/a", (at.state() / "lock").native()), "pools use themselves"));
    CHECK(has(refused("WWW/a", (at.hotfix() / "src/b").native()), "pools use themselves"));
    CHECK(has(refused("WWW/a", ""), "the destination is empty"));
}
