// Files for these tests: a temporary directory, modules as bytes, the process's own map.
#pragma once

#include "module/exposure.hpp"

#include <hotswap/failure.hpp>

#include <doctest/doctest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace test {

namespace fs = std::filesystem;
using bytes = std::vector<std::byte>;

inline fs::path const modules = HOTSWAP_TEST_MODULES;

/// A directory for this test only; the destructor removes it.
class scratch {
public:
    scratch() {
        auto name = (fs::temp_directory_path() / "hotswap-test-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = fs::canonical(name);
    }
    ~scratch() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    scratch(scratch const&) = delete;
    scratch& operator=(scratch const&) = delete;

    fs::path const& path() const noexcept { return path_; }
    fs::path operator/(std::string_view name) const { return path_ / name; }

private:
    fs::path path_;
};

inline bytes read(fs::path const& file) {
    std::ifstream in(file, std::ios::binary);
    REQUIRE_MESSAGE(in.good(), file.string());
    std::string const content{std::istreambuf_iterator<char>(in), {}};
    bytes result(content.size());
    if (!content.empty()) std::memcpy(result.data(), content.data(), content.size());
    return result;
}

inline void write(fs::path const& file, std::span<std::byte const> content) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<char const*>(content.data()), static_cast<std::streamsize>(content.size()));
    REQUIRE_MESSAGE(out.good(), file.string());
}

inline void write(fs::path const& file, std::string_view text) {
    write(file, std::as_bytes(std::span(text)));
}

/// Gives a file or directory to a group with other members than this user: as root to a group of no account,
/// otherwise to this user's own group, which has other members on some systems only. False: the group is
/// private to this user.
inline bool give_to_other_group(fs::path const& path) {
    if (geteuid() == 0) {
        REQUIRE(chown(path.c_str(), static_cast<uid_t>(-1), 12345) == 0);
        return true;
    }
    return !hotswap::detail::is_private_group(getegid(), geteuid());
}

/// Whether a file whose path contains `name` is mapped into this process.
inline bool is_mapped(std::string_view name) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
        if (line.find(name) != line.npos) return true;
    return false;
}

/// The files mapped into this process whose path contains `part`.
inline std::set<std::string> mapped_files(std::string_view part) {
    std::set<std::string> files;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
        if (auto const path = line.find('/'); path != line.npos && line.find(part, path) != line.npos)
            files.insert(line.substr(path));
    return files;
}

/// Memory in front of an inaccessible page: reading one byte too many crashes in any build.
class fenced_bytes {
public:
    explicit fenced_bytes(std::size_t capacity) {
        auto const page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        size_ = (capacity + page - 1) / page * page;
        void* const made =
            mmap(nullptr, size_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(made != MAP_FAILED);
        memory_ = static_cast<std::byte*>(made);
        REQUIRE(mprotect(memory_ + size_, page, PROT_NONE) == 0);
        fence_ = page;
    }
    ~fenced_bytes() { munmap(memory_, size_ + fence_); }
    fenced_bytes(fenced_bytes const&) = delete;
    fenced_bytes& operator=(fenced_bytes const&) = delete;

    /// A copy of `content` that ends at the fence.
    std::span<std::byte> hold(std::span<std::byte const> content) {
        auto* const at = memory_ + size_ - content.size();
        if (!content.empty()) std::memcpy(at, content.data(), content.size());
        return {at, content.size()};
    }

private:
    std::byte* memory_ = nullptr;
    std::size_t size_ = 0;
    std::size_t fence_ = 0;
};

/// The failure of a result; the test fails if it is a success.
template <class T>
hotswap::failure refusal(hotswap::result<T> const& refused) {
    REQUIRE_MESSAGE(!refused, "refused was expected, done was found");
    CHECK_FALSE(refused.error().message.empty());
    return refused.error();
}

inline bool says(hotswap::failure const& why, std::string_view words) {
    return why.message.find(words) != std::string::npos;
}

}  // namespace test

#define CHECK_SAYS(why, words) CHECK_MESSAGE(::test::says(why, words), (why).message)
