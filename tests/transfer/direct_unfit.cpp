// States and modules whose objects another module's code must not read, or must not own.
#include "swap/fixture.hpp"
#include "swap/fixtures/rows.hpp"
#include "transfer/fixtures/accounts.hpp"
#include "transfer/migration_path.hpp"

#include <hotswap/json.hpp>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::transfer;

namespace {

void goes_serialized(site& at, std::string_view name, hotswap::swap_options options,
                     std::string_view reason) {
    auto const plan = at.runtime.plan(name, options).value();
    CHECK(plan.blockers.empty());
    CHECK(plan.transfer == transfer::snapshot);
    CHECK(names(plan.serialized_because, {reason}));
    CHECK(names(hotswap::to_json(plan), {"serialized_because"}));
    auto const report = at.runtime.swap(name, options).value();
    CHECK(report.transfer == transfer::snapshot);
    CHECK(report.serialized_because == plan.serialized_because);
    CHECK(names(hotswap::to_json(report), {"serialized_because"}));
}

}  // namespace

TEST_CASE("direct: what is not known to be readable is serialized, and plan and report say the same reason") {
    site at;
    std::string family = "tally";
    std::string from = "1.0.0";
    hotswap::swap_options options;
    std::string_view reason;
    SUBCASE("a class with its own serialize") {
        family = "tally_opaque";
        options.module = built(family, "1.1.0");
        reason = "a class whose fields are not known";
    }
    SUBCASE("a container that points into its module") {
        family = "tally_bound";
        options.module = built(family, "1.1.0");
        reason = "may point into the module that made it";
    }
    SUBCASE("an allocator of the author's") {
        family = "peculiar_allocator", from = "1.1.0";
        options.module = built(family, "2.1.0");
        reason = "may point into the module that made it";
    }
    SUBCASE("a container of the author's") {
        family = "peculiar_container", from = "1.1.0";
        options.module = built(family, "2.1.0");
        reason = "a class whose fields are not known";
    }
    SUBCASE("a budget") {
        options.module = tally_file("2.0.0");
        options.pause_budget = 1h;
        reason = "a pause_budget is set";
    }
    auto const sums = at.load("sums", built(family, from));
    sums->add("a", 3);
    sums->add("ab", 2);
    goes_serialized(at, "sums", options, reason);
    CHECK(sums->total("a") == 3);
    CHECK(at.runtime.revert("sums", {.pause_budget = options.pause_budget}).value().transfer ==
          transfer::snapshot);
    CHECK(sums->total("a") == 3);
    CHECK(sums->total("ab") == 2);
    auto const text = hotswap::to_string(at.runtime.swap("sums", options).value());
    CHECK(names(text, {"through its serialized form, because", reason}));
}

TEST_CASE("direct: a state with tables goes as tables do") {
    site at;
    auto const all = at.load<rows>("rows", built("rows", "1.0.0"));
    all->put("a", 1);
    auto const report = at.swap("rows", built("rows", "2.0.0"));
    CHECK(report.transfer == transfer::snapshot);
    CHECK(report.tables.way == hotswap::table_way::before_pause);
    CHECK(report.serialized_because == "the state has tables");
    CHECK(all->size() == 1);
}

TEST_CASE("direct: objects of layouts, releases of Boost or kinds that differ are not read") {
    using hotswap::abi::state_bound;
    using hotswap::abi::state_opaque;
    using hotswap::abi::state_tables;
    using hotswap::detail::module_file;
    auto const file = [](std::uint32_t version, std::uint64_t layout, std::uint32_t flags) {
        module_file made;
        made.descriptor.state_count = 2;
        made.descriptor.schema_version = version;
        for (std::uint32_t i = 0; i != 2; ++i)
            made.descriptor.states[i] = {.layout = layout + i, .version = i + 1, .flags = flags};
        return made;
    };
    auto const reason = [](module_file const& from, module_file const& to, bool has_budget = false) {
        hotswap::detail::migration_path way;
        std::uint32_t const old = from.descriptor.schema_version;
        std::uint32_t const next = to.descriptor.schema_version;
        way.exchange_version = std::min(old, next);
        way.direction = old == next  ? hotswap::direction::same
                        : old < next ? hotswap::direction::upgrade
                                     : hotswap::direction::downgrade;
        return hotswap::detail::reason_to_serialize(from, to, way, has_budget);
    };
    for (auto const& [from, to] : {std::pair(1u, 2u), std::pair(1u, 1u), std::pair(2u, 1u)}) {
        CAPTURE(from);
        CAPTURE(to);
        CHECK(reason(file(from, 42, 0), file(to, 42, 0)).empty());
        CHECK(names(reason(file(from, 42, 0), file(to, 43, 0)), {"its layout is"}));
        auto const boost = [](std::uint32_t release) { return release << hotswap::abi::state_boost_shift; };
        CHECK(reason(file(from, 42, boost(1081)), file(to, 42, boost(1081))).empty());
        CHECK(names(reason(file(from, 42, boost(1081)), file(to, 42, boost(1083))), {"Boost 1.83"}));
        for (std::uint32_t const flag :
             {std::uint32_t{state_opaque}, std::uint32_t{state_bound}, std::uint32_t{state_tables}}) {
            CHECK_FALSE(reason(file(from, 42, flag), file(to, 42, 0)).empty());
            CHECK_FALSE(reason(file(from, 42, 0), file(to, 42, flag)).empty());
        }
        CHECK(names(reason(file(from, 42, 0), file(to, 42, 0), true), {"pause_budget"}));
    }
}

TEST_CASE("direct: keys that the new module hashes otherwise are found, up and down, and are not lent") {
    site at;
    auto const it = at.load<accounts>("accounts", built("accounts_hashed", "1.0.0"));
    for (int i = 0; i != 1000; ++i) it->add(std::to_string(i), 1);
    for (auto const& [family, release] :
         {std::pair("accounts_rehashed", "2.1.0"), std::pair("accounts_hashed", "1.0.0"),
          std::pair("accounts_hashed", "2.0.0"), std::pair("accounts_rehashed", "1.1.0")}) {
        CAPTURE(family);
        CAPTURE(release);
        auto const report = at.swap("accounts", built(family, release));
        CHECK(report.transfer == transfer::direct);
        std::uint64_t found = 0;
        for (int i = 0; i != 1000; ++i) found += it->total(std::to_string(i));
        CHECK(found == 1000);
    }
}

TEST_CASE("direct: two keys that are equal to the new module are refused, as its serialized form would be") {
    site at;
    auto const it = at.load<accounts>("accounts", built("accounts_hashed", "1.0.0"));
    for (int i = 0; i != 10; ++i) it->add(std::to_string(i), 1);
    untouched before(at, "accounts");
    auto const direct = at.refusal("accounts", built("accounts_coarse", "2.2.0"));
    auto const serialized =
        at.refusal("accounts", built("accounts_coarse", "2.2.0"), {.transfer = transfer::snapshot});
    CHECK(direct.code == errc::bad_snapshot);
    CHECK(direct.code == serialized.code);
    CHECK(direct.message == serialized.message);
    before.check();
}

TEST_CASE("direct: what a module with an operator new of its own has allocated, no other module frees") {
    site at;
    std::string first;
    std::string second;
    SUBCASE("into one") { first = "peculiar", second = "peculiar_heap"; }
    SUBCASE("out of one") { first = "peculiar_heap", second = "peculiar"; }
    auto const old = first == "peculiar" ? "1.0.0" : "1.1.0";
    auto const up = second == "peculiar" ? "2.0.0" : "2.1.0";
    auto const sums = at.load("sums", built(first, old));
    sums->add("a", 3);
    {
        untouched before(at, "sums");
        auto const same = second == "peculiar" ? "1.0.0" : "1.1.0";
        auto const why = at.refusal("sums", built(second, same), {.transfer = transfer::handoff});
        CHECK(why.code == errc::handoff_refused);
        CHECK(names(why.message, {"operator new", "transfer::snapshot"}));
        before.check();
    }
    for (int i = 0; i != 3; ++i) {
        CHECK(at.swap("sums", built(second, up)).transfer == transfer::direct);
        CHECK(at.swap("sums", built(first, old)).transfer == transfer::direct);
    }
    CHECK(sums->add("a", 1) == 4);
    CHECK(sums->add("abcdef", 1) == 1);
}
