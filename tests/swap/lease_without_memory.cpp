// A thread records the places of its leases in memory that it allocates on first use; that allocation may
// fail.
#include "swap/fixture.hpp"
#include "transfer/failing_memory.hpp"

using namespace hotswap_test;
using hotswap::errc;

TEST_CASE(
    "lease: without memory to note where it was taken it is taken all the same, and a drain names its "
    "thread") {
    site at;
    auto const it = at.load("sums", tally_file("1.0.0"));
    std::promise<void> taken;
    std::promise<void> may_go;
    bool has_failed = false;
    std::thread holder([&] {
        it->add("a", 1);  // from here on the thread has its cells
        std::optional<hotswap::lease<tally>> held;
        {
            failing_allocation const first(1);
            held.emplace(it.lease());
            has_failed = first.has_failed();
        }
        taken.set_value();
        may_go.get_future().wait();
    });
    taken.get_future().wait();
    auto const refused = at.refusal("sums", tally_file("2.0.0"), {.drain_deadline = 0ns});
    may_go.set_value();
    holder.join();
    CHECK(has_failed);
    CHECK(refused.code == errc::drain_timeout);
    CHECK_MESSAGE(names(refused.message, {"in a call that began before the gate closed"}), refused.message);
    at.swap("sums", tally_file("2.0.0"));
}
