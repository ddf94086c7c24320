// A snapshot's envelope: schema, version, layout, length and checksum around a serialized state.
#pragma once

#include <hotswap/failure.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hotswap {

/// A frame's description of its payload. The frame begins with a header of 128 bytes: magic and format,
/// version, the fingerprint of the state's layout, the payload's length, a checksum over all the rest (XXH3,
/// 64 bits), and the schema's name.
struct frame {
    std::string schema{};       ///< empty for a legacy state
    std::uint32_t version = 0;  ///< 0 for a legacy state
    std::uint64_t layout = 0;
    std::span<std::byte const> payload{};  ///< within the bytes that were read
};

/// The size of a frame without its payload, in bytes.
inline constexpr std::size_t frame_header_size = 128;

/// Reads a frame; every length is checked against the bytes present.
/// Errors:   bad_snapshot: cut, altered, of another format, or followed by other bytes.
/// Threads:  [any]
/// Lifetime: the payload lies in the memory of `bytes`.
/// Cost:     one pass over the bytes, for the checksum.
/// Source:   XXH3: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
[[nodiscard]] result<frame> read_frame(std::span<std::byte const> bytes);

/// The header of a frame whose payload lies elsewhere.
/// Threads:  [any]
void seal_frame_header(std::span<std::byte, frame_header_size> header, std::span<std::byte const> payload,
                       frame const& about) noexcept;

/// Fills the header of a frame whose payload follows in the same memory: `bytes` is header and payload.
/// Threads:  [any]
void seal_frame(std::span<std::byte> bytes, frame const& about) noexcept;

}  // namespace hotswap
