// A store in a temporary directory, and the test data in it.
#pragma once

#include "store/store.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

namespace fs = std::filesystem;

inline std::span<std::byte const> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }
inline std::string text_of(std::vector<std::byte> const& bytes) {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}
inline std::string read_file(fs::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_file(fs::path const& file, std::string_view content) {
    fs::remove(file);  // modules are kept read-only
    std::ofstream(file, std::ios::binary) << content;
}

/// A place in memory if the system has one, because the tests do not measure the disk's fsync.
inline fs::path quick_place() {
    fs::path const memory = "/dev/shm";
    return access(memory.c_str(), W_OK | X_OK) == 0 ? memory : fs::temp_directory_path();
}

/// Removed by the destructor.
struct temporary_directory {
    explicit temporary_directory(fs::path const& in = quick_place()) {
        std::string name = (in / "hotswap-store-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~temporary_directory() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    temporary_directory(temporary_directory const&) = delete;
    temporary_directory& operator=(temporary_directory const&) = delete;
    fs::path path;
};

inline std::unique_ptr<store> open_store(fs::path const& directory, std::vector<std::byte> key = {}) {
    auto opened = store::open({directory, std::move(key)});
    REQUIRE_MESSAGE(opened.has_value(), opened.error().message);
    // As after a recovery: existing entries may be replaced.
    for (auto const& each : (*opened)->current().components) (*opened)->vouch_for(each.name);
    return std::move(*opened);
}

/// Writes the files of a swap: module, snapshot, and a set with both.
inline result<manifest> put(store& in, std::string_view component, std::string_view module,
                            std::string_view state) {
    auto digest = in.keep_module(bytes_of(module));
    if (!digest) return digest.error();
    auto snapshot = in.write_snapshot(component, 1, {bytes_of(state)});
    if (!snapshot) return snapshot.error();
    return in.commit([&](manifest& set) {
        auto* entry = set.find(component);
        if (entry == nullptr) entry = &set.components.emplace_back();
        entry->name = component;
        entry->digest = *digest;
        entry->snapshot = *snapshot;
    });
}

}  // namespace hotswap::detail
