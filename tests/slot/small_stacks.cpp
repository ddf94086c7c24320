// The library's memory in every thread of its host, also in threads that never call a component.
#include <doctest/doctest.h>

#include <cstdio>
#include <string>

namespace {

std::string run_host() {
    std::FILE* const pipe =
        popen("exec '" HOTSWAP_TEST_SMALL_STACK_HOST "' '" HOTSWAP_TEST_MODULES "/slot' 2>&1", "r");
    REQUIRE(pipe != nullptr);
    std::string said;
    char buffer[256];
    while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) said += buffer;
    CHECK(pclose(pipe) == 0);
    return said;
}

}  // namespace

TEST_CASE(
    "threads: the library takes at most 4.5 KiB of each of the host's, and those of the smallest stack "
    "call") {
    auto const said = run_host();
    std::string const begin = "thread-local ";
    REQUIRE_MESSAGE(said.starts_with(begin), said);
    auto const bytes = std::stoul(said.substr(begin.size()));
    CHECK(bytes > 0);
    CHECK(bytes <= 4608);
    CHECK_MESSAGE(said.ends_with(" bytes: has called\n"), said);
}
