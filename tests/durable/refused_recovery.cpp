// A refused recovery, for any reason, does not change the store, and the runtime cannot write to the store.
#include "base/failpoint.hpp"
#include "durable/stored_house.hpp"
#include "module/signature.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace hotswap_test;
using hotswap::errc;

namespace {

/// A store with the states of three components, as after the death of a process.
struct three_components : stored_house {
    three_components() {
        for (auto const* const name : {"a", "b", "c"}) load<tally>(name, tally_file("1.0.0"))->add("n", 100);
        load<tally>("b2", tally_file("2.0.0"))->add("n", 100);
        runtime->checkpoint().value();
        start();
        asked = runtime->load<tally>("a", {.module = tally_file("1.0.0")}).error().message;
        before = committed_in(store());
    }

    /// Checks that every attempt after a refusal is refused with the same message.
    void check_that_nothing_can_be_written() {
        for (auto const* const name : {"a", "b", "other"}) {
            auto const refused = runtime->load<tally>(name, {.module = tally_file("1.0.0")});
            REQUIRE(refused.has_error());
            CHECK(refused.error().code == errc::invalid_argument);
            CHECK(refused.error().message == asked);
        }
        CHECK(runtime->checkpoint().error().message == asked);
        CHECK(runtime->swap("a").error().code == errc::unknown_component);
        CHECK(runtime->unload("a").error().code == errc::unknown_component);
        CHECK(runtime->status().empty());
        CHECK(committed_in(store()) == before);
    }
    void check_that_all_is_back() {
        auto const back = runtime->recover();
        REQUIRE_MESSAGE(back.has_value(), back.error().message);
        CHECK(back->size() == 4);
        for (auto const* const name : {"a", "b", "b2", "c"}) CHECK(find<tally>(name)->total("n") == 100);
        CHECK(runtime->checkpoint().has_value());
    }

    std::string asked;
    std::map<fs::path, std::string> before;
};

/// The number that the next descriptor will have.
rlim_t next_descriptor() {
    int const next = open("/dev/null", O_RDONLY | O_CLOEXEC);
    REQUIRE(next >= 0);
    close(next);
    return static_cast<rlim_t>(next);
}

/// A limit on descriptors; the destructor lifts it.
struct few_descriptors {
    explicit few_descriptors(rlim_t count) {
        getrlimit(RLIMIT_NOFILE, &before);
        rlimit const fewer{count, before.rlim_max};
        setrlimit(RLIMIT_NOFILE, &fewer);
    }
    ~few_descriptors() { setrlimit(RLIMIT_NOFILE, &before); }
    few_descriptors(few_descriptors const&) = delete;
    few_descriptors& operator=(few_descriptors const&) = delete;
    rlimit before{};
};

}  // namespace

TEST_CASE("refused recovery: a flipped byte in one stored module costs no other component its state") {
    three_components at;
    fs::path damaged;
    for (auto const& each : fs::directory_iterator(at.store() / "modules"))
        if (fs::file_size(each) == fs::file_size(tally_file("2.0.0"))) damaged = each.path();
    REQUIRE_FALSE(damaged.empty());
    flip_a_bit_of(damaged);
    auto const refused = at.runtime->recover();
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::store_damaged);
    CHECK(refused.error().component == "b2");
    at.check_that_nothing_can_be_written();
    flip_a_bit_of(damaged);
    at.check_that_all_is_back();
}

TEST_CASE("refused recovery: too few descriptors for a moment cost no state") {
    three_components at;
    auto const next = next_descriptor();
    std::size_t refusals = 0;
    for (rlim_t more = 0; more != 64; ++more) {
        CAPTURE(more);
        auto const refused = [&] {
            few_descriptors const few(next + more);
            return at.runtime->recover();
        }();
        if (refused) break;
        ++refusals;
        at.check_that_nothing_can_be_written();
    }
    CHECK(refusals > 0);
    at.start();
    at.check_that_all_is_back();
}

TEST_CASE(
    "refused recovery: a strange key is refused with the names of all components, and the right one gets "
    "them back") {
    three_components at;
    at.options.trust.trusted_keys = {hotswap::detail::secret_key().public_half()};
    at.start();
    auto const refused = at.runtime->recover();
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::missing_signature);
    CHECK(names(refused.error().message, {"4 of the 4 components", "\"a\"", "\"b\"", "\"b2\"", "\"c\""}));
    at.check_that_nothing_can_be_written();
    at.options.trust.trusted_keys.clear();
    at.start();
    at.check_that_all_is_back();
}

TEST_CASE("refused recovery: a runtime that was destroyed after it has written nothing") {
    three_components at;
    at.options.checkpoint_on_exit = true;
    at.options.checkpoint_period = 1ms;
    at.options.trust.trusted_keys = {hotswap::detail::secret_key().public_half()};
    at.start();
    REQUIRE(at.runtime->recover().has_error());
    at.runtime.reset();
    CHECK(committed_in(at.store()) == at.before);
}

TEST_CASE("refused recovery: of a store whose manifests are lost nothing is overwritten") {
    three_components at;
    at.runtime->recover().value();
    at.runtime->swap("a", {.module = tally_file("2.0.0")}).value();
    at.runtime.reset();
    fs::remove(at.store() / "manifest");
    fs::remove(at.store() / "manifest.previous");
    auto const left = committed_in(at.store());
    at.start();
    CHECK(at.runtime->recover().error().code == errc::store_damaged);
    CHECK(at.runtime->load<tally>("a", {.module = tally_file("1.0.0")}).error().code == errc::store_damaged);
    CHECK(committed_in(at.store()) == left);
}

#if defined(HOTSWAP_FAILPOINTS)
TEST_CASE(
    "refused recovery: whatever fails in it, nothing is loaded, nothing is lost, and it can be done again") {
    namespace failpoints = hotswap::detail::failpoints;
    three_components at;
    failpoints::clear();
    at.runtime->recover().value();
    auto const points = failpoints::visited();
    std::size_t refusals = 0;
    for (auto const& point : points) {
        CAPTURE(point);
        at.start();
        failpoints::clear();
        failpoints::arm(point + "=1*fail:24");
        auto const done = at.runtime->recover();
        failpoints::clear();
        if (done) continue;
        ++refusals;
        at.check_that_nothing_can_be_written();
        at.runtime->recover().value();
        CHECK(at.find<tally>("c")->total("n") == 100);
    }
    CHECK(refusals > 10);
}
#endif
