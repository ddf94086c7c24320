// States that are recovered on other modules than they were stored with, or are left out.
#include "durable/stored_house.hpp"
#include "module/altered.hpp"
#include "store/store.hpp"
#include "swap/fixtures/patient.hpp"

using namespace hotswap_test;
using hotswap::errc;
using hotswap::recover_modules;
namespace detail = hotswap::detail;

namespace {

/// The patient's contract in a later host.
struct patient_anew {
    static constexpr hotswap::contract contract{"test.patient", 2};
    virtual ~patient_anew() = default;
    virtual std::uint64_t visit(std::string_view key) = 0;
    virtual std::uint64_t visits(std::string_view key) = 0;
    virtual void fail() = 0;
    virtual void fall_ill(bool badly) = 0;
    virtual std::string code() = 0;
};

/// Makes the store look like that of a host of another compiler: the same modules, except the toolchain's
/// name.
void as_of_another_compiler(fs::path const& directory) {
    auto const kept = detail::store::open({directory, {}}).value();
    auto const set = kept->read().value().current;
    for (auto const& each : set.components) kept->vouch_for(each.name);
    std::map<std::string, std::string> other;
    for (auto const& each : set.components) {
        auto file = test::unsealed(test::read(kept->module(each.digest).value()));
        auto const at = test::field_at(file, &hotswap::abi::descriptor::toolchain);
        test::put(file, at, 'X');
        other[each.name] = kept->keep_module(file).value();
    }
    kept->commit([&](detail::manifest& next) {
            for (auto& each : next.components) each.digest = other.at(each.name);
        })
        .value();
}

struct upgraded : stored_house {
    upgraded() {
        auto const file = bring(tally_file("1.0.0"), "tally-1.0.0.so");
        for (auto const* const name : {"a", "b"}) load<tally>(name, file)->add("n", 100);
        runtime->checkpoint().value();
        runtime.reset();
        as_of_another_compiler(store());
        start();
    }
};

}  // namespace

TEST_CASE(
    "recover: a set of another compiler is refused with the names of all, and comes back on newer modules "
    "when asked for") {
    upgraded at;
    auto const before = committed_in(at.store());
    auto const refused = at.runtime->recover();
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::toolchain_mismatch);
    CHECK(names(refused.error().message,
                {"2 of the 2 components", "\"a\" toolchain_mismatch", "\"b\" toolchain_mismatch"}));
    CHECK(committed_in(at.store()) == before);
    at.bring(tally_file("3.0.0"), "tally-3.0.0.so");
    at.told.clear();
    auto const back = at.runtime->recover({.modules = recover_modules::newest_if_refused});
    REQUIRE_MESSAGE(back.has_value(), back.error().message);
    CHECK(names(at.told, {"a: tally-3.0.0.so takes the state of tally-1.0.0.so", "b: tally-3.0.0.so"}));
    for (auto const* const name : {"a", "b"}) CHECK(at.find<tally>(name)->total("n") == 100);
    CHECK(at.find<tally>("a")->code() == "tally 3.0.0");
    // From now on without the option.
    at.start();
    CHECK(at.runtime->recover().value().at(0).running.release == "3.0.0");
    CHECK(at.find<tally>("b")->total("n") == 100);
}

TEST_CASE("recover: newer modules are tried from the newest down, and all of the set comes back or nothing") {
    upgraded at;
    // The newest release has another schema, the one before it cannot import the state.
    at.bring(built("tally_other_schema", "1.0.0"), "tally-5.0.0.so");
    at.bring(built("tally_unresolved", "1.0.0"), "tally-4.0.0.so");
    SUBCASE("one fits") {
        at.bring(tally_file("2.0.0"), "tally-2.0.0.so");
        at.runtime->recover({.modules = recover_modules::newest_if_refused}).value();
        CHECK(at.find<tally>("a")->code() == "tally 2.0.0");
        CHECK(at.find<tally>("a")->total("n") == 100);
    }
    SUBCASE("none does") {
        fs::remove(at.modules() / "tally-1.0.0.so");
        auto const before = committed_in(at.store());
        auto const refused = at.runtime->recover({.modules = recover_modules::newest_if_refused});
        REQUIRE(refused.has_error());
        CHECK(refused.error().code == errc::toolchain_mismatch);
        CHECK(names(refused.error().message,
                    {"\"a\"", "\"b\"", "tally-5.0.0.so", "tally-4.0.0.so", at.modules().string()}));
        CHECK(at.runtime->status().empty());
        CHECK(committed_in(at.store()) == before);
        CHECK(at.runtime->load<tally>("a", {.module = tally_file("1.0.0")}).error().code ==
              errc::invalid_argument);
    }
}

TEST_CASE(
    "recover: a damaged module gives way to one of the modules directory, and its state is that of the last "
    "commit") {
    stored_house at;
    at.load<tally>("sums", at.bring(tally_file("1.0.0"), "tally-1.0.0.so"))->add("a", 1);
    at.runtime->checkpoint().value();
    at.runtime.reset();
    for (auto const& each : fs::directory_iterator(at.store() / "modules")) flip_a_bit_of(each.path());
    at.start();
    CHECK(at.runtime->recover().error().code == errc::store_damaged);
    at.runtime->recover({.modules = recover_modules::newest_if_refused}).value();
    CHECK(at.find<tally>("sums")->total("a") == 1);
}

TEST_CASE(
    "recover: after a change of the contract the newest modules take the states, and a kill in between loses "
    "none") {
    stored_house at;
    at.load<patient>("patient", at.bring(built("patient", "1.0.0"), "patient-1.0.0.so"))->visit("a");
    at.runtime->checkpoint().value();
    at.bring(built("patient_anew", "3.0.0"), "patient-3.0.0.so");
    for (auto const modules : {recover_modules::newest, recover_modules::stored}) {
        at.start();
        auto const back = at.runtime->recover({.modules = modules});
        REQUIRE_MESSAGE(back.has_value(), back.error().message);
        CHECK(at.find<patient_anew>("patient")->visits("a") == 1);
    }
    // A component that runs the newest release already is not changed.
    auto const before = committed_in(at.store());
    at.start();
    at.runtime->recover({.modules = recover_modules::newest}).value();
    CHECK(at.find<patient_anew>("patient")->visits("a") == 1);
    CHECK(committed_in(at.store()) == before);
}

TEST_CASE("recover: the newest modules without a change of the contract can be reverted") {
    stored_house at;
    at.load<tally>("sums", at.bring(tally_file("1.0.0"), "tally-1.0.0.so"))->add("a", 1);
    at.runtime->checkpoint().value();
    at.bring(tally_file("2.0.0"), "tally-2.0.0.so");
    at.start();
    at.runtime->recover({.modules = recover_modules::newest}).value();
    CHECK(at.find<tally>("sums")->code() == "tally 2.0.0");
    at.find<tally>("sums")->add("a", 1);
    CHECK(at.runtime->revert("sums").value().to.release == "1.0.0");
    CHECK(at.find<tally>("sums")->total("a") == 2);
}

TEST_CASE("recover: a component that is left out keeps its state aside, whatever is committed after it") {
    upgraded at;
    auto const unknown = at.runtime->recover({.without = {"stranger"}});
    CHECK(names(unknown.error().message, {"stranger", "a, b"}));
    CHECK(unknown.error().code == errc::invalid_argument);
    at.runtime->recover({.without = {"a", "b"}}).value();
    CHECK(names(at.told, {"a is not brought back", "aside"}));
    CHECK(at.runtime->status().empty());
    at.load<tally>("a", tally_file("1.0.0"));
    for (int i = 0; i != 3; ++i) CHECK(at.runtime->checkpoint().has_value());
    std::size_t snapshots = 0;
    for (auto const& each : fs::directory_iterator(at.store() / "aside")) {
        if (each.path().extension() != ".snapshot" || !each.path().filename().string().starts_with("a-"))
            continue;
        ++snapshots;
        // As docs/store.md says: everything after the first line is a frame.
        auto const content = test::read(each.path());
        auto const line = std::find(content.begin(), content.end(), std::byte{'\n'});
        REQUIRE(line != content.end());
        auto const again = at.runtime->load<tally>(
            "again", {.module = tally_file("1.0.0"), .snapshot = std::span(line + 1, content.end())});
        REQUIRE_MESSAGE(again.has_value(), again.error().message);
        CHECK((*again)->total("n") == 100);
    }
    CHECK(snapshots == 1);
    at.start();
    CHECK(at.runtime->recover().value().size() == 2);  // the components loaded since then
}

TEST_CASE(
    "recover: a damaged snapshot for which the set before stands in is kept aside, whatever is committed "
    "after it") {
    stored_house at;
    at.load<tally>("sums", tally_file("1.0.0"))->add("a", 1);
    at.runtime->checkpoint().value();
    auto const older = committed_in(at.store());
    at.find<tally>("sums")->add("a", 1);
    at.runtime->checkpoint().value();
    at.runtime.reset();
    fs::path newest;
    for (auto const& [file, content] : committed_in(at.store()))
        if (file.extension() == ".snapshot" && !older.contains(file)) newest = file;
    REQUIRE_FALSE(newest.empty());
    flip_a_bit_of(newest);
    auto const damaged = test::read(newest);
    at.start();
    at.runtime->recover().value();
    CHECK(at.find<tally>("sums")->total("a") == 1);
    for (int i = 0; i != 3; ++i) at.runtime->checkpoint().value();
    CHECK_FALSE(fs::exists(newest));
    CHECK(test::read(at.store() / "aside" / newest.filename()) == damaged);
}

TEST_CASE(
    "recover: a state that the set before stood in for is committed at once, so that no later commit loses "
    "it") {
    stored_house at;
    at.load<tally>("sums", tally_file("1.0.0"))->add("a", 1);
    at.load<tally>("other", tally_file("1.0.0"));
    at.runtime->checkpoint().value();
    auto const older = committed_in(at.store());
    at.find<tally>("sums")->add("a", 1);
    at.runtime->checkpoint().value();
    at.runtime.reset();
    for (auto const& [file, content] : committed_in(at.store()))
        if (file.filename().string().starts_with("sums-") && !older.contains(file)) flip_a_bit_of(file);
    at.start();
    at.runtime->recover().value();
    CHECK(at.find<tally>("sums")->total("a") == 1);
    // Commits of another component only; then the host ends as if it were killed.
    for (auto const* const release : {"2.0.0", "1.0.0", "2.0.0"})
        at.runtime->swap("other", {.module = tally_file(release)}).value();
    at.start();
    at.runtime->recover().value();
    CHECK(at.find<tally>("sums")->total("a") == 1);
}
