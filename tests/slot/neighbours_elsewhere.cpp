// A component's calls of its neighbours, which may end on another thread like those of a host.
#include "slot/gate_fixture.hpp"
#include "slot/host_services.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string_view>
#include <thread>

namespace abi = hotswap::abi;
using hotswap::detail::found_neighbour;
using hotswap::detail::host_services;
using test::gated;

TEST_CASE("neighbour: a call that ends on another thread is given back, also if its own thread has ended") {
    gated g;
    hotswap::detail::host_context host{
        .name = "caller",
        .log = [](hotswap::level, std::string_view) {},
        .now = [] { return std::chrono::system_clock::now(); },
        .find = [&g](std::string_view, hotswap::contract) -> hotswap::result<found_neighbour> {
            return found_neighbour{g.gate, std::make_shared<hotswap::detail::referrers>()};
        },
        .changed = [] {}};
    hotswap::detail::job_runner runner(g.gate, [](std::string_view, std::uint64_t) {});
    host_services services(host, runner, "caller.so", nullptr);
    auto const& api = host_services::api();
    abi::error why;
    void* const neighbour = api.find(services.context(), {"it", 2}, {"test.pair", 9}, 1, &why);
    REQUIRE(neighbour != nullptr);
    for (bool const ends_first : {true, false}) {
        abi::lease_token first;
        abi::lease_token nested;
        auto const leave_both = [&] {
            CHECK(g.gate->leases() == 2);
            api.neighbour_leave(neighbour, &first);
            CHECK(g.gate->leases() == 1);
            api.neighbour_leave(neighbour, &nested);
            CHECK(g.gate->leases() == 0);
        };
        std::thread([&] {
            void* contract = nullptr;
            for (auto* token : {&first, &nested})
                CHECK(api.neighbour_enter(neighbour, token, &contract, nullptr) == abi::status::ok);
            CHECK(contract == &g.object);
            if (ends_first) return;
            std::thread(leave_both).join();
            CHECK_FALSE(g.gate->held_by_this_thread());
        }).join();
        if (ends_first) leave_both();
    }
    test::close_gate(*g.gate);
    CHECK(g.drains_at_once());
    api.neighbour_release(neighbour);
    runner.stop();
}
