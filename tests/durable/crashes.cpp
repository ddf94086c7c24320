// A host that is killed at every point of an operation: a new host finds the set before or the set after,
// whole.
#if defined(HOTSWAP_FAILPOINTS)

#include "base/failpoint.hpp"
#include "durable/killed_host.hpp"
#include "swap/fixture.hpp"

using namespace hotswap_test;
namespace failpoints = hotswap::detail::failpoints;

namespace {

answer run_durable(fs::path const& directory, std::string const& words, std::string const& faults = {}) {
    return run_host(HOTSWAP_TEST_DURABLE_HOST, directory, words, faults);
}

/// The points that an operation passes in a host with a store.
std::vector<std::string> points_of(std::function<void(hotswap::runtime&)> const& prepare,
                                   std::function<void(hotswap::runtime&)> const& operation) {
    temporary_directory directory;
    hotswap::runtime runtime({.modules = directory.path(),
                              .staging = directory.path() / "staging",
                              .log_to_stderr = false,
                              .rehearse = hotswap::rehearse::never,
                              .store = directory.path() / "store"});
    static_cast<void>(runtime.load<tally>("sums", {.module = tally_file("1.0.0")}).value());
    prepare(runtime);
    failpoints::clear();
    operation(runtime);
    auto points = failpoints::visited();
    failpoints::clear();
    return points;
}

struct sets {
    std::string before;  ///< a host's output for the set before the operation
    std::string after;
};

/// Kills hosts at every point, each on a copy of the same directory.
void kill_everywhere(temporary_directory const& start, std::string const& operation,
                     std::vector<std::string> const& points, sets const& expected) {
    REQUIRE(points.size() > 3);
    std::size_t killed = 0;
    for (auto const& point : points) {
        for (int visit = 1;; ++visit) {
            CAPTURE(point);
            CAPTURE(visit);
            temporary_directory copy;
            fs::copy(start.path(), copy.path(), fs::copy_options::recursive);
            auto const ended =
                run_durable(copy.path(), operation, point + "=" + std::to_string(visit) + "*kill");
            if (!was_killed(ended)) {
                CHECK(ended.status == 0);
                break;
            }
            ++killed;
            auto const found = run_durable(copy.path(), "look");
            CHECK_MESSAGE((found.said == expected.before || found.said == expected.after), found.said);
            // The operation succeeds now.
            CHECK(run_durable(copy.path(), operation).status == 0);
            CHECK(run_durable(copy.path(), "look").said.substr(0, 6) == expected.after.substr(0, 6));
        }
    }
    CHECK(killed >= points.size());
}

std::string module(std::string_view release) { return "'" + tally_file(release).string() + "'"; }

}  // namespace

TEST_CASE("crash: a host that is killed at any point of a swap comes back with the old set or the new one") {
    temporary_directory start;
    REQUIRE(run_durable(start.path(), "checkpoint " + module("1.0.0")).status == 0);
    auto const points = points_of(
        [](auto&) {},
        [](auto& runtime) { CHECK(runtime.swap("sums", {.module = tally_file("2.0.0")}).has_value()); });
    kill_everywhere(start, "swap " + module("2.0.0"), points, {"tally 1.0.0 1\n", "tally 2.0.0 2\n"});
}

TEST_CASE(
    "crash: a host that is killed at any point of a checkpoint comes back with the state before or after "
    "it") {
    temporary_directory start;
    REQUIRE(run_durable(start.path(), "checkpoint " + module("1.0.0")).status == 0);
    auto const points =
        points_of([](auto&) {}, [](auto& runtime) { CHECK(runtime.checkpoint().has_value()); });
    kill_everywhere(start, "checkpoint", points, {"tally 1.0.0 1\n", "tally 1.0.0 2\n"});
}

TEST_CASE("crash: a host that is killed at any point of a revert comes back with the one set or the other") {
    temporary_directory start;
    REQUIRE(run_durable(start.path(), "checkpoint " + module("1.0.0")).status == 0);
    REQUIRE(run_durable(start.path(), "swap " + module("2.0.0")).status == 0);
    auto const points = points_of(
        [](auto& runtime) { CHECK(runtime.swap("sums", {.module = tally_file("2.0.0")}).has_value()); },
        [](auto& runtime) { CHECK(runtime.revert("sums").has_value()); });
    kill_everywhere(start, "revert", points, {"tally 2.0.0 2\n", "tally 1.0.0 3\n"});
}

TEST_CASE(
    "crash: a store that cannot be written before the gate closes refuses the swap, and later is said in the "
    "report") {
    temporary_directory directory;
    hotswap::runtime runtime({.modules = directory.path(),
                              .staging = directory.path() / "staging",
                              .log_to_stderr = false,
                              .rehearse = hotswap::rehearse::never,
                              .store = directory.path() / "store"});
    auto const sums = runtime.load<tally>("sums", {.module = tally_file("1.0.0")}).value();
    sums->add("a", 1);
    std::size_t refused = 0;
    std::size_t not_durable = 0;
    for (auto const& [error, code] :
         {std::pair{28, hotswap::errc::store_full}, std::pair{5, hotswap::errc::store_failed},
          std::pair{30, hotswap::errc::store_read_only}}) {
        for (int visit = 1;; ++visit) {
            CAPTURE(visit);
            failpoints::clear();
            failpoints::arm("store.write=" + std::to_string(visit) + "*fail:" + std::to_string(error));
            auto const next = sums->code() == "tally 1.0.0" ? "2.0.0" : "1.0.0";
            auto const before = sums->code();
            auto const done = runtime.swap("sums", {.module = tally_file(next)});
            failpoints::clear();
            if (!done) {
                ++refused;
                CHECK(done.error().code == code);
                CHECK(done.error().old_serving);
                CHECK(sums->code() == before);
            } else if (done->not_durable) {
                ++not_durable;
                CHECK(done->not_durable->code == code);
                CHECK(names(to_string(*done), {"NOT DURABLE"}));
                CHECK(runtime.checkpoint().has_value());
            } else {
                break;
            }
            CHECK(sums->total("a") == 1);
        }
    }
    CHECK(refused >= 3);
    CHECK(not_durable >= 3);
}

TEST_CASE(
    "crash: what a full disk kept out of the store is in it after a checkpoint, whatever was swept "
    "meanwhile") {
    temporary_directory directory;
    hotswap::runtime_options const options{.modules = directory.path(),
                                           .staging = directory.path() / "staging",
                                           .log_to_stderr = false,
                                           .rehearse = hotswap::rehearse::never,
                                           .store = directory.path() / "store"};
    {
        hotswap::runtime runtime(options);
        auto const sums = runtime.load<tally>("sums", {.module = tally_file("1.0.0")}).value();
        auto const others = runtime.load<tally>("others", {.module = tally_file("1.0.0")}).value();
        sums->add("a", 1);
        bool is_durable = true;
        for (int visit = 1; is_durable; ++visit) {
            failpoints::clear();
            failpoints::arm("store.write=" + std::to_string(visit) + "*fail:28");
            auto const done = runtime.swap("sums", {.module = tally_file("2.0.0")});
            failpoints::clear();
            is_durable = !done || !done->not_durable;
            REQUIRE(visit < 100);
        }
        runtime.swap("others", {.module = tally_file("1.9.0")}).value();
        runtime.swap("others", {.module = tally_file("1.10.0")}).value();
        sums->add("a", 1);
        CHECK(runtime.checkpoint().has_value());
    }
    hotswap::runtime again(options);
    std::string told;
    again.subscribe([&told](hotswap::event const& what) { told += to_string(what) + "\n"; }).detach();
    CHECK(again.recover().value().size() == 2);
    CHECK_FALSE(names(told, {"interrupted"}));  // the swap had ended, though not in the store
    auto const sums = again.find<tally>("sums").value();
    CHECK(sums->code() == "tally 2.0.0");
    CHECK(sums->total("a") == 2);
}

TEST_CASE("crash: a checkpoint that a full disk refuses at any write leaves no file of its own") {
    temporary_directory directory;
    auto const store = directory.path() / "store";
    hotswap::runtime runtime({.modules = directory.path(),
                              .staging = directory.path() / "staging",
                              .log_to_stderr = false,
                              .rehearse = hotswap::rehearse::never,
                              .store = store});
    static_cast<void>(runtime.load<tally>("sums", {.module = tally_file("1.0.0")}).value());
    runtime.checkpoint().value();
    auto const files = [&store] {
        return std::distance(fs::recursive_directory_iterator(store), fs::recursive_directory_iterator());
    };
    auto const before = files();
    int refused = 0;
    for (;; ++refused) {
        CAPTURE(refused);
        REQUIRE(refused < 100);
        failpoints::clear();
        failpoints::arm("store.write=" + std::to_string(refused + 1) + "*fail:28");
        auto const done = runtime.checkpoint();
        failpoints::clear();
        if (done) break;
        CHECK(done.error().code == hotswap::errc::store_full);
        CHECK(files() == before);
    }
    CHECK(refused >= 2);  // a snapshot, and the set that would have named it
}

#endif
