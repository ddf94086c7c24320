// The manifest of pools: index.json.
#pragma once

#include <hotswap/options.hpp>
#include <hotswap/pool.hpp>

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hotswap::detail {

enum class check_kind : std::uint8_t { exists, tcp, http, healthy };
BOOST_DESCRIBE_ENUM(check_kind, exists, tcp, http, healthy)

/// A check of a closure that needs no shell.
struct closure_check {
    check_kind what = check_kind::exists;
    std::string of{};  ///< a path, "host:port", "http://host:port/path", or a component
};

/// "exists", "tcp", "http" or "healthy".
std::string_view kind_name(check_kind which) noexcept;
/// Empty if there is no check of that name.
std::optional<check_kind> kind_named(std::string_view name) noexcept;

/// A line for the shell, or a check.
using closure_step = std::variant<std::string, closure_check>;

/// In words, as in messages.
std::string to_string(closure_step const& step);

struct manifest_file {
    std::filesystem::path target{};       ///< below the manifest's directory: "src/auth.tsx"
    std::filesystem::path destination{};  ///< absolute, without "." and ".."
    pool_policy policy = pool_policy::try_;
    std::string place{};  ///< "index.json:4:20", for messages
};

/// A component of the host that gets another module.
struct manifest_swap {
    std::string component{};
    swap_options options{};
    bool is_own_file = false;  ///< its module is a file of the manifest: "src/cache-2.1.0.so"
};

/// A component of the host that gets other settings.
struct manifest_settings {
    std::string component{};
    settings values{};
};

struct manifest_pool {
    std::string id{};
    std::string description{};
    std::vector<manifest_file> files{};
    std::vector<manifest_swap> swaps{};
    std::vector<manifest_settings> settings{};
    std::vector<closure_step> closure{};
};

/// Whether it changes components of a host.
inline bool is_live(manifest_pool const& of) noexcept { return !of.swaps.empty() || !of.settings.empty(); }

struct pool_manifest {
    std::string schema_version{};
    std::string description{};
    std::vector<manifest_pool> pools{};
    std::vector<closure_step> final_closure{};
    std::string digest{};  ///< of its text, if it is of a file
};

/// Reads the text of a manifest. `name` is the file's, for messages.
/// Errors:   pool_refused, with each fault on a line of its own: its line and column, what was expected and what was found.
result<pool_manifest> read_manifest(std::string const& name, std::string_view text);

}  // namespace hotswap::detail
