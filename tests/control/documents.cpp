// What the command line writes about itself: completions, the manual page, the description of the requests.
#include "control/command.hpp"
#include "control/on_terminal.hpp"

using namespace hotswap_test;

namespace {

std::string content(fs::path const& file) {
    std::ifstream in(file);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

// What bash offers for the last of the words.
std::string offered(fs::path const& scratch, std::string const& words) {
    std::ofstream(scratch / "script.sh") << "source '" << (scratch / "completion").native() << "'\n"
                                         << "hotswap() { '" << HOTSWAP_TEST_COMMAND << "' \"$@\"; }\n"
                                         << "COMP_WORDS=(" << words << ")\n"
                                         << "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                                         << "_hotswap && printf '%s ' \"${COMPREPLY[@]}\"\n";
    auto const out = scratch / "offered";
    auto const line = fmt::format("bash -u '{}' >'{}' 2>&1", (scratch / "script.sh").native(), out.native());
    CHECK(std::system(line.c_str()) == 0);
    return content(out);
}

// Shells that find the command by its name, with the host that it operates.
struct shells {
    explicit shells(commanded const& at) : here(at.directory.path() / "shells"), socket_(at.socket()) {
        fs::create_directories(here);
        fs::create_symlink(HOTSWAP_TEST_COMMAND, here / "hotswap");
    }
    void write(char const* name, std::string const& text) const { std::ofstream(here / name) << text; }
    std::vector<std::string> environment() const {
        return {"TERM=dumb", "PS1=", "HOME=" + here.native(), "HOTSWAP_SOCKET=" + socket_.native(),
                fmt::format("PATH={}:{}", here.native(), std::getenv("PATH"))};
    }

    fs::path here;

private:
    fs::path socket_;
};

}  // namespace

TEST_CASE("documents: bash completes verbs, their options, and the components of the running host") {
    commanded at;
    auto const& here = at.directory.path();
    auto const script = run(here, {"completion", "bash"});
    REQUIRE(script.code == 0);
    std::ofstream(here / "completion") << script.out;
    CHECK(names(offered(here, "hotswap ''"), {"swap", "revert", "new-component", "snapshot"}));
    CHECK(offered(here, "hotswap sw") == "swap ");
    CHECK(offered(here, "hotswap --reason swap re").find("rehearse") != std::string::npos);
    CHECK(names(offered(here, "hotswap swap --pr"), {"--probation"}));
    CHECK(names(offered(here, "hotswap snapshot ''"), {"save", "restore", "show", "diff"}));
    CHECK(setenv("HOTSWAP_SOCKET", at.socket().c_str(), 1) == 0);
    CHECK(offered(here, "hotswap swap ta") == "tally ");
    CHECK(unsetenv("HOTSWAP_SOCKET") == 0);
}

TEST_CASE("documents: fish completes verbs, their options, and the components of the running host") {
    commanded at;
    shells in(at);
    in.write("hotswap.fish", run(at.directory.path(), {"completion", "fish"}).out);
    auto const offers = [&](std::string const& line) {
        auto const words =
            fmt::format("source '{}'; complete -C '{}'", (in.here / "hotswap.fish").native(), line);
        return run_on_terminal({"fish", "-N", "-c", words}, in.environment()).shown;
    };
    CHECK(names(offers("hotswap sw"), {"swap"}));
    CHECK(names(offers("hotswap swap --pro"), {"--probation"}));
    CHECK(names(offers("hotswap snapshot s"), {"save", "show"}));
    CHECK(names(offers("hotswap revert ta"), {"tally"}));
}

TEST_CASE("documents: zsh completes verbs, their options, and the components of the running host") {
    commanded at;
    shells in(at);
    in.write("_hotswap", run(at.directory.path(), {"completion", "zsh"}).out);
    // Each line is completed by its tab, and shown by what it would run.
    auto const typed = fmt::format(
        "fpath=('{}' $fpath); autoload -Uz compinit; compinit -u -D\n"
        "hotswap() {{ if [[ $1 == status ]]; then command hotswap status; else print -r -- \"<$*>\"; fi }}\n"
        "hotswap sw\t\nhotswap swap --prob\t\nhotswap snapshot sa\t\nhotswap revert ta\t\nexit\n",
        in.here.native());
    auto const shown = run_on_terminal({"zsh", "-f", "-i"}, in.environment(), typed).shown;
    for (auto const* const each : {"<swap>", "<swap --probation>", "<snapshot save>", "<revert tally>"})
        CHECK_MESSAGE(shown.find(each) != std::string::npos, each << " is not in:\n" << shown);
}

TEST_CASE("documents: a shell that has no completion is refused") {
    temporary_directory scratch;
    CHECK(run(scratch.path(), {"completion", "csh"}).code == 64);
}

TEST_CASE("documents: the manual page describes every verb, and every exit status") {
    temporary_directory scratch;
    auto const page = run(scratch.path(), {"man"});
    CHECK(page.code == 0);
    auto const script = run(scratch.path(), {"completion", "fish"});
    std::istringstream lines(script.out);
    int verbs = 0;
    for (std::string line; std::getline(lines, line);) {
        std::string_view const before = "complete -c hotswap -n '__fish_use_subcommand' -a ";
        if (!line.starts_with(before)) continue;
        auto const verb = line.substr(before.size(), line.find(' ', before.size()) - before.size());
        CHECK_MESSAGE(page.out.find(".SS\n.B " + verb + "\n") != std::string::npos, verb);
        ++verbs;
    }
    CHECK(verbs > 25);
    for (char const* const status :
         {"2 changes", "3 refused", "4 done", "5 still", "6 the host", "7 inconsistent", "64 called"})
        CHECK_MESSAGE(page.out.find(status) != std::string::npos, status);
}

TEST_CASE("documents: output that cannot be written is a failure, however short it is") {
    for (char const* const words :
         {"completion bash", "man", "explain no_such_file", "openapi --json", "--help"}) {
        auto const line = fmt::format("{} {} >/dev/full 2>/dev/null", HOTSWAP_TEST_COMMAND, words);
        CHECK_MESSAGE(WEXITSTATUS(std::system(line.c_str())) == 1, words);
    }
}

TEST_CASE("documents: docs/openapi.json is what the command writes") {
    temporary_directory scratch;
    auto const written = run(scratch.path(), {"openapi"});
    CHECK(written.code == 0);
    CHECK_MESSAGE(written.out == content(fs::path(HOTSWAP_SOURCE_DIR) / "docs" / "openapi.json"),
                  "run `hotswap openapi >docs/openapi.json`");
}
