// The command on a terminal.
#include "control/command.hpp"
#include "control/on_terminal.hpp"

using namespace hotswap_test;

namespace {

std::string status_on_terminal(commanded const& at, std::vector<std::string> environment) {
    auto const it = run_on_terminal({HOTSWAP_TEST_COMMAND, "--socket", at.socket().native(), "status"},
                                    std::move(environment));
    CHECK(it.status == 0);
    return it.shown;
}

bool has_colours(std::string const& text) { return text.find('\033') != std::string::npos; }

}  // namespace

TEST_CASE("command line: colours are shown on a terminal that has them, and nowhere else") {
    commanded at;
    CHECK(names(status_on_terminal(at, {"TERM=xterm", "NO_COLOR="}), {"\033[32mserving\033[0m"}));
    CHECK_FALSE(has_colours(status_on_terminal(at, {"TERM=xterm", "NO_COLOR=1"})));
    CHECK_FALSE(has_colours(status_on_terminal(at, {"TERM=dumb", "NO_COLOR="})));
    auto const piped = at.hotswap({"status"});
    CHECK(names(piped.out, {"serving"}));
    CHECK_FALSE(has_colours(piped.out));
    CHECK_FALSE(has_colours(at.hotswap({"swap", at.to("none")}).err));
}
