// Code and private copies that are kept for debuggers.
#include "swap/fixture.hpp"

#include <sys/stat.h>

#include <cstdlib>

using namespace hotswap_test;

namespace {

bool is_mapped(fs::path const& directory, std::string const& name) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
        if (line.find(directory.string()) != std::string::npos && line.find(name) != std::string::npos)
            return true;
    return false;
}

/// Leaves copies in the staging directory, like an ended process.
fs::path leave_copies_in(fs::path const& staging) {
    auto const directory = staging / "host-1-gone42";
    fs::create_directories(directory);
    fs::permissions(staging, fs::perms::owner_all);
    fs::permissions(directory, fs::perms::owner_all);
    fs::copy_file(tally_file("1.0.0"), directory / "1-tally-1.0.0.so");
    fs::permissions(directory / "1-tally-1.0.0.so", fs::perms::owner_read);
    return directory;
}

}  // namespace

TEST_CASE("keep code: nothing is unmapped, and the copies stay on disk, also after the runtime's end") {
    temporary_directory kept;
    hotswap::runtime_options options{.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap",
                                     .rehearse = hotswap::rehearse::never};
    bool const by_variable = [] {
        bool is_so = false;
        SUBCASE("by the option") {}
        SUBCASE("by the variable") { is_so = true; }
        return is_so;
    }();
    if (by_variable)
        setenv("HOTSWAP_KEEP_CODE", "1", 1);
    else
        options.keep_code = true;
    options.staging = kept.path() / "staging";
    options.log_to_stderr = false;
    auto const dead = leave_copies_in(options.staging);
    {
        hotswap::runtime runtime(options);
        auto const sums = runtime.load<tally>("tally", {.module = tally_file("1.0.0")}).value();
        auto const report = runtime.swap("tally", {.module = tally_file("2.0.0")}).value();
        CHECK(report.unload.verdict == hotswap::unload_verdict::retained);
        CHECK(names(report.unload.reason, {"keep_code"}));
        CHECK(runtime.revert("tally").value().to.release == "1.0.0");
    }
    for (auto const* const name : {"tally-1.0.0.so", "tally-2.0.0.so"}) {
        CAPTURE(name);
        CHECK(is_mapped(options.staging, name));
    }
    CHECK(modules_below(options.staging) == 4);  // three generations, and the earlier copies
    CHECK(fs::exists(dead));
    unsetenv("HOTSWAP_KEEP_CODE");
}

TEST_CASE("keep code: unless it is asked for, copies of dead processes and of this one are removed") {
    temporary_directory kept;
    auto const staging = kept.path() / "staging";
    auto const dead = leave_copies_in(staging);
    {
        hotswap::runtime runtime({.modules = fs::path(HOTSWAP_TEST_MODULES) / "swap",
                                  .staging = staging,
                                  .log_to_stderr = false,
                                  .rehearse = hotswap::rehearse::never});
        auto const sums = runtime.load<tally>("tally", {.module = tally_file("1.0.0")}).value();
        CHECK_FALSE(fs::exists(dead));
    }
    CHECK(modules_below(staging) == 0);
    CHECK_FALSE(is_mapped(staging, "tally"));
}
