// Asks the compiler for the layout of a state, and for its bytes.
#pragma once

#include <hotswap/failure.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hotswap::cli {

struct probed_state {
    std::uint64_t fingerprint = 0;
    std::string layout{};              ///< as text
    std::vector<std::byte> payload{};  ///< of a value of it, in the form of a frame
};

/// Compiles a program that includes `source` and runs it. `type`: the state, named at global scope; `value`: an expression of that
/// type.
/// Effects:  uses the options with which the project compiles `like`, if it has a compile_commands.json; else those of the package.
/// Errors:   control_failed, with the compiler's words.
result<probed_state> probe_state(std::filesystem::path const& root, std::filesystem::path const& source,
                                 std::filesystem::path const& like, std::string const& type,
                                 std::string const& value);

}  // namespace hotswap::cli
