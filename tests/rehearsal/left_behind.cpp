// The remains of a module in its rehearsal: its own threads refuse it, remains of its libraries are reported.
#include "swap/leaving.hpp"

using namespace hotswap_test;

TEST_CASE(
    "rehearsal: a library's thread does not refuse the module, and is reported with the library's name") {
    auto const said = run_leaving_host("pool_early", "rehearse");
    CHECK_MESSAGE(said.status == 0, said.output);
    CHECK_MESSAGE(
        said.has(
            "leaver_pool_early-1.0.0.so left behind in rehearsal: 1 thread of libhotswap_test_pool.so\n"),
        said.output);
    CHECK(said.has("passed in rehearsal"));
    CHECK(said.has("; left behind: 1 thread of libhotswap_test_pool.so\n"));
    CHECK(said.has("pool at work\n"));
}

TEST_CASE("rehearsal: a thread in the module's own code refuses it") {
    for (std::string const by : {"own_thread", "untabled_thread"}) {
        INFO("left by: " << by);
        auto const said = run_leaving_host(by, "rehearse");
        CHECK_MESSAGE(said.status == 0, said.output);
        CHECK_MESSAGE(said.has("refused: \"leaver\" rehearsal_failed in phase rehearse"), said.output);
        CHECK(said.has("started 1 thread that was still running when it was destroyed"));
    }
}

TEST_CASE("rehearsal: a thread of the C library that runs timers refuses the module that had it started") {
    auto const said = run_leaving_host("timer_early", "rehearse");
    CHECK_MESSAGE(said.status == 0, said.output);
    CHECK_MESSAGE(said.has("started 1 thread that was still running when it was destroyed"), said.output);
}

TEST_CASE("rehearsal: keys and handlers that are left are told, and do not refuse the module") {
    for (auto const& [by, words] :
         std::vector<std::pair<std::string, std::string>>{{"key_early", "1 key of pthread_key_create\n"},
                                                          {"signal_early", "SIGUSR1's handler is in it\n"}}) {
        INFO("left by: " << by);
        auto const said = run_leaving_host(by, "rehearse");
        CHECK_MESSAGE(said.status == 0, said.output);
        CHECK_MESSAGE(said.has("-1.0.0.so left behind in rehearsal: " + words), said.output);
        CHECK(said.has("passed in rehearsal"));
    }
    CHECK_FALSE(run_leaving_host("atexit", "rehearse").has("left behind"));
}

#if defined(HOTSWAP_TEST_OPENMP)
TEST_CASE("rehearsal: a module with a parallel region in its constructor passes, and its pool is reported") {
    auto const said = run_leaving_host("openmp", "rehearse");
    CHECK_MESSAGE(said.status == 0, said.output);
    CHECK_MESSAGE(said.has("leaver_openmp-1.0.0.so left behind in rehearsal: 2 threads of lib"), said.output);
    CHECK(said.has("passed in rehearsal"));
}
#endif
