// A host that is killed while a set is swapped: a new host finds the whole old set or the whole new set.
#if defined(HOTSWAP_FAILPOINTS)

#include "durable/killed_host.hpp"
#include "runtime/ring.hpp"

#include <set>
#include <sstream>

using namespace hotswap_test;

namespace {

answer run_ring(fs::path const& directory, std::string const& words, std::string const& faults = {}) {
    return run_host(HOTSWAP_TEST_RING_HOST, directory, words, faults);
}

/// The release of all recovered members; a description of the fault if they differ.
std::string release_of(std::string const& said) {
    std::istringstream lines(said);
    std::set<std::string> releases;
    std::set<std::string> counts;
    int members = 0;
    for (std::string name, release, count; lines >> name >> release >> count; ++members) {
        releases.insert(release);
        counts.insert(count);
    }
    if (members != 3 || releases.size() != 1 || counts.size() != 1) return "TORN: " + said;
    return *releases.begin();
}

}  // namespace

TEST_CASE(
    "sets: a host that is killed at any point of the swap of a set comes back with the whole set, old or "
    "new") {
    temporary_directory start;
    REQUIRE(run_ring(start.path(), "load").status == 0);
    std::vector<std::string> points;
    {
        temporary_directory copy;
        fs::copy(start.path(), copy.path(), fs::copy_options::recursive);
        auto const whole = run_ring(copy.path(), "swap");
        REQUIRE_MESSAGE(whole.status == 0, whole.said);
        std::istringstream lines(whole.said);
        for (std::string point; std::getline(lines, point);) points.push_back(point);
    }
    REQUIRE(points.size() > 10);
    int killed = 0;
    std::map<std::string, int> found;
    for (auto const& point : points)
        for (int visit = 1; visit <= 4; ++visit) {
            CAPTURE(point);
            CAPTURE(visit);
            temporary_directory copy;
            fs::copy(start.path(), copy.path(), fs::copy_options::recursive);
            if (!was_killed(run_ring(copy.path(), "swap", point + "=" + std::to_string(visit) + "*kill")))
                break;
            ++killed;
            auto const back = release_of(run_ring(copy.path(), "look").said);
            CHECK_MESSAGE((back == "1.0.0" || back == "2.0.0"), back);
            ++found[back];
        }
    CHECK(killed > 20);
    CHECK(found["1.0.0"] > 0);
    CHECK(found["2.0.0"] > 0);
}

#endif
