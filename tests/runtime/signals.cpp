// The host's signals: no thread of the library receives one.
#include "base/signal_mask.hpp"
#include "durable/stored_house.hpp"

#include <csignal>
#include <set>
#include <sstream>

using namespace hotswap_test;

namespace {

fs::path const modules = fs::path(HOTSWAP_TEST_MODULES) / "runtime";

struct host_seen {
    int signals = 0;
    std::multiset<std::string> kept;       ///< names of the threads that stay
    std::multiset<std::string> transient;  ///< names of the threads that exist for a moment
    std::set<std::string> held;            ///< the blocked signals of all of them
};

host_seen run_host(std::string const& probe = {}) {
    temporary_directory const at;
    auto const ended = run_program(HOTSWAP_TEST_SIGNALLED_HOST " '" + at.path().string() + "' '" +
                                   modules.string() + "' " + probe + " 2>&1");
    REQUIRE_MESSAGE(ended.well(), ended.status << ": " << ended.said);
    host_seen found;
    std::istringstream lines(ended.said);
    std::string line;
    std::getline(lines, line);
    found.signals = std::stoi(line);
    bool is_transient = false;
    while (std::getline(lines, line)) {
        if (line == "transient") {
            is_transient = true;
            continue;
        }
        auto const space = line.rfind(' ');
        (is_transient ? found.transient : found.kept).insert(line.substr(0, space));
        found.held.insert(line.substr(space + 1));
    }
    return found;
}

std::string in_hexadecimal(signal_bits bits) { return fmt::format("{:016x}", bits); }

}  // namespace

TEST_CASE("signals: each that is sent to the process comes to the thread that waits for it") {
    CHECK(run_host().signals == 50);
}

TEST_CASE("signals: every thread of the library holds back the host's, and says by its name whose it is") {
    auto const found = run_host();
    CHECK(found.kept == std::multiset<std::string>{"hotswap:store", "hotswap:ticker", "hotswap:ticker?"});
    std::multiset<std::string> transient{"hotswap:ticker+"};
    if (std::thread::hardware_concurrency() > 1) transient.insert("hotswap:table");
    CHECK(found.transient == transient);
    CHECK(found.held == std::set{in_hexadecimal(held_by_threads_of_the_library())});
}

TEST_CASE("signals: the one that threads are asked with reaches all of them, those of modules too") {
    int const probe = SIGRTMIN + 5;
    auto const found = run_host(std::to_string(probe));
    CHECK(found.signals == 50);
    CHECK(found.held ==
          std::set{in_hexadecimal(held_by_threads_of_the_library() & ~(signal_bits{1} << (probe - 1)))});
}
