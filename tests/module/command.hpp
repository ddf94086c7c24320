// A tool, as a build or a person runs it.
#pragma once

#include <doctest/doctest.h>

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

namespace test {

/// The output of a command, on both streams, and its exit status.
struct answer {
    int status = -1;
    std::string output;

    bool has(std::string_view words) const { return output.find(words) != std::string::npos; }
};

/// Runs `program` with `words` in a shell.
inline answer run_command(std::string const& program, std::string const& words) {
    std::FILE* const pipe = popen((program + " " + words + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    answer given;
    std::array<char, 4096> buffer{};
    while (std::size_t const got = std::fread(buffer.data(), 1, buffer.size(), pipe))
        given.output.append(buffer.data(), got);
    int const ended = pclose(pipe);
    REQUIRE(WIFEXITED(ended));
    given.status = WEXITSTATUS(ended);
    return given;
}

}  // namespace test
