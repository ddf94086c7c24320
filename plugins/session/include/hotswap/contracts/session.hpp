// The contract "hotswap.session": finds the user of a token.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/contracts/values.hpp>
#include <hotswap/detail/abi/chrono.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::contracts {

/// The limits on what callers pass; sizes are in bytes.
inline constexpr std::size_t longest_session_user = 256;
inline constexpr std::size_t longest_session_token = 256;  ///< of an adopted token; ours have 64 digits
inline constexpr std::size_t most_tokens_at_once = 1024;   ///< in one `find`
inline constexpr std::size_t most_sessions_of_user = 1024;
inline constexpr std::size_t most_session_attributes = 32;
inline constexpr std::size_t longest_attribute_name = 64;
inline constexpr std::size_t longest_attribute_value = 1024;
inline constexpr std::size_t most_attribute_bytes = 8192;  ///< names and values of one session

/// A text that the application keeps with a session.
struct session_attribute {
    std::string name{};   ///< 1 to 64 bytes
    std::string value{};  ///< 0 to 1024 bytes

    friend bool operator==(session_attribute const&, session_attribute const&) = default;
};

/// How a session is opened.
struct session_options {
    std::chrono::nanoseconds ttl{};  ///< 0: `default_timeout`; from release 2 on it counts from the last use
    std::chrono::nanoseconds
        absolute{};  ///< from release 3 on: the end, however much it is used; 0: `absolute_timeout`
    std::vector<session_attribute> attributes{};  ///< from release 3 on
};

/// The facts about a live session.
struct session_info {
    std::string user{};
    std::chrono::sys_time<std::chrono::nanoseconds> expires{};  ///< as of now; later releases renew on use
    std::vector<session_attribute> attributes{};                ///< by name; from release 3 on

    friend bool operator==(session_info const&, session_info const&) = default;
};

/// What a user may see of one of their sessions. The token is not in it.
struct session_listing {
    std::string id{};  ///< for `revoke`: 16 hexadecimal digits, which no release takes for a token
    std::chrono::sys_time<std::chrono::nanoseconds> opened{};
    std::chrono::sys_time<std::chrono::nanoseconds> last_seen{};
    std::chrono::sys_time<std::chrono::nanoseconds> expires{};
    std::vector<session_attribute> attributes{};  ///< by name
};

/// The settings. A field that is empty in `configure` leaves its setting unchanged; empty when read: no such
/// setting.
struct session_settings {
    std::optional<std::chrono::nanoseconds> default_timeout{};   ///< from release 1 on; 1 ms to 10 years, 1 h
    std::optional<std::chrono::nanoseconds> cleanup_interval{};  ///< from release 1 on; 1 s to 1 day, 60 s
    std::optional<std::uint32_t> per_user_limit{};               ///< from release 2 on; 1 to 1024, 1024
    /// From release 3 on: the end of a session, counted from `open`; 0, the default: none. 1 ms to 10 years.
    std::optional<std::chrono::nanoseconds> absolute_timeout{};

    friend bool operator==(session_settings const&, session_settings const&) = default;
};

/// Counts that swaps keep and that never decrease, except in a swap down to release 0, which drops them: release 0
/// counts only what is a gauge.
struct session_statistics {
    std::uint64_t live = 0;   ///< sessions held now, those not yet cleaned up included (a gauge)
    std::uint64_t users = 0;  ///< users with a session (a gauge)
    std::uint64_t opened = 0;
    std::uint64_t refused = 0;    ///< not opened, because the user had too many; release 1
    std::uint64_t found = 0;      ///< tokens that stood for a user
    std::uint64_t missed = 0;     ///< tokens that did not
    std::uint64_t closed = 0;     ///< by their token
    std::uint64_t expired = 0;    ///< removed after their end
    std::uint64_t displaced = 0;  ///< ended by a newer session of their user; from release 2 on
    std::uint64_t revoked = 0;    ///< by `revoke` and `revoke_user`; release 3
    std::uint64_t ended = 0;      ///< closed, expired, displaced and revoked
};

/// Sessions that expire, each identified by an unguessable token.
/// A token handed out under any release is honoured under every other. What a release lacks it refuses in words, with
/// the release that has it.
/// Errors:   std::invalid_argument for arguments outside their stated range and for what this release lacks,
///           std::length_error where a user has too many sessions, and no other exception of their own.
/// Threads:  [any] every method; tokens and users are spread over shards, each with its own lock.
/// Lifetime: results own their memory; nothing points into the component.
struct session {
    static constexpr hotswap::contract contract{"hotswap.session", 1};

    virtual ~session() = default;

    /// Begins a session of `user` (1 to 256 bytes); returns its token, 64 hexadecimal digits.
    /// Effects:  from release 2 on, a user at `per_user_limit` loses the sessions unused longest.
    /// Errors:   std::invalid_argument for a user's name, a timeout or attributes out of range; std::length_error under
    ///           releases 0 and 1 for a user with 1024 sessions, those included that expired since the last cleanup.
    /// Threads:  [any]
    /// Cost:     at the limit of a user a look at each of their sessions, 1024 at most.
    virtual std::string open(std::string_view user, session_options const& options) = 0;
    std::string open(std::string_view user, std::chrono::nanoseconds ttl = std::chrono::nanoseconds::zero()) {
        return open(user, session_options{.ttl = ttl, .absolute = {}, .attributes = {}});
    }

    /// The live session of `token`, or nothing if it is unknown, closed or expired.
    /// Effects:  from release 2 on, use renews the session for another `ttl`, but never past its absolute end. A use
    ///           within 1/64 of the `ttl`, at most 1 s, of the one that was noted last is not noted.
    /// Threads:  [any]
    /// Cost:     one shard lock and one lookup; from release 2 on also one keyed hash.
    virtual std::optional<session_info> find(std::string_view token) = 0;

    /// As `find` for each of `tokens`, in order, at one reading of the clock.
    /// Errors:   std::invalid_argument for more than 1024 tokens.
    /// Threads:  [any]
    virtual std::vector<std::optional<session_info>> find(std::span<std::string_view const> tokens) = 0;

    /// Ends the session of `token`; false if there was no live one.
    /// Threads:  [any]
    virtual bool close(std::string_view token) = 0;

    /// Ends every session of `user`, also one that another thread is about to open before this call; returns how many
    /// live ones there were. From release 3 on.
    /// Threads:  [any]
    /// Cost:     linear in the sessions of the user, 1024 at most.
    virtual std::uint64_t revoke_user(std::string_view user) = 0;

    /// Ends the session of `user` that `list` shows under `id`; false if there was no live one. From release 3 on.
    /// Threads:  [any]
    virtual bool revoke(std::string_view user, std::string_view id) = 0;

    /// The live sessions of `user`, the oldest first. From release 3 on.
    /// Threads:  [any]
    /// Cost:     linear in the sessions of the user, 1024 at most.
    virtual std::vector<session_listing> list(std::string_view user) = 0;

    /// Sets an attribute of the session of `token`, or removes it (no value); false if there is no live session.
    /// From release 3 on.
    /// Errors:   std::invalid_argument for a name that is empty or above 64 bytes, a value above 1 KiB, and more than 32
    ///           attributes or 8 KiB in one session; the session is unchanged.
    /// Threads:  [any]
    virtual bool set_attribute(std::string_view token, std::string_view name,
                               std::optional<std::string_view> value) = 0;

    /// Sets the given fields, all or none; live sessions keep the timeouts that they were opened with.
    /// Effects:  logs each change, at level info.
    /// Errors:   std::invalid_argument, with nothing changed, for a value out of range or a setting that this
    ///           release does not have.
    /// Threads:  [any]
    virtual void configure(session_settings const& wanted) = 0;

    /// As above, by the names of the fields: `{"default_timeout", "30min"}`.
    /// Errors:   as above; also for a name that is unknown or given twice, and a value that is none.
    /// Threads:  [any]
    virtual void configure(std::span<setting const> wanted) = 0;

    /// The current settings; those that this release does not have are empty.
    /// Threads:  [any]
    virtual session_settings current_settings() = 0;

    /// The counts, summed over all threads.
    /// Threads:  [any]
    virtual session_statistics stats() = 0;

    /// The same counts, `hotswap_session_opened_total` and so on.
    /// Threads:  [any]
    virtual std::vector<metric> metrics() = 0;
};

}  // namespace hotswap::contracts
