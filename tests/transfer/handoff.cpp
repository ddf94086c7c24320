#include "swap/fixture.hpp"

#include <atomic>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::phase;

namespace {

constexpr auto handoff = hotswap::transfer::handoff;

void refuses_handoff(site& at, std::string_view name, fs::path const& to, std::string_view reason) {
    untouched before(at, std::string(name));
    auto const why = at.refusal(name, to, {.transfer = handoff});
    CHECK(why.code == errc::handoff_refused);
    CHECK(why.phase == phase::plan);
    CHECK(why.old_serving);
    CHECK(names(why.message, {to.filename().string(), reason, "transfer::snapshot"}));
    before.check();
}

}  // namespace

TEST_CASE("handoff: the new code serves on the very same object") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 3);
    auto const* const before = sums->state_address();

    auto const report = at.swap("tally", tally_file("1.9.0"), {.transfer = handoff});

    CHECK(report.transfer == handoff);
    CHECK(report.of(phase::export_).bytes == 0);
    CHECK(report.unload.verdict == hotswap::unload_verdict::unmapped);
    CHECK(sums->code() == "tally 1.9.0");
    CHECK(sums->state_address() == before);
    CHECK(sums->add("a", 1) == 4);
}

TEST_CASE("handoff: a state may be handed on many times, and then be migrated and unloaded") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const* const first = sums->state_address();
    for (auto const* const release : {"1.9.0", "1.10.0", "1.0.0", "1.9.0"}) {
        sums->add("key " + std::string(release), 1);
        at.swap("tally", tally_file(release), {.transfer = handoff});
        CHECK(sums->state_address() == first);
    }
    at.swap("tally", tally_file("2.0.0"));
    CHECK(sums->total("key 1.9.0") == 2);
    CHECK(at.runtime.unload("tally").value().verdict == hotswap::unload_verdict::unmapped);
}

TEST_CASE("handoff: between schema versions it is refused") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    refuses_handoff(at, "tally", tally_file("2.0.0"), "its schema version is 2, the running one is 1");
    at.swap("tally", tally_file("2.0.0"));
    CHECK(sums->total("a") == 1);
}

TEST_CASE("handoff: between layouts it is refused as the edit of a released state that it is") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    untouched before(at, "tally");
    auto const why = at.refusal("tally", built("tally_edited", "1.5.0"), {.transfer = handoff});
    CHECK(why.code == errc::layout_changed);
    CHECK(why.old_serving);
    before.check();
}

TEST_CASE("handoff: what the old instance writes while it is destroyed is there before the next caller") {
    site at;
    auto const sums = at.load("moody", built("tally_moody", "1.0.0"));
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> added{0};
    std::thread caller([&] {
        while (!stop) added = sums->add("a", 1);
    });
    for (int i = 0; i != 50; ++i) {
        at.swap("moody", built("tally_moody", i % 2 == 0 ? "1.1.0" : "1.0.0"), {.transfer = handoff});
        CHECK(sums->total("destroyed") == static_cast<std::uint64_t>(i + 1));
    }
    stop = true;
    caller.join();
    CHECK(sums->total("a") == added);
}

TEST_CASE("handoff: a state with a class that hides its fields is refused, and goes by snapshot") {
    site at;
    auto const sums = at.load("opaque", built("tally_opaque", "1.0.0"));
    sums->add("a", 2);
    refuses_handoff(at, "opaque", built("tally_opaque", "1.1.0"), "a class whose fields are not known");
    at.swap("opaque", built("tally_opaque", "1.1.0"));
    CHECK(sums->total("a") == 2);
}

TEST_CASE("handoff: a container that may point into a module is refused, and goes by snapshot") {
    site at;
    auto const sums = at.load("bound", built("tally_bound", "1.0.0"));
    sums->add("a", 2);
    refuses_handoff(at, "bound", built("tally_bound", "1.1.0"), "may point into the module that made it");
    at.swap("bound", built("tally_bound", "1.1.0"));
    CHECK(sums->total("a") == 2);
}
