// Runs the commands of docs/operator.md.
#include "control/fixture.hpp"

#include <sys/wait.h>

#include <cstdlib>
#include <sstream>

using namespace hotswap_test;

namespace {

struct command {
    std::string line;
    int status = 0;
};

// The lines of the page's blocks of sh; "# exit N" at the end of one is its exit status.
std::vector<command> commands_of_page() {
    std::ifstream page(fs::path(HOTSWAP_SOURCE_DIR) / "docs" / "operator.md");
    std::vector<command> all;
    bool inside = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("```")) {
            inside = line == "```sh";
            continue;
        }
        if (!inside || line.empty()) continue;
        auto const note = line.find("# exit ");
        all.push_back({line.substr(0, note), note == line.npos ? 0 : std::stoi(line.substr(note + 7))});
    }
    return all;
}

}  // namespace

TEST_CASE("docs/operator.md: each command does what the page says, in its order") {
    site at;
    auto const cache = at.load("cache", tally_file("1.0.0"));
    auto const here = at.directory.path() / "here";
    fs::create_directories(here / "modules");
    fs::create_directories(here / "bin");
    for (auto const* release : {"1.0.0", "2.0.0", "3.0.0"})
        fs::copy_file(tally_file(release), here / "modules" / (std::string("cache-") + release + ".so"));
    fs::create_symlink(HOTSWAP_TEST_COMMAND, here / "bin" / "hotswap");
    hotswap::control const control{at.runtime, {.socket = here / "run" / "s", .audit = here / "audit.jsonl"}};
    auto const all = commands_of_page();
    REQUIRE(all.size() > 10);
    for (auto const& each : all) {
        auto const line = fmt::format("cd '{}' && PATH=\"$PWD/bin:$PATH\" HOTSWAP_SOCKET=run/s {} >out 2>&1",
                                      here.native(), each.line);
        int const status = std::system(line.c_str());
        std::ifstream out(here / "out");
        std::ostringstream said;
        said << out.rdbuf();
        CHECK_MESSAGE(WEXITSTATUS(status) == each.status, (each.line + "\n" + said.str()));
    }
}
