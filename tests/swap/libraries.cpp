// Libraries that come into the process with a module, and their state after the module is unloaded.
#include "swap/leaving.hpp"

using namespace hotswap_test;

TEST_CASE("libraries: one with a thread of its own stays loaded when the module that needed it goes") {
    for (std::string const how : {"", "unload"}) {
        INFO("by: " << (how.empty() ? "swap" : how));
        auto const said = run_leaving_host("pool", how);
        CHECK_MESSAGE(said.status == 0, said.output);
        CHECK_MESSAGE(
            said.has(": leaver_pool-1.0.0.so unmapped, libhotswap_test_pool.so, which leaver_pool-1.0.0.so "
                     "needs, stays loaded\n"),
            said.output);
        CHECK(said.has("pool at work\n"));
        CHECK(said.has("libhotswap_test_pool.so is mapped\n"));
        CHECK(said.has("libraries libhotswap_test_pool.so, which leaver_pool-1.0.0.so needs\n") ==
              how.empty());
    }
}

TEST_CASE("libraries: one that threads call when they end stays loaded") {
    auto const said = run_leaving_host("pool_key");
    CHECK_MESSAGE(said.status == 0, said.output);
    CHECK(said.has("swap: leaver_pool_key-1.0.0.so unmapped, libhotswap_test_pool.so, which"));
    CHECK(said.has("called\n"));
}

TEST_CASE("libraries: one that proves by its imports that it left nothing goes with its module") {
    auto const said = run_leaving_host("nothing_of_a_library");
    CHECK_MESSAGE(said.status == 0, said.output);
    CHECK_MESSAGE(said.has("swap: leaver_nothing_of_a_library-1.0.0.so unmapped\n"), said.output);
    CHECK_FALSE(said.has("libhotswap_test_pure.so is mapped"));
}

TEST_CASE("libraries: modules that bring one at the same time keep it loaded") {
    auto const said = run_leaving_host("pool", "parallel");
    CHECK_MESSAGE(said.status == 0, said.output);
    CHECK(said.has("pool at work\n"));
}

TEST_CASE(
    "libraries: the warning before a load says what becomes of a library that the host has not loaded") {
    auto const said = run_leaving_host("pool");
    CHECK_MESSAGE(
        said.has("leaver_pool-1.0.0.so needs libhotswap_test_pool.so, which the host has not loaded: it is "
                 "loaded with the module, and stays loaded permanently if it may have its own threads"),
        said.output);
}

#if defined(HOTSWAP_TEST_OPENMP)
TEST_CASE("libraries: OpenMP's threads survive the module that started them") {
    for (std::string const how : {"", "unload"}) {
        auto const said = run_leaving_host("openmp", how);
        CHECK_MESSAGE(said.status == 0, said.output);
        CHECK_MESSAGE(said.has("leaver_openmp-1.0.0.so needs, stays loaded"), said.output);
    }
}
#endif
