// A process that was forked from a host has the host's memory, but none of its threads, files or locks.
#include "durable/stored_house.hpp"

using namespace hotswap_test;

namespace {

std::string run_host(std::string const& kind) {
    temporary_directory const at;
    std::string const worker = std::string(HOTSWAP_TEST_MODULES) + "/slot/worker-1.0.0.so";
    auto const ended = run_program(HOTSWAP_TEST_FORKING_HOST " " + kind + " '" + at.path().string() + "' '" +
                                   built("patient", "1.0.0").string() + "' '" +
                                   built("patient", "2.0.0").string() + "' '" + worker + "' 2>&1");
    CHECK_MESSAGE(ended.well(), ended.said);
    return ended.said;
}

constexpr auto child_is_refused =
    "child: load other_process, find other_process, swap other_process, plan other_process, revert "
    "other_process, "
    "snapshot other_process, restore other_process, checkpoint other_process, recover other_process, unload "
    "other_process, status 0\nchild: 1 visits\nchild ended: exit 0\n";

}  // namespace

TEST_CASE(
    "fork: a child that ends by exit() removes nothing of the parent's, and every operation in it is "
    "refused") {
    std::string kind;
    SUBCASE("of a runtime without threads") { kind = "exit"; }
    SUBCASE("of a component with a timer") { kind = "timer"; }
    SUBCASE("of a runtime with a checkpoint period") { kind = "period"; }
    CHECK(run_host(kind) == std::string(child_is_refused) +
                                "parent: same files true, checkpoint ok, revert ok, visits 1, unload ok\n");
}

TEST_CASE(
    "fork: a process that goes on as its own child, as after daemon(), is refused in words and ends well") {
    CHECK(run_host("daemon") == child_is_refused);
}

TEST_CASE(
    "fork: a call in a child whose gate was closed by the fork's parent throws instead of waiting for ever") {
    CHECK(run_host("closed") == "child: other_process\nchild ended: exit 0\nparent: swapped true\n");
}
