// The private copies of modules are files in a directory that other programs may clean: later operations of a
// host must not depend on these files.
#include "slot/waiting.hpp"
#include "swap/fixture.hpp"

#include <atomic>
#include <cstdlib>

using namespace hotswap_test;
using hotswap::errc;

namespace {

/// Deletes like `find … -name '*.so' -delete`.
void delete_copies(fs::path const& directory) {
    std::vector<fs::path> copies;
    for (auto const& entry : fs::recursive_directory_iterator(directory))
        if (entry.path().extension() == ".so") copies.push_back(entry.path());
    for (auto const& each : copies) fs::remove(each);
}

/// Runtimes one after the other, with a component "sums" that was swapped from 1.0.0 to 2.0.0 and whose
/// copies are deleted.
struct cleaned_host {
    explicit cleaned_host(bool has_store, hotswap::swap_options how = {}) : stores(has_store) {
        start();
        static_cast<void>(runtime->load<tally>("sums", {.module = tally_file("1.0.0")}).value());
        sums()->add("a", 1);
        how.module = tally_file("2.0.0");
        static_cast<void>(runtime->swap("sums", how).value());
        sums()->add("a", 10);
        clean();
    }

    void start() {
        runtime.reset();
        runtime.emplace(hotswap::runtime_options{.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap",
                                                 .staging = staging,
                                                 .log_to_stderr = false,
                                                 .rehearse = hotswap::rehearse::never,
                                                 .store = stores ? store : fs::path(),
                                                 .checkpoint_on_exit = false});
    }
    void clean() {
        delete_copies(staging);
        REQUIRE(modules_below(staging) == 0);
    }
    hotswap::handle<tally> sums() { return runtime->find<tally>("sums").value(); }
    hotswap::component_status status() { return runtime->status().at(0); }
    void check(std::string_view code, std::uint64_t total) {
        CHECK(sums()->code() == code);
        CHECK(sums()->total("a") == total);
    }

    temporary_directory directory;
    fs::path const staging = directory.path() / "staging";
    fs::path const store = directory.path() / "store";
    bool const stores;
    std::optional<hotswap::runtime> runtime;
};

template <class T>
void check_done(hotswap::result<T> const& done) {
    CHECK_MESSAGE(done.has_value(), (done ? std::string() : done.error().message));
}

/// With and without a store.
bool next_variant() {
    bool has_store = false;
    SUBCASE("with a store") { has_store = true; }
    SUBCASE("without") {}
    return has_store;
}

}  // namespace

TEST_CASE("staging: with every copy deleted, a host reverts, and reverts the revert") {
    cleaned_host at(next_variant());
    check_done(at.runtime->revert("sums"));
    at.check("tally 1.0.0", 11);
    at.clean();
    check_done(at.runtime->revert("sums"));
    at.check("tally 2.0.0", 11);
}

TEST_CASE("staging: with every copy deleted, each other operation is done as well") {
    cleaned_host at(next_variant());
    auto const frame = at.runtime->snapshot("sums");
    check_done(frame);
    check_done(at.runtime->plan("sums", {.module = tally_file("3.0.0")}));
    at.clean();
    check_done(at.runtime->restore("sums", *frame));
    check_done(at.runtime->swap("sums", {.module = tally_file("3.0.0")}));
    at.clean();
    at.check("tally 3.0.0", 11);
    check_done(at.runtime->revert("sums"));
    at.clean();
    auto const unloaded = at.runtime->unload("sums");
    check_done(unloaded);
    CHECK(unloaded->verdict == hotswap::unload_verdict::unmapped);
    CHECK(mappings_below(at.staging) == 0);
}

TEST_CASE("staging: with every copy deleted, a checkpoint is taken, and the next host goes on from it") {
    cleaned_host at(true);
    SUBCASE("the store has the module") {}
    SUBCASE("the store has lost it as well") { delete_copies(at.store); }
    check_done(at.runtime->checkpoint());
    at.sums()->add("a", 100);  // after it
    at.start();
    check_done(at.runtime->recover());
    at.check("tally 2.0.0", 11);
}

TEST_CASE(
    "staging: with every copy deleted, an unload is kept: the next host does not bring the component back") {
    cleaned_host at(true);
    check_done(at.runtime->unload("sums"));
    at.start();
    check_done(at.runtime->recover());
    CHECK(at.runtime->status().empty());
}

TEST_CASE("staging: with every copy deleted, a probation still goes back by itself") {
    std::atomic<bool> bad = false;
    cleaned_host at(next_variant(), {.probation = {.duration = 1h, .interval = 1ms, .check = [&bad] {
                                                       return bad ? std::string("bad") : std::string();
                                                   }}});
    bad = true;
    REQUIRE(test::eventually([&at] { return at.status().rolled_back.has_value(); }));
    REQUIRE(test::eventually([&at] { return !at.status().swapping; }));
    at.check("tally 1.0.0", 11);
    if (!at.stores) return;
    at.start();
    check_done(at.runtime->recover());
    at.check("tally 1.0.0", 11);
}

TEST_CASE("staging: with every copy deleted, a host reverts on probation") {
    cleaned_host at(next_variant(), {.probation = {.duration = 1h}});
    check_done(at.runtime->revert("sums"));
    at.check("tally 1.0.0", 11);
}

TEST_CASE("staging: a recovered host reverts, though its copies and the store's are deleted since") {
    cleaned_host at(true);
    check_done(at.runtime->checkpoint());
    at.start();
    check_done(at.runtime->recover());
    at.clean();
    delete_copies(at.store);
    check_done(at.runtime->revert("sums"));
    at.check("tally 1.0.0", 11);
    at.start();
    check_done(at.runtime->recover());
    at.check("tally 1.0.0", 11);
}

TEST_CASE("staging: copies that are deleted at every step of a swap are made again before they are needed") {
    cleaned_host at(next_variant());
    at.runtime->subscribe([&at](hotswap::event const&) { delete_copies(at.staging); }).detach();
    check_done(at.runtime->swap("sums", {.module = tally_file("3.0.0")}));
    at.check("tally 3.0.0", 11);
    check_done(at.runtime->revert("sums"));
    at.check("tally 2.0.0", 11);
}

TEST_CASE("staging: a checkpoint does not read a copy whose module the store has") {
    cleaned_host at(true);
    check_done(at.runtime->swap("sums", {.module = tally_file("3.0.0")}));
    for (auto const& entry : fs::recursive_directory_iterator(at.staging))
        if (entry.path().extension() == ".so") {
            fs::permissions(entry.path(), fs::perms::owner_all);
            std::ofstream(entry.path(), std::ios::app) << "behind everything that is mapped";
        }
    check_done(at.runtime->checkpoint());
    CHECK(modules_below(at.store) == 2);  // of this generation and of the one before
}

TEST_CASE(
    "staging: a swap after the session's directory is gone succeeds from the next place, with one warning") {
    temporary_directory const directory;
    fs::path const session = directory.path() / "run/user";
    fs::path const temporary = directory.path() / "tmp";
    fs::create_directories(session);
    fs::create_directory(temporary);
    for (auto const& each : {session, temporary}) fs::permissions(each, fs::perms::owner_all);
    std::string const before[2] = {std::getenv("XDG_RUNTIME_DIR") ? std::getenv("XDG_RUNTIME_DIR") : "",
                                   std::getenv("TMPDIR") ? std::getenv("TMPDIR") : ""};
    setenv("XDG_RUNTIME_DIR", session.c_str(), 1);
    setenv("TMPDIR", temporary.c_str(), 1);
    {
        hotswap::runtime runtime({.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap",
                                  .log_to_stderr = false,
                                  .rehearse = hotswap::rehearse::never});
        std::vector<std::string> warnings;
        runtime
            .subscribe([&warnings](hotswap::event const& what) {
                if (what.level == hotswap::level::warning && what.phase == hotswap::phase::stage)
                    warnings.push_back(what.message);
            })
            .detach();
        check_done(runtime.load<tally>("sums", {.module = tally_file("1.0.0")}));
        CHECK(modules_below(session) == 1);
        CHECK(warnings.empty());
        fs::remove_all(session.parent_path());
        check_done(runtime.swap("sums", {.module = tally_file("2.0.0")}));
        check_done(runtime.swap("sums", {.module = tally_file("3.0.0")}));
        check_done(runtime.revert("sums"));
        CHECK(modules_below(temporary) == 2);
        REQUIRE(warnings.size() == 1);
        CHECK(names(warnings[0], {session.string(), temporary.string()}));
    }
    CHECK_FALSE(fs::exists(session.parent_path()));
    for (int i = 0; i != 2; ++i) {
        char const* const name = i == 0 ? "XDG_RUNTIME_DIR" : "TMPDIR";
        if (before[i].empty())
            unsetenv(name);
        else
            setenv(name, before[i].c_str(), 1);
    }
}
