// The demo's command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace demo {

struct options {
    std::filesystem::path gateway{};
    std::filesystem::path modules{};
    std::filesystem::path faulty{};
    std::filesystem::path report{};  ///< the page to write; empty: none
    double seconds = 45;
    unsigned threads = 8;
    std::uint64_t fill = 1'000'000;
};

/// The options; nothing after --help, which it has answered on stdout.
/// Errors:   throws boost::program_options::error that says what is wrong with the command line.
std::optional<options> read_options(int argc, char const* const* argv);

}  // namespace demo
