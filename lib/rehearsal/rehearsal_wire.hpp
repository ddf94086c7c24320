// The protocol between a host and its rehearsal helper: one request in sealed memory, then records over a
// pipe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace hotswap::detail::wire {

/// The helper's descriptors for the two, with fixed numbers.
inline constexpr int request_fd = 3;
inline constexpr int report_fd = 4;

inline constexpr std::uint64_t magic = 0x5245484541525345;  // "REHEARSE"
/// The format of request and records; a helper with another number is from another release.
inline constexpr std::uint32_t format = 4;

/// The part of the running module, which is the helper's second file, that is in place next to the new one.
/// The helper's third word, as written here.
enum class next_to : std::uint32_t {
    nothing,
    loaded,
    constructed,
    alone  ///< constructed and destroyed, and no other module is tried
};
inline constexpr std::uint32_t next_to_count = 4;
inline constexpr std::string_view next_to_words[next_to_count] = {"nothing", "loaded", "constructed",
                                                                  "alone"};

/// The state on which the running module's instance is constructed.
enum class running_on : std::uint32_t { payload_of_next, payload_of_its_own, default_state };

/// Begins the request; then come the arguments and the settings, each as two lengths of 8 bytes, name and
/// value; then the origin, then the payload; then settings, origin and payload of the running module.
struct request {
    std::uint64_t magic = wire::magic;
    std::uint32_t format = wire::format;
    std::int32_t host = 0;            ///< its process id
    std::int64_t now = 0;             ///< by the host's clock, nanoseconds since the Unix epoch
    std::uint64_t address_space = 0;  ///< the limits
    std::uint64_t cpu_seconds = 0;
    std::uint64_t file_size = 0;
    std::uint64_t open_files = 0;
    std::uint64_t processes = 0;
    std::uint32_t version = 0;  ///< of the payload
    std::uint32_t argument_count = 0;
    std::uint64_t argument_bytes = 0;
    std::uint32_t setting_count = 0;
    std::uint32_t on_default_state = 0;  ///< 1: there is no payload
    std::uint64_t setting_bytes = 0;
    std::uint64_t origin_bytes = 0;
    std::uint64_t payload_bytes = 0;
    std::uint32_t running_state = 0;    ///< wire::running_on
    std::uint32_t running_version = 0;  ///< of the state that the running module reads
    std::uint32_t running_setting_count = 0;
    std::uint32_t running_stays = 0;  ///< 1: the host keeps its code mapped
    /// Nanoseconds that the running module may take for each request to it.
    std::int64_t running_deadline = 0;
    std::uint64_t running_setting_bytes = 0;
    std::uint64_t running_origin_bytes = 0;
    std::uint64_t running_payload_bytes = 0;
};

/// The parts of the request after its head.
struct request_parts {
    std::span<std::byte const> arguments;
    std::span<std::byte const> settings;
    std::span<std::byte const> origin;
    std::span<std::byte const> payload;
    std::span<std::byte const> running_settings;
    std::span<std::byte const> running_origin;
    std::span<std::byte const> running_payload;

    /// Empty unless the lengths in `head` match `rest`.
    static std::optional<request_parts> of(request const& head, std::span<std::byte const> rest) noexcept {
        request_parts parts;
        auto const take = [&rest](std::uint64_t size, std::span<std::byte const>& part) {
            if (size > rest.size()) return false;
            part = rest.first(size);
            rest = rest.subspan(size);
            return true;
        };
        bool const fits = take(head.argument_bytes, parts.arguments) &&
                          take(head.setting_bytes, parts.settings) && take(head.origin_bytes, parts.origin) &&
                          take(head.payload_bytes, parts.payload) &&
                          take(head.running_setting_bytes, parts.running_settings) &&
                          take(head.running_origin_bytes, parts.running_origin) &&
                          take(head.running_payload_bytes, parts.running_payload);
        if (!fits || !rest.empty()) return std::nullopt;
        return parts;
    }
};

/// The step that the helper begins.
enum class stage : std::uint32_t {
    begin,
    load,
    import,
    validate,
    construct,
    check_health,
    export_,
    destroy,
    unload,
    // The steps with the running module.
    load_running,
    import_running,
    construct_running,
    release_running,
    retire_running
};
inline constexpr std::uint32_t stage_count = 14;

/// Whether the running module is at work, or its leftovers are examined.
constexpr bool is_of_running(stage which) noexcept { return which >= stage::load_running; }

/// "loading it", "constructing" …, as in "was ended by a signal while constructing".
constexpr std::string_view doing(stage which) noexcept {
    constexpr std::string_view words[stage_count] = {"getting ready",
                                                     "loading (in a static constructor)",
                                                     "importing and migrating the state",
                                                     "validating",
                                                     "constructing",
                                                     "checking its health",
                                                     "exporting",
                                                     "destroying",
                                                     "unloading (in a static destructor)",
                                                     "the running module was loaded",
                                                     "the running module read the state",
                                                     "the running module was constructed",
                                                     "the running module was released",
                                                     "the running module was destroyed and unloaded"};
    auto const index = static_cast<std::uint32_t>(which);
    return index < stage_count ? words[index] : "in an unknown step";
}

/// The meaning of a record; `code` and `value` depend on it.
enum class kind : std::uint32_t {
    hello,          ///< code: format
    not_in_force,   ///< text: a limit, and why
    began,          ///< code: stage
    took,           ///< code: stage, value: nanoseconds
    log,            ///< code: level, text
    dropped_log,    ///< value: the number of lines beyond the limit
    out_of_memory,  ///< an allocation failed
    exit_called,    ///< value: status
    uncaught,       ///< text: the message of an uncaught exception
    forked,         ///< fork() was called
    answered,       ///< code: abi::status that is not ok; value: the step, from << 32 | to; text: the words
    unloadable,     ///< text: the dynamic linker's words
    misbehaved,     ///< text: the module's fault, as in "started 2 threads that were still running"
    peak_memory,    ///< value: bytes
    passed,         ///< the end of a complete report
    /// Text: a leftover after everything was destroyed that does not refuse the module: "3 threads of
    /// libgomp.so.1".
    left,
    /// Code: wire::next_to, the part of the running module in place; text: why not more.
    running,
};
inline constexpr std::uint32_t kind_count = 17;

/// Comes before each text. A record and its text are written at once, and fit into one write to a pipe.
struct record {
    std::uint32_t kind = 0;
    std::uint32_t code = 0;
    std::uint64_t value = 0;
    std::uint32_t size = 0;  ///< of the text
    std::uint32_t reserved = 0;
};
inline constexpr std::size_t longest_text = 2048;
inline constexpr std::size_t longest_report = 256 * 1024;

/// The helper's exit status when it can no longer report: the pipe is closed.
inline constexpr int lost_report = 121;

}  // namespace hotswap::detail::wire
