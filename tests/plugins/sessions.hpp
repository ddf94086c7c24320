// The session manager in all its releases.
#pragma once

#include "golden/session.hpp"
#include "plugins/shipped.hpp"

#include <atomic>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace hotswap_test {

using hotswap::contracts::session_settings;

/// The version of a release's state.
inline std::size_t version_of(std::string_view release) { return static_cast<std::size_t>(release[0] - '0'); }

struct sessions : shipped<hotswap::contracts::session> {
    explicit sessions(std::string_view release, hotswap::load_options options = {},
                      still_clock time = still_clock())
        : shipped("session", release, std::move(options), std::move(time)) {}

    /// The user of a token; empty: no user.
    std::string user_of(std::string_view token) const {
        auto const found = (*this)->find(token);
        return found ? found->user : "";
    }
    /// The message of the std::invalid_argument or std::length_error that `f()` throws; empty: none.
    template <class F>
    static std::string words_of(F f) {
        try {
            f();
        } catch (std::logic_error const& refused) {
            return refused.what();
        }
        return {};
    }
};

/// A random walk over the releases.
class release_walk {
public:
    explicit release_walk(std::uint64_t seed) : random_(seed) {}

    std::string_view next() { return releases[random_() % releases.size()]; }
    std::size_t below(std::size_t bound) { return random_() % bound; }

private:
    std::mt19937_64 random_;
};

}  // namespace hotswap_test
