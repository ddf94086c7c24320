// A host that is killed while a component is swapped to another contract: a new host finds module, number and
// neighbour of the old contract, or those of the new one.
#if defined(HOTSWAP_FAILPOINTS)

#include "durable/killed_host.hpp"
#include "swap/fixture.hpp"

#include <map>
#include <sstream>

using namespace hotswap_test;

namespace {

answer run_depot(fs::path const& directory, std::string const& words, std::string const& faults = {}) {
    return run_host(HOTSWAP_TEST_CONTRACT_HOST, directory, words, faults);
}

}  // namespace

TEST_CASE(
    "another contract: a host that is killed at any point comes back with the whole old one, or the whole "
    "new one") {
    temporary_directory start;
    REQUIRE(run_depot(start.path(), "load").status == 0);
    std::vector<std::string> points;
    {
        temporary_directory copy;
        fs::copy(start.path(), copy.path(), fs::copy_options::recursive);
        auto const whole = run_depot(copy.path(), "swap");
        REQUIRE_MESSAGE(whole.status == 0, whole.said);
        std::istringstream lines(whole.said);
        for (std::string point; std::getline(lines, point);) points.push_back(point);
    }
    REQUIRE(points.size() > 10);
    std::map<std::string, int> found;
    for (auto const& point : points)
        for (int visit = 1; visit <= 3; ++visit) {
            CAPTURE(point);
            CAPTURE(visit);
            temporary_directory copy;
            fs::copy(start.path(), copy.path(), fs::copy_options::recursive);
            if (!was_killed(run_depot(copy.path(), "swap", point + "=" + std::to_string(visit) + "*kill")))
                break;
            auto const back = run_depot(copy.path(), "look").said;
            CHECK_MESSAGE((back == "by 1  reached whole\n" || back == " by 4 reached whole\n"), back);
            ++found[back];
        }
    CHECK(found["by 1  reached whole\n"] > 0);
    CHECK(found[" by 4 reached whole\n"] > 0);
}

TEST_CASE("another contract: a host that dies while it is on probation comes back with the one before") {
    temporary_directory start;
    REQUIRE(run_depot(start.path(), "load").status == 0);
    REQUIRE(run_depot(start.path(), "try").status == 0);
    CHECK(run_depot(start.path(), "look").said == "by 1  reached whole\n");
}

#endif
