#include "plugins/shipped.hpp"

using namespace hotswap_test;

namespace {

hotswap::swap_options const by_handoff{.transfer = hotswap::transfer::handoff, .even_if_unchanged = true};

}  // namespace

TEST_CASE("handoff: every release of the limiter goes on with the very buckets it had") {
    for (auto const release : releases) {
        CAPTURE(release);
        shipped<hotswap::contracts::rate_limiter> limiter("rate_limiter", release);
        limiter->configure({.client = {.tokens = 10, .burst = 5}});
        CHECK(limiter->admit("a", 4).allowed);
        CHECK(limiter.swap(release, by_handoff).transfer == hotswap::transfer::handoff);
        CHECK(limiter->admit("a", 0).remaining == 1);
        CHECK(limiter->admit("a").allowed);
        CHECK_FALSE(limiter->admit("a").allowed);
    }
}

TEST_CASE("handoff: every release of the session manager goes on with the very sessions it had") {
    for (auto const release : releases) {
        CAPTURE(release);
        shipped<hotswap::contracts::session> sessions("session", release);
        auto const before = sessions->open("ada");
        CHECK(sessions.swap(release, by_handoff).transfer == hotswap::transfer::handoff);
        auto const after = sessions->open("bob");
        CHECK(sessions->find(before)->user == "ada");
        CHECK(sessions->find(after)->user == "bob");
        CHECK(sessions->close(before));
        CHECK_FALSE(sessions->find(before));
    }
}
