// The new code reads the running object in place.
#include "swap/fixture.hpp"
#include "transfer/fixtures/accounts.hpp"
#include "transfer/fixtures/motley.hpp"

#include <hotswap/json.hpp>

using namespace hotswap_test;
using hotswap::phase;
using hotswap::transfer;

namespace {

/// Receives the reports of the migrations and destructors of accounts.
class ear final : public accounts_ear {
public:
    hotswap::arguments arguments() const {
        accounts_ear const* const self = this;
        return {{"ear", std::to_string(reinterpret_cast<std::uintptr_t>(self))}};
    }
    void migrates(void const* from) override { read.push_back(from); }
    void migrated() override {}
    void destroyed(std::uint32_t version) override {
        destroyed_versions.push_back(version);
        if (at_destruction) at_destruction();
    }

    std::vector<void const*> read;
    std::vector<std::uint32_t> destroyed_versions;
    std::function<void()> at_destruction;
};

bool has_phase(hotswap::swap_report const& report, phase which) {
    for (auto const& step : report.phases)
        if (step.phase == which) return true;
    return false;
}

// A snapshot of the component after a swap of the same state to `to` through the serialized form.
std::vector<std::byte> serialized_way(std::string_view from, std::string_view to, std::uint32_t n) {
    site at;
    at.load<motley>("motley", built("motley", from))->fill(n);
    auto const report = at.swap("motley", built("motley", to), {.transfer = transfer::snapshot});
    CHECK(report.transfer == transfer::snapshot);
    CHECK(report.serialized_because.empty());
    return at.snapshot("motley");
}

}  // namespace

TEST_CASE(
    "direct: values of all kinds come out as the serialized form would bring them, in every direction") {
    std::string from;
    std::string to;
    SUBCASE("of the same version") { from = "1.0.0", to = "1.1.0"; }
    SUBCASE("up") { from = "1.0.0", to = "2.0.0"; }
    SUBCASE("down") { from = "2.0.0", to = "1.0.0"; }
    for (std::uint32_t const n : {0u, 1u, 1000u}) {
        CAPTURE(n);
        site at;
        auto const all = at.load<motley>("motley", built("motley", from));
        all->fill(n);

        auto const report = at.swap("motley", built("motley", to));

        CHECK(report.transfer == transfer::direct);
        CHECK_MESSAGE(report.serialized_because.empty(), report.serialized_because);
        CHECK(report.unload.verdict == hotswap::unload_verdict::unmapped);
        CHECK(all->holds(n));
        all->touch();
        CHECK(all->holds(n));
        auto const other = serialized_way(from, to, n);
        // With more entries the order of the unordered map differs.
        CHECK((n > 1 ? at.snapshot("motley").size() == other.size() : at.snapshot("motley") == other));
    }
}

TEST_CASE("direct: it is the default, and plan and report say so") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 3);
    auto const plan = at.runtime.plan("tally", {.module = tally_file("2.0.0")}).value();
    CHECK(plan.transfer == transfer::direct);
    CHECK(plan.serialized_because.empty());
    CHECK(names(hotswap::to_string(plan), {"predicted pause by direct"}));

    auto const report = at.swap("tally", tally_file("2.0.0"));

    CHECK(report.transfer == transfer::direct);
    CHECK_FALSE(has_phase(report, phase::export_));
    CHECK(has_phase(report, phase::migrate));
    CHECK(names(hotswap::to_string(report), {"by direct"}));
    CHECK(names(hotswap::to_json(report), {R"("transfer":"direct")", R"("serialized_because":"")"}));
    CHECK(sums->total("a") == 3);
}

TEST_CASE("direct: snapshot goes through the serialized form, always") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 3);
    hotswap::swap_options const options{.module = tally_file("2.0.0"), .transfer = transfer::snapshot};
    CHECK(at.runtime.plan("tally", options).value().transfer == transfer::snapshot);
    auto const report = at.runtime.swap("tally", options).value();
    CHECK(report.transfer == transfer::snapshot);
    CHECK(report.serialized_because.empty());
    CHECK(report.of(phase::export_).bytes != 0);
    CHECK(sums->total("a") == 3);
}

TEST_CASE(
    "direct: a migration that takes a reference to const reads the running object itself, another one a "
    "copy") {
    bool is_lent = false;
    SUBCASE("by const reference") { is_lent = true; }
    SUBCASE("to be used up") {}
    auto const* const family = is_lent ? "accounts_lent" : "accounts";
    ear heard;  // outlives the states that speak to it
    site at;
    auto const it = at.load<accounts>("accounts", built(family, "1.0.0"));
    for (int i = 0; i != 100; ++i) it->add(std::to_string(i), 1);
    for (auto const* const release : {"2.0.0", "1.0.0"}) {
        CAPTURE(release);
        heard.read.clear();
        auto const* const before = it->state_address();
        auto const report = at.swap("accounts", built(family, release), {.arguments = heard.arguments()});
        CHECK(report.transfer == transfer::direct);
        REQUIRE(heard.read.size() == 1);
        CHECK((heard.read[0] == before) == is_lent);
        CHECK(it->state_address() != before);
        CHECK(it->total("7") == 1);
    }
}

TEST_CASE("direct: over several versions each migration gets what the one before made") {
    std::string_view family = "accounts";
    SUBCASE("that are used up") {}
    SUBCASE("that are only read") { family = "accounts_lent"; }
    ear heard;  // outlives the states that speak to it
    site at;
    auto const it = at.load<accounts>("accounts", built(family, "1.0.0"));
    for (int i = 0; i != 100; ++i) it->add(std::to_string(i), 1);
    auto const up = at.swap("accounts", built(family, "3.0.0"), {.arguments = heard.arguments()});
    CHECK(up.path == std::vector<std::uint32_t>{1, 2, 3});
    CHECK(up.transfer == transfer::direct);
    CHECK(heard.read.size() == 2);
    it->add("7", 1);
    auto const down = at.swap("accounts", built(family, "1.0.0"), {.arguments = heard.arguments()});
    CHECK(down.path == std::vector<std::uint32_t>{3, 2, 1});
    CHECK(down.transfer == transfer::direct);
    CHECK(heard.read.size() == 4);
    CHECK(it->total("7") == 2);
    CHECK(it->total("99") == 1);
}

TEST_CASE(
    "direct: what a path has used up is freed when callers are served again, before the old code goes") {
    std::string from = "1.0.0";
    std::string to = "3.0.0";
    auto how = transfer::direct;
    // The version in between, which is the copy's, and then the version of the old state itself.
    std::vector<std::uint32_t> versions{1, 2};
    SUBCASE("up") {}
    SUBCASE("down") { from = "3.0.0", to = "1.0.0", versions = {2, 3}; }
    SUBCASE("up, serialized") { how = transfer::snapshot; }
    ear heard;  // outlives the states that speak to it
    site at;
    auto const it = at.load<accounts>("accounts", built("accounts", from));
    it->add("a", 1);
    bool is_tried = false;
    bool is_served = false;
    std::future<std::uint64_t> call;  // a held call lasts until the swap has ended
    // A caller on another thread, while the first state is being freed.
    heard.at_destruction = [&] {
        if (std::exchange(is_tried, true)) return;
        call = std::async(std::launch::async, [&] { return it->total("a"); });
        is_served = call.wait_for(10s) == std::future_status::ready;
    };

    auto const report =
        at.swap("accounts", built("accounts", to), {.transfer = how, .arguments = heard.arguments()});

    heard.at_destruction = nullptr;
    CHECK(report.transfer == how);
    CHECK(report.unload.verdict == hotswap::unload_verdict::unmapped);
    CHECK(is_tried);
    CHECK(is_served);
    auto& gone = heard.destroyed_versions;
    for (auto const version : versions) CHECK(std::count(gone.begin(), gone.end(), version) != 0);
}

TEST_CASE("direct: the members of a set go each in its own way") {
    site at;
    at.load("tally", tally_file("1.0.0"))->add("a", 1);
    at.load("opaque", built("tally_opaque", "1.0.0"))->add("a", 2);
    auto const set = at.runtime
                         .swap({{"tally", {.module = tally_file("2.0.0")}},
                                {"opaque", {.module = built("tally_opaque", "1.1.0")}}})
                         .value();
    REQUIRE(set.components.size() == 2);
    CHECK(set.components[0].transfer == transfer::direct);
    CHECK(set.components[0].serialized_because.empty());
    CHECK(set.components[1].transfer == transfer::snapshot);
    CHECK(names(set.components[1].serialized_because, {"a class whose fields are not known"}));
    CHECK(at.runtime.find<tally>("tally").value()->total("a") == 1);
    CHECK(at.runtime.find<tally>("opaque").value()->total("a") == 2);
}

TEST_CASE("direct: a revert reads the running object too, on a probation and after it") {
    bool is_on_probation = false;
    SUBCASE("after the swap") {}
    SUBCASE("on a probation") { is_on_probation = true; }
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    hotswap::swap_options options{.module = tally_file("2.0.0")};
    if (is_on_probation) options.probation.duration = 1h;
    at.runtime.swap("tally", options).value();
    sums->add("a", 1);
    auto const report = at.runtime.revert("tally").value();
    CHECK(report.transfer == transfer::direct);
    CHECK(report.serialized_because.empty());
    CHECK(report.to.release == "1.0.0");
    CHECK(sums->total("a") == 2);
}

TEST_CASE("direct: a restore reads the frame, and says so") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    auto const frame = at.snapshot("tally");
    sums->add("a", 1);
    auto const report = at.runtime.restore("tally", frame).value();
    CHECK(report.transfer == transfer::snapshot);
    CHECK(report.serialized_because.empty());
    CHECK(sums->total("a") == 1);
}
