// Periodic checkpoints that fail, and the status that says so.
#include "base/failpoint.hpp"
#include "durable/stored_house.hpp"

#include <atomic>

using namespace hotswap_test;

namespace {

struct checkpointed_house : stored_house {
    checkpointed_house() : stored_house({.checkpoint_period = 2ms}) {}

    std::optional<hotswap::failing_checkpoint> failing() { return runtime->status().at(0).checkpoint_fails; }
    bool comes_to(bool fails) {
        for (int look = 0; look != 10000; ++look) {
            if (failing().has_value() == fails) return true;
            std::this_thread::sleep_for(1ms);
        }
        return false;
    }
};

#if defined(HOTSWAP_FAILPOINTS)
struct full_disk {
    full_disk() { hotswap::detail::failpoints::arm("store.write=fail:28"); }
    ~full_disk() { end(); }
    void end() { hotswap::detail::failpoints::clear(); }
};
#endif

}  // namespace

#if defined(HOTSWAP_FAILPOINTS)
TEST_CASE("status: says that the periodic checkpoint fails, why and since when, until one succeeds") {
    auto const before = std::chrono::system_clock::now();
    checkpointed_house at;
    at.load<tally>("tally", tally_file("1.0.0"))->add("a", 1);
    CHECK_FALSE(at.failing().has_value());

    full_disk disk;
    REQUIRE(at.comes_to(true));
    auto const first = at.failing().value();
    CHECK(first.times >= 1);
    CHECK(first.since >= before);
    CHECK(first.since <= std::chrono::system_clock::now());
    CHECK(to_string(first.last.code) == "store_full");
    for (int look = 0; look != 10000 && at.failing()->times == first.times; ++look)
        std::this_thread::sleep_for(1ms);
    CHECK(at.failing()->times > first.times);
    CHECK(at.failing()->since == first.since);

    disk.end();
    CHECK(at.comes_to(false));
}

#endif

TEST_CASE("status: a checkpoint of the host's own that succeeds ends it as well") {
    checkpointed_house at;
    at.load<tally>("tally", tally_file("1.0.0"));
    CHECK(at.runtime->checkpoint().has_value());
    CHECK_FALSE(at.failing().has_value());
}
