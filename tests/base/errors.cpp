#include <hotswap/failure.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <iterator>
#include <set>
#include <stdexcept>
#include <string>

using hotswap::errc;
using hotswap::failure;
using hotswap::phase;
using hotswap::result;
using hotswap::swap_error;

namespace {

constexpr errc every_code[] = {
    errc::unknown_component,
    errc::already_loaded,
    errc::busy,
    errc::would_deadlock,
    errc::component_gone,
    errc::contract_mismatch,
    errc::invalid_argument,
    errc::limit_reached,
    errc::in_use,
    errc::other_process,
    errc::no_such_file,
    errc::not_regular_file,
    errc::not_elf,
    errc::wrong_architecture,
    errc::truncated_file,
    errc::no_descriptor,
    errc::abi_mismatch,
    errc::toolchain_mismatch,
    errc::schema_mismatch,
    errc::layout_changed,
    errc::unique_symbols,
    errc::staging_failed,
    errc::damaged_module,
    errc::unsealed_module,
    errc::lint_refused,
    errc::untrusted_path,
    errc::missing_signature,
    errc::bad_signature,
    errc::unresolved_symbols,
    errc::load_failed,
    errc::descriptor_changed,
    errc::no_migration_path,
    errc::lossy_refused,
    errc::handoff_refused,
    errc::not_reversible,
    errc::bad_snapshot,
    errc::adopt_failed,
    errc::drain_timeout,
    errc::pause_budget_exceeded,
    errc::export_failed,
    errc::migration_failed,
    errc::validation_failed,
    errc::construct_failed,
    errc::out_of_memory,
    errc::release_failed,
    errc::rehearsal_failed,
    errc::no_rehearsal,
    errc::store_locked,
    errc::store_full,
    errc::store_read_only,
    errc::store_failed,
    errc::store_damaged,
    errc::no_store,
    errc::rolled_back,
    errc::plan_stale,
    errc::aborted,
    errc::not_permitted,
    errc::no_such_verb,
    errc::unknown_operation,
    errc::too_many_requests,
    errc::control_failed,
    errc::host_unreachable,
    errc::audit_damaged,
    errc::no_settings,
    errc::settings_refused,
    errc::pool_refused,
    errc::pool_failed,
    errc::pool_damaged,
};

failure sample() {
    failure why;
    why.code = errc::migration_failed;
    why.phase = phase::migrate;
    why.component = "cache";
    why.message = "the migration 1 → 2 threw: no such key";
    why.old_serving = true;
    return why;
}

}  // namespace

TEST_CASE("errc: every code has a name of its own, which is how it is printed") {
    std::set<std::string> names;
    for (errc const code : every_code) {
        std::string const name(to_string(code));
        CHECK(name != "unknown");
        CHECK(fmt::format("{}", code) == name);
        CHECK(make_error_code(code).message() == name);
        names.insert(name);
    }
    CHECK(names.size() == std::size(every_code));
}

TEST_CASE("errc: the list of codes in this test is complete: every other number is unknown") {
    std::set<int> known;
    for (errc const code : every_code) known.insert(static_cast<int>(code));
    for (int number = -1; number != 200; ++number)
        CHECK((to_string(static_cast<errc>(number)) != "unknown") == known.contains(number));
}

TEST_CASE("errc: no code is zero, which would read as success") {
    for (errc const code : every_code) CHECK(make_error_code(code).failed());
}

TEST_CASE("errc: codes of two copies of the library compare equal, because the category has a fixed id") {
    struct of_another_copy final : boost::system::error_category {
        of_another_copy() noexcept : error_category(0x9d1f6e2b40c7a853) {}
        char const* name() const noexcept override { return "hotswap"; }
        std::string message(int) const override { return {}; }
    } const other;
    CHECK(other == hotswap::error_category());
    boost::system::error_code const from_there(static_cast<int>(errc::busy), other);
    CHECK(from_there == errc::busy);
    CHECK(from_there != errc::would_deadlock);
}

TEST_CASE("phase: every phase has a name of its own, and export is called export") {
    std::set<std::string> names;
    for (int step = 0; step <= static_cast<int>(phase::retire); ++step)
        names.insert(std::string(to_string(static_cast<phase>(step))));
    CHECK(names.size() == static_cast<std::size_t>(phase::retire) + 1);
    CHECK_FALSE(names.contains("unknown"));
    CHECK(to_string(phase::export_) == "export");
    CHECK(fmt::format("{}", phase::drain) == "drain");
    CHECK(to_string(static_cast<phase>(200)) == "unknown");
}

TEST_CASE("result: the value of a failure throws a swap_error that carries the failure") {
    result<int> const refused = sample();
    REQUIRE_FALSE(refused.has_value());
    try {
        static_cast<void>(refused.value());
        FAIL("value() of a failure returned");
    } catch (swap_error const& thrown) {
        CHECK(thrown.code() == errc::migration_failed);
        CHECK(thrown.why().phase == phase::migrate);
        CHECK(thrown.why().component == "cache");
        CHECK(thrown.why().message == sample().message);
        CHECK(thrown.why().old_serving);
        CHECK(std::string(thrown.what()) == to_string(sample()));
    }
    CHECK_THROWS_AS(result<void>(sample()).value(), swap_error);
    CHECK_THROWS_AS(result<int>(sample()).value(), std::runtime_error);
}

TEST_CASE("result: a value is a value") {
    result<int> const done = 3;
    REQUIRE(done.has_value());
    CHECK(done.value() == 3);
    CHECK_NOTHROW(result<void>().value());
}

TEST_CASE("failure: one line with component, code, phase, message and who serves") {
    CHECK(to_string(sample()) ==
          "\"cache\" migration_failed in phase migrate: the migration 1 → 2 threw: no such key; the old "
          "generation continues to serve");
    CHECK(fmt::format("{}", sample()) == to_string(sample()));
}

TEST_CASE("failure: without an old generation the line does not claim that one serves") {
    failure why = sample();
    why.old_serving = false;
    CHECK(to_string(why).find("serve") == std::string::npos);
}
