// Keeps golden snapshots: frames of released versions, committed next to a component's tests.
#pragma once

#include <hotswap/detail/testing/component.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace hotswap::testing {

/// The environment variable that lets `keep_golden` write files that are missing.
inline constexpr char const* keep_golden_variable = "HOTSWAP_KEEP_GOLDEN";

/// Writes `snapshot` to `path` if there is no such file and HOTSWAP_KEEP_GOLDEN is set; a file that is there
/// stays as it is.
/// Effects:  a new file is whole or not there. Returns whether the file was written.
/// Errors:   throws std::runtime_error if the file is missing and the variable is not set, or if it cannot be
///           written.
inline bool keep_golden(std::filesystem::path const& path, std::span<std::byte const> snapshot) {
    if (std::filesystem::exists(path)) return false;
    char const* const wanted = std::getenv(keep_golden_variable);
    if (wanted == nullptr || *wanted == '\0')
        throw std::runtime_error("the golden snapshot " + path.string() +
                                 " is missing: run this test once with " + keep_golden_variable +
                                 "=1, when the version is released, and commit the file");
    std::FILE* const file = std::fopen(path.c_str(), "wbx");  // x: never an existing file
    if (file == nullptr)
        throw std::system_error(errno, std::generic_category(), "cannot write " + path.string());
    bool const is_whole = std::fwrite(snapshot.data(), 1, snapshot.size(), file) == snapshot.size();
    if (std::fclose(file) != 0 || !is_whole) {
        std::filesystem::remove(path);
        throw std::runtime_error("cannot write " + path.string());
    }
    return true;
}

/// As above, with the snapshot of `from`.
template <class T>
bool keep_golden(std::filesystem::path const& path, component<T> const& from) {
    return keep_golden(path, from.snapshot());
}

/// The bytes of a golden snapshot, for `component<T>::load`.
/// Errors:   throws std::runtime_error if the file cannot be read.
inline std::vector<std::byte> read_golden(std::filesystem::path const& path) {
    std::ifstream in(path, std::ios::binary);
    std::vector<char> const bytes{std::istreambuf_iterator<char>(in), {}};
    if (!in || bytes.empty()) throw std::runtime_error("cannot read the golden snapshot " + path.string());
    auto const view = std::as_bytes(std::span(bytes));
    return {view.begin(), view.end()};
}

}  // namespace hotswap::testing
