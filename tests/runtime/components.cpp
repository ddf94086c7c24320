#include "swap/fixture.hpp"

#include "swap/fixtures/rendezvous.hpp"
#include "swap/fixtures/visitor.hpp"

using namespace hotswap_test;
using hotswap::errc;
using hotswap::phase;

namespace {

template <class T>
hotswap::failure refused(hotswap::result<T> const& result, errc code) {
    REQUIRE(result.has_error());
    CHECK(to_string(result.error().code) == to_string(code));
    return result.error();
}

}  // namespace

TEST_CASE("runtime: loading a name twice is refused, and the first component serves on") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    auto const why =
        refused(at.runtime.load<tally>("tally", {.module = tally_file("2.0.0")}), errc::already_loaded);
    CHECK(why.component == "tally");
    CHECK(names(why.message, {"find()", "swap()"}));
    CHECK(sums->total("a") == 1);
    CHECK(at.runtime.status().size() == 1);
}

TEST_CASE("runtime: an unknown name is refused by every operation, naming what is loaded") {
    site at;
    auto const users = at.load("users", tally_file("1.0.0"));
    auto const orders = at.load("orders", tally_file("1.0.0"));
    auto const frame = at.snapshot("users");
    auto const expect = [](auto const& result) {
        auto const why = refused(result, errc::unknown_component);
        CHECK(why.component == "carts");
        CHECK_FALSE(why.old_serving);
        CHECK(names(why.message, {"users", "orders"}));
    };
    expect(at.runtime.find<tally>("carts"));
    expect(at.runtime.swap("carts"));
    expect(at.runtime.plan("carts"));
    expect(at.runtime.revert("carts"));
    expect(at.runtime.restore("carts", frame));
    expect(at.runtime.snapshot("carts"));
    expect(at.runtime.unload("carts"));
}

TEST_CASE("runtime: find gives a handle to what is loaded") {
    site at;
    at.load("tally", tally_file("1.0.0"))->add("a", 1);
    auto const again = at.runtime.find<tally>("tally").value();
    CHECK(again->total("a") == 1);
}

TEST_CASE("runtime: asking for another contract than a component's is refused, with both named") {
    site at;
    auto const found_wrong =
        refused(at.runtime.load<visitor>("tally", {.module = tally_file("1.0.0")}), errc::contract_mismatch);
    CHECK(names(found_wrong.message, {"tally-1.0.0.so", "test.tally 1", "test.visitor 1"}));
    CHECK(at.runtime.status().empty());
    CHECK(at.mappings() == 0);

    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const why = refused(at.runtime.find<visitor>("tally"), errc::contract_mismatch);
    CHECK(why.component == "tally");
    CHECK(names(why.message, {"test.tally 1", "test.visitor 1"}));
}

TEST_CASE("runtime: a component that is unloaded is gone from the process, and may be loaded again") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);

    auto const report = at.runtime.unload("tally").value();

    CHECK(report.verdict == hotswap::unload_verdict::unmapped);
    CHECK(report.module == "tally-1.0.0.so");
    CHECK(at.runtime.status().empty());
    CHECK(at.mappings() == 0);
    CHECK(modules_below(at.directory.path()) == 0);
    refused(at.runtime.find<tally>("tally"), errc::unknown_component);
    try {
        sums->add("a", 1);
        FAIL("a call to an unloaded component returned");
    } catch (hotswap::swap_error const& e) {
        CHECK(e.code() == errc::component_gone);
        CHECK(names(e.what(), {"tally", "load it again"}));
    }

    auto const fresh = at.load("tally", tally_file("2.0.0"));
    CHECK(fresh->total("a") == 0);
    CHECK_THROWS_AS(sums->total("a"), hotswap::swap_error);
}

TEST_CASE("runtime: callers who wait at the gate while a component is unloaded are told that it is gone") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    lease_elsewhere held(sums);
    auto unloading = std::async(std::launch::async, [&] { return at.runtime.unload("tally").value(); });
    while (!at.status("tally").swapping) std::this_thread::yield();
    // The threads call until they are stopped, so that each of them meets the closed gate.
    auto const call_until_gone = [&sums]() -> std::string {
        for (;;) {
            try {
                sums->add("a", 1);
            } catch (hotswap::swap_error const& e) {
                return std::string(to_string(e.code()));
            }
        }
    };
    auto one = std::async(std::launch::async, call_until_gone);
    auto two = std::async(std::launch::async, call_until_gone);
    held.give_back();
    CHECK(unloading.get().verdict == hotswap::unload_verdict::unmapped);
    CHECK(one.get() == "component_gone");
    CHECK(two.get() == "component_gone");
}

TEST_CASE("runtime: several components of one family live side by side") {
    site at;
    auto const users = at.runtime.load<tally>("users", {.module = "tally"}).value();
    auto const orders = at.load("orders", tally_file("1.0.0"));
    users->add("a", 1);
    orders->add("a", 2);
    CHECK(at.status("users").running.release == "3.0.0");

    CHECK(at.runtime.swap("orders").value().to.release == "3.0.0");
    CHECK(at.runtime.swap("users", {.module = "tally"}).value().to.release == "3.0.0");
    CHECK(users->total("a") == 1);
    CHECK(orders->total("a") == 2);
    REQUIRE(at.runtime.unload("users").has_value());
    CHECK(orders->total("a") == 2);
}

TEST_CASE("runtime: a module is named by family, by path, or by its file name in the modules directory") {
    site at;
    CHECK(at.runtime.load<tally>("tally").value()->code() == "tally 3.0.0");
    CHECK(at.runtime.load<tally>("one", {.module = "tally"}).value()->code() == "tally 3.0.0");
    CHECK(at.runtime.load<tally>("two", {.module = tally_file("1.0.0")}).value()->code() == "tally 1.0.0");
    CHECK(at.runtime.load<tally>("three", {.module = "tally-1.9.0.so"}).value()->code() == "tally 1.9.0");
    auto const relative = fs::relative(tally_file("2.0.0"));
    CHECK(at.runtime.load<tally>("four", {.module = relative}).value()->code() == "tally 2.0.0");
    CHECK(at.runtime.swap("three", {.module = "tally-1.10.0.so"}).value().to.release == "1.10.0");
}

TEST_CASE("runtime: a modules directory that is not there is refused by its name") {
    site at("no/such/directory");
    auto const why = refused(at.runtime.load<tally>("tally"), errc::no_such_file);
    CHECK(why.phase == phase::stage);
    CHECK(names(why.message, {"no/such/directory", "runtime_options::modules"}));
    CHECK(at.runtime.load<tally>("tally", {.module = tally_file("1.0.0")}).has_value());
}

TEST_CASE("runtime: a family of which there is no file is refused by its name") {
    site at;
    auto const why = refused(at.runtime.load<tally>("absent"), errc::no_such_file);
    CHECK(names(why.message, {"absent", "absent-MAJOR.MINOR.PATCH.so"}));
}

TEST_CASE("runtime: a name has 1 to 63 characters") {
    site at;
    refused(at.runtime.load<tally>("", {.module = tally_file("1.0.0")}), errc::invalid_argument);
    refused(at.runtime.load<tally>(std::string(64, 'x'), {.module = tally_file("1.0.0")}),
            errc::invalid_argument);
    CHECK(at.runtime.load<tally>(std::string(63, 'x'), {.module = tally_file("1.0.0")}).has_value());
}

TEST_CASE("runtime: two runtimes in one process do not know of each other") {
    site one;
    site two;
    auto const first = one.load("tally", tally_file("1.0.0"));
    auto const second = two.load("tally", tally_file("2.0.0"));
    first->add("a", 1);
    second->add("a", 2);
    one.swap("tally", tally_file("3.0.0"));
    CHECK(first->total("a") == 1);
    CHECK(second->total("a") == 2);
    CHECK(second->code() == "tally 2.0.0");
    CHECK(two.status("tally").running.generation == 1);
}

TEST_CASE("runtime: a handle that outlives its runtime says so to its callers, and nothing stays mapped") {
    std::optional<site> at(std::in_place);
    auto const sums = at->load("tally", tally_file("1.0.0"));
    auto const copy = sums;
    auto const directory = at->directory.path();
    sums->add("a", 1);
    at.reset();
    CHECK(mappings_below(directory) == 0);
    CHECK_THROWS_AS(sums->total("a"), hotswap::swap_error);
    CHECK_THROWS_AS(static_cast<void>(copy.lease()), hotswap::swap_error);
    CHECK_THROWS_AS(static_cast<void>(copy.share()), hotswap::swap_error);
}

TEST_CASE("runtime: status tells of each component, by name") {
    site at;
    auto const orders = at.load("orders", tally_file("1.0.0"));
    auto const users = at.load("users", tally_file("0.1.0"));
    at.swap("orders", tally_file("2.0.0"));

    auto const all = at.runtime.status();
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "orders");
    CHECK(all[0].contract == "test.tally 1");
    CHECK(all[0].schema == "test.tally");
    CHECK(all[0].running.release == "2.0.0");
    CHECK(all[0].running.generation == 2);
    CHECK(all[0].running.schema_version == 2);
    CHECK(all[0].module == tally_file("2.0.0"));
    CHECK(all[0].previous_release == "1.0.0");
    CHECK(all[0].swaps == 1);
    CHECK_FALSE(all[0].swapping);
    CHECK(all[0].retained.empty());
    CHECK(all[1].name == "users");
    CHECK(all[1].schema.empty());
    CHECK(all[1].previous_release.empty());
    CHECK(all[1].swaps == 0);
}

TEST_CASE("runtime: a clock of the host's is the components' clock") {
    std::chrono::system_clock::time_point const then{1'234'567'890s};
    temporary_directory directory;
    hotswap::runtime runtime{
        {.staging = directory.path() / "staging", .log_to_stderr = false, .clock = [then] { return then; }}};
    auto const guest = runtime.load<visitor>("visitor", {.module = built("visitor", "1.0.0")}).value();
    CHECK(std::chrono::nanoseconds(guest->now()) == then.time_since_epoch());
}
