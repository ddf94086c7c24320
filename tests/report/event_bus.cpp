// The order in which events are delivered, and the events that wait for a gate.
#include "report/event_bus.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>

using namespace hotswap::detail;

namespace {

hotswap::event line(std::string component, std::string message) {
    hotswap::event made;
    made.component = std::move(component);
    made.message = std::move(message);
    return made;
}

struct fixture {
    fixture() {
        bus.add([this](hotswap::event const& what) { told += what.message + " "; });
    }

    event_bus bus{false, hotswap::level::error};
    gate cache{"cache", "test", 1};
    gate users{"users", "test", 1};
    std::string told;
};

}  // namespace

TEST_CASE("event bus: events of a component wait for its gate, in their order, and those of others do not") {
    fixture at;
    closed_gate closed{&at.cache, 2};
    at.bus.closed(closed);
    std::thread([&] { at.bus.publish(line("cache", "1")); }).join();  // for example by a caller
    at.bus.publish(line("users", "2"));
    at.bus.publish(line("cache", "3"));
    CHECK(at.told == "2 ");
    at.bus.opened(closed);
    at.bus.catch_up();
    CHECK(at.told == "2 1 3 ");
}

TEST_CASE("event bus: a thread behind a gate hands on nothing, whatever it is about") {
    fixture at;
    closed_gate closed{&at.cache, 2};
    at.bus.closed(closed);
    {
        behind_gates const here(2);
        at.bus.publish(line("users", "1"));
        at.bus.settle();
        CHECK(at.told.empty());
        // A line that another thread publishes meanwhile is delivered there.
        std::thread([&] { at.bus.publish(line("users", "2")); }).join();
        CHECK(at.told == "2 ");
    }
    at.bus.opened(closed);
    at.bus.settle();
    CHECK(at.told == "2 1 ");
}

TEST_CASE("event bus: an event waits until the last of the gates that it waits for has opened") {
    fixture at;
    closed_gate first{&at.cache, 2};
    closed_gate second{&at.users, 4};
    at.bus.closed(first);
    at.bus.closed(second);
    {
        behind_gates const here(2);
        at.bus.publish(line("users", "1"));
    }
    at.bus.opened(first);
    at.bus.catch_up();
    CHECK(at.told.empty());
    at.bus.opened(second);
    at.bus.catch_up();
    CHECK(at.told == "1 ");
}

TEST_CASE("event bus: what a subscriber publishes comes after what it was called for") {
    event_bus bus(false, hotswap::level::error);
    std::string told;
    bus.add([&](hotswap::event const& what) {
        if (what.message == "1") bus.publish(line("cache", "2"));
        bus.settle();
        told += what.message + " ";
    });
    bus.publish(line("cache", "1"));
    CHECK(told == "1 2 ");
}
