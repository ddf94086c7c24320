// The shipped components, loaded release by release with a clock that only the test moves.
#pragma once

#include <hotswap/contracts/cache.hpp>
#include <hotswap/contracts/rate_limiter.hpp>
#include <hotswap/contracts/session.hpp>
#include <hotswap/runtime.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap_test {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

/// The releases of every shipped component; the index is the version of the state.
inline constexpr std::array<std::string_view, 4> releases{"0.1.0", "1.0.0", "2.0.0", "3.0.0"};

/// The file of one release.
inline std::filesystem::path module_of(std::string_view component, std::string_view release) {
    return std::filesystem::path(HOTSWAP_SHIPPED_MODULES) /
           (std::string(component) + "-" + std::string(release) + ".so");
}

/// A wall clock that stands still until a test steps it.
class still_clock {
public:
    using time_point = std::chrono::system_clock::time_point;

    explicit still_clock(time_point at = time_point(std::chrono::seconds{1'750'000'000}))
        : now_(std::make_shared<std::atomic<time_point>>(at)) {}

    void step(std::chrono::nanoseconds by) { *now_ = now_->load() + by; }
    time_point now() const { return *now_; }
    std::function<time_point()> function() const {
        return [now = now_] { return now->load(); };
    }

private:
    std::shared_ptr<std::atomic<time_point>> now_;
};

/// One shipped component in a separate runtime.
template <class Contract>
struct shipped {
    shipped(std::string of, std::string_view release, hotswap::load_options options = {},
            still_clock time = still_clock())
        : name(std::move(of)),
          clock(std::move(time)),
          runtime({.modules = HOTSWAP_SHIPPED_MODULES, .log_to_stderr = false, .clock = clock.function()}),
          handle(load(release, std::move(options))) {}

    auto operator->() const { return handle.operator->(); }

    hotswap::swap_report swap(std::string_view release, hotswap::swap_options options = {}) {
        options.module = module_of(name, release);
        return runtime.swap(name, options).value();
    }
    /// A swap by any path, lossy or not.
    hotswap::swap_report move_to(std::string_view release) { return swap(release, {.allow_loss = true}); }

    hotswap::failure refusal(std::string_view release, hotswap::swap_options options = {}) {
        options.module = module_of(name, release);
        auto const report = runtime.swap(name, options);
        REQUIRE(report.has_error());
        return report.error();
    }
    hotswap::swap_plan plan(std::string_view release) {
        return runtime.plan(name, {.module = module_of(name, release)}).value();
    }
    std::vector<std::byte> snapshot() { return runtime.snapshot(name).value(); }

    std::string name;
    still_clock clock;
    hotswap::runtime runtime;
    hotswap::handle<Contract> handle;

private:
    hotswap::handle<Contract> load(std::string_view release, hotswap::load_options options) {
        options.module = module_of(name, release);
        return runtime.load<Contract>(name, options).value();
    }
};

/// The bytes of a text, as `load_options::legacy` takes them.
inline std::span<std::byte const> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// Whether `bytes` contains `text`.
inline bool holds(std::span<std::byte const> bytes, std::string_view text) {
    std::string_view const all(reinterpret_cast<char const*>(bytes.data()), bytes.size());
    return all.find(text) != std::string_view::npos;
}

}  // namespace hotswap_test
