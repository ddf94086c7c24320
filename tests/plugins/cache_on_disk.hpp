// A cache whose memory holds 16 entries, with a tier on disk in a directory of the test.
#pragma once

#include "plugins/cache_values.hpp"

#include <unistd.h>

#include <mutex>
#include <utility>

namespace hotswap_test {

/// Removed by the destructor.
struct scratch_directory {
    scratch_directory() {
        std::string name = (std::filesystem::temp_directory_path() / "hotswap-cache-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~scratch_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    scratch_directory(scratch_directory const&) = delete;
    scratch_directory& operator=(scratch_directory const&) = delete;

    std::filesystem::path file(std::string const& suffix = {}) const {
        return path / ("cache.sqlite" + suffix);
    }

    std::filesystem::path path;
};

struct on_disk : shipped<hotswap::contracts::cache> {
    static constexpr std::uint64_t rows_in_memory = 16;

    explicit on_disk(std::filesystem::path const& directory, hotswap::settings more = {},
                     std::string_view release = "3.0.0", std::vector<std::byte> const& snapshot = {},
                     std::string of = "cache")
        : shipped(std::move(of), release,
                  {.snapshot = snapshot, .settings = settings_for(directory, std::move(more))}) {
        if (release > "0.1.0") (*this)->configure({.max_entries = rows_in_memory});
    }

    static hotswap::settings settings_for(std::filesystem::path const& directory,
                                          hotswap::settings more = {}) {
        more.emplace("disk_directory", directory.string());
        return more;
    }
    void put_many(std::string const& prefix, int count) {
        for (int i = 0; i != count; ++i) (*this)->put(prefix + std::to_string(i), value_of(i));
    }
    static std::string value_of(int i) {
        return "value " + std::to_string(i) + std::string(static_cast<std::size_t>(i) % 300, 'v');
    }
    /// The number of keys prefix0, prefix1 … that have their value; a wrong value fails the test.
    int found(std::string const& prefix, int count) {
        int hits = 0;
        for (int i = 0; i != count; ++i) {
            auto const value = (*this)->get(prefix + std::to_string(i));
            if (value && *value != value_of(i)) FAIL_CHECK("a wrong value of " << prefix << i);
            hits += value ? 1 : 0;
        }
        return hits;
    }
};

/// The lines that a cache logs about its tier on disk.
class disk_lines {
public:
    explicit disk_lines(hotswap::runtime& of)
        : listening_(of.subscribe([this](hotswap::event const& happened) {
              std::lock_guard const lock(mutex_);
              if (happened.message.find("tier on disk") != std::string::npos)
                  text_ += std::string(happened.message) + '\n';
          })) {}
    bool have(std::string_view words) const {
        std::lock_guard const lock(mutex_);
        return text_.find(words) != std::string::npos;
    }
    std::size_t count(std::string_view words) const {
        std::lock_guard const lock(mutex_);
        std::size_t count = 0;
        for (auto at = text_.find(words); at != std::string::npos; at = text_.find(words, at + 1)) ++count;
        return count;
    }
    std::string text() const {
        std::lock_guard const lock(mutex_);
        return text_;
    }

private:
    mutable std::mutex mutex_;
    std::string text_;
    decltype(std::declval<hotswap::runtime&>().subscribe({})) listening_;
};

}  // namespace hotswap_test
