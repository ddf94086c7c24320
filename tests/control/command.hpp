// The command `hotswap`, run by a test.
#pragma once

#include "control/fixture.hpp"

#include <sys/wait.h>

#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

namespace hotswap_test {

struct said {
    int code = -1;
    std::string out{};
    std::string err{};
};

/// Runs the command with these words; none of them has a quote.
inline said run(fs::path const& scratch, std::vector<std::string> const& words) {
    auto const out = scratch / "out";
    auto const err = scratch / "err";
    std::string line = HOTSWAP_TEST_COMMAND;
    for (auto const& word : words) line += " '" + word + "'";
    line += fmt::format(" </dev/null >'{}' 2>'{}'", out.native(), err.native());
    int const status = std::system(line.c_str());
    auto const content = [](fs::path const& file) {
        std::ifstream in(file, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content(out), content(err)};
}

/// A host that is operated from the command line.
struct commanded : operated {
    using operated::operated;
    said hotswap(std::vector<std::string> words) const {
        words.insert(words.begin(), {"--socket", socket().native()});
        return run(directory.path(), words);
    }
    std::string to(std::string const& release) const { return "tally=" + tally_file(release).native(); }
};

inline bool is_one_object(std::string const& text) {
    boost::system::error_code error;
    auto const value = json::parse(text, error);
    return !error && value.is_object();
}

}  // namespace hotswap_test
