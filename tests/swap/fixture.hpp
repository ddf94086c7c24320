// A runtime with temporary directories, and the resources of the process that a refused swap must not change.
#pragma once

#include "swap/fixtures/tally.hpp"

#include <hotswap/runtime.hpp>

#include <doctest/doctest.h>

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace hotswap_test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// The file of one release of a fixture family.
inline fs::path built(std::string_view family, std::string_view release) {
    return fs::path(HOTSWAP_TEST_MODULES) / "swap" /
           (std::string(family) + "-" + std::string(release) + ".so");
}
inline fs::path tally_file(std::string_view release) { return built("tally", release); }

/// A directory that exists while the object lives.
class temporary_directory {
public:
    temporary_directory() {
        auto name = (fs::temp_directory_path() / "hotswap-test-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory can be made");
        path_ = name;
    }
    ~temporary_directory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    temporary_directory(temporary_directory const&) = delete;
    temporary_directory& operator=(temporary_directory const&) = delete;

    fs::path const& path() const { return path_; }

private:
    fs::path path_;
};

/// The number of the process's mappings of files below `directory`.
inline std::size_t mappings_below(fs::path const& directory) {
    std::ifstream maps("/proc/self/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);)
        if (line.find(directory.string()) != std::string::npos) ++count;
    return count;
}

/// The number of modules staged below `directory`.
inline std::size_t modules_below(fs::path const& directory) {
    std::size_t count = 0;
    for (auto const& entry : fs::recursive_directory_iterator(directory))
        if (entry.path().extension() == ".so") ++count;
    return count;
}

/// Whether `text` contains all of `parts`.
inline bool names(std::string_view text, std::vector<std::string_view> const& parts) {
    for (auto const part : parts)
        if (text.find(part) == text.npos) return false;
    return true;
}

inline std::span<std::byte const> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// A runtime on the fixtures, silent, with its own staging directory. By default it does not rehearse, so
/// that the swap itself refuses, and not the rehearsal.
struct site {
    explicit site(fs::path const& modules = fs::path(HOTSWAP_TEST_MODULES) / "swap")
        : site({.modules = modules, .rehearse = hotswap::rehearse::never}) {}
    explicit site(hotswap::runtime_options options)
        : runtime([&] {
              options.staging = directory.path() / "staging";
              options.log_to_stderr = false;
              return std::move(options);
          }()) {}

    template <class Contract = tally>
    hotswap::handle<Contract> load(std::string_view name, fs::path const& module) {
        return runtime.load<Contract>(name, {.module = module}).value();
    }
    hotswap::swap_report swap(std::string_view name, fs::path const& module,
                              hotswap::swap_options options = {}) {
        options.module = module;
        return runtime.swap(name, options).value();
    }
    hotswap::failure refusal(std::string_view name, fs::path const& module,
                             hotswap::swap_options options = {}) {
        options.module = module;
        auto const report = runtime.swap(name, options);
        REQUIRE(report.has_error());
        return report.error();
    }
    std::vector<std::byte> snapshot(std::string_view name) { return runtime.snapshot(name).value(); }
    hotswap::component_status status(std::string_view name) {
        for (auto& each : runtime.status())
            if (each.name == name) return each;
        throw std::runtime_error("no such component in the status");
    }
    std::size_t mappings() const { return mappings_below(directory.path()); }

    temporary_directory directory;
    hotswap::runtime runtime;
};

/// Everything about a component that a refused operation must not change.
class untouched {
public:
    untouched(site& at, std::string name) : at_(at), name_(std::move(name)), before_(look()) {}

    void check() {
        auto const now = look();
        CHECK(now.snapshot == before_.snapshot);
        CHECK(now.generation == before_.generation);
        CHECK(now.release == before_.release);
        CHECK(now.previous == before_.previous);
        CHECK(now.swaps == before_.swaps);
        CHECK(now.mappings == before_.mappings);
        CHECK(now.retained.empty());
        CHECK_FALSE(now.swapping);
    }

private:
    struct facts {
        std::vector<std::byte> snapshot;
        std::uint64_t generation;
        std::string release;
        std::string previous;
        std::uint64_t swaps;
        std::size_t mappings;
        std::string retained;
        bool swapping;
    };

    facts look() {
        auto const status = at_.status(name_);
        return {at_.snapshot(name_),    status.running.generation,
                status.running.release, status.previous_release,
                status.swaps,           at_.mappings(),
                status.retained,        status.swapping};
    }

    site& at_;
    std::string const name_;
    facts const before_;
};

/// A lease on a component, held by another thread until it is given back.
class lease_elsewhere {
public:
    template <class Contract>
    explicit lease_elsewhere(hotswap::handle<Contract> const& on)
        : holder_([on, this] {
              auto const held = on.lease();
              taken_.set_value();
              back_.get_future().wait();
          }) {
        taken_.get_future().wait();
    }
    ~lease_elsewhere() { give_back(); }
    lease_elsewhere(lease_elsewhere const&) = delete;
    lease_elsewhere& operator=(lease_elsewhere const&) = delete;

    void give_back() {
        if (!holder_.joinable()) return;
        back_.set_value();
        holder_.join();
    }

private:
    std::promise<void> taken_;
    std::promise<void> back_;
    std::thread holder_;
};

}  // namespace hotswap_test
