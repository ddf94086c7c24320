#include "plugins/shipped.hpp"

using namespace hotswap_test;

namespace {

hotswap::swap_options const by_handoff{.transfer = hotswap::transfer::handoff, .even_if_unchanged = true};

}  // namespace

TEST_CASE("handoff: every release of the cache goes on with the very entries it had") {
    for (auto const release : releases) {
        CAPTURE(release);
        shipped<hotswap::contracts::cache> values("cache", release);
        for (int i = 0; i != 200; ++i) values->put(std::to_string(i), "before");
        CHECK(values.swap(release, by_handoff).transfer == hotswap::transfer::handoff);
        for (int i = 100; i != 300; ++i) values->put(std::to_string(i), "after");
        CHECK(values->get("0") == "before");
        CHECK(values->get("100") == "after");
        CHECK(values->get("299") == "after");
        CHECK(values->stats().entries == 300);
        CHECK(values->erase("0"));
    }
}
