// docs/architecture.svg, and what draws it.
#include "house/drawing.hpp"
#include "house/rooms.hpp"

#include <doctest/doctest.h>

#include <set>
#include <stdexcept>
#include <string>

using namespace house;

namespace {

std::map<std::string, std::string> const& said() {
    static auto const words = words_of_rooms(read(source_directory() / "docs" / "design.md"));
    return words;
}

}  // namespace

TEST_CASE("architecture: the drawing in docs is what the includes say") {
    auto const drawn = read(source_directory() / "docs" / "architecture.svg");
    // No CHECK of the texts themselves: the whole picture twice would hide what is to be done.
    bool const is_what_they_say = drawn == draw_library();
    CHECK_MESSAGE(is_what_they_say, "docs/architecture.svg is old: run tools/architecture and commit it");
}

TEST_CASE("architecture: docs/design.md says of each room that there is what it holds, and of no other") {
    std::set<std::string> expected;
    for (auto const& each : rooms) expected.insert(std::string(each.name));
    std::set<std::string> found;
    for (auto const& [name, words] : said()) found.insert(name);
    CHECK(found == expected);
    CHECK_THROWS_AS(words_of_rooms("# Design\n"), std::runtime_error);
}

TEST_CASE(
    "architecture: files are counted and includes found by room, and those that others imply left out") {
    auto const plan =
        plan_of({{"detail/base/error.hpp", "#include <vector>\n", true},
                 {"state/frame.cpp", "#include \"base/error.hpp\"\n", false},
                 {"state/frame.hpp", "#include \"state/other.hpp\"\n", false},
                 {"swap/plan.cpp", "#include \"state/frame.hpp\"\n#include \"base/error.hpp\"\n", false}});
    CHECK(plan.at("base").files == 1);
    CHECK(plan.at("state").files == 2);
    CHECK(plan.at("state").includes == std::set<std::string_view>{"base"});
    CHECK(plan.at("swap").includes == std::set<std::string_view>{"base", "state"});
    CHECK(plan.at("runtime").files == 0);
    CHECK(without_implied(plan).at("swap").includes == std::set<std::string_view>{"state"});
    CHECK(without_implied(plan).at("state").includes == std::set<std::string_view>{"base"});
}

TEST_CASE("architecture: an arrow that would go through a room is refused, and a room without words too") {
    auto plan = plan_of({});
    CHECK(draw(plan, said()).find("<polyline") == std::string::npos);
    plan["report"].includes.insert("module");
    CHECK_THROWS_WITH_AS(draw(plan, said()),
                         "the arrow from report to module would go through slot: give the rooms other "
                         "columns, in tests/house/drawing.cpp",
                         std::runtime_error);
    CHECK_THROWS_AS(draw(plan_of({}), {}), std::runtime_error);
}
