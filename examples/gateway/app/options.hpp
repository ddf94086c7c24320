// The gateway's command line.
#pragma once

#include "http/connection.hpp"

#include <hotswap/contracts/rate_limiter.hpp>
#include <hotswap/options.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace gateway {

struct options {
    std::string host{};
    std::string port{};
    std::filesystem::path modules{};
    std::filesystem::path control{};
    std::string start_with{};       ///< a release, or "newest"
    std::filesystem::path store{};  ///< empty: nothing survives the process
    std::chrono::nanoseconds checkpoint_period{};
    std::optional<hotswap::rehearse> rehearse{};
    hotswap::contracts::rate_limit limit{};
    std::uint64_t fill = 0;  ///< sessions, clients and items, each, before the first request
    unsigned threads = 0;
    std::chrono::nanoseconds origin_delay{};
    bool trust_client_header = false;
    bool verbose = false;
    http_limits http{};
};

/// The options; nothing after --help or --version, which it has answered on stdout.
/// Errors:   throws std::invalid_argument that says what is wrong with the command line.
std::optional<options> read_options(int argc, char const* const* argv);

}  // namespace gateway
