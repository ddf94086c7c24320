// The first line of each file of the store: it identifies the file and proves that the file is whole.
//
//   hotswap-store 2 snapshot 42 cache 1048704 blake2b 8c5e…
//
// The line holds: magic, format, kind, sequence number, subject (a component's name, escaped, or =), the
// number of bytes after the line, the algorithm of the tag, and the tag: BLAKE2b-256 over the line's text
// before the tag and all bytes after the line. With a key it is the keyed BLAKE2b (blake2b-keyed), which
// cannot be made without the key.
#pragma once

#include <hotswap/failure.hpp>

#include "store/directory.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// A seal's description of its file.
struct sealed {
    std::string kind{};
    std::uint64_t sequence = 0;
    std::string subject{};
    std::string tag{};                     ///< hexadecimal
    std::span<std::byte const> content{};  ///< within the bytes that were read
};

/// Longer lines are refused.
inline constexpr std::size_t longest_seal = 4096;

/// Makes and checks seals.
/// Threads:  [any]
class sealer {
public:
    /// `key` has 32 bytes, or none.
    explicit sealer(std::vector<std::byte> key) : key_(std::move(key)) {}
    ~sealer();
    sealer(sealer&&) = default;
    sealer& operator=(sealer&&) = delete;

    /// The line to write before `content`.
    std::string seal(std::string_view kind, std::uint64_t sequence, std::string_view subject,
                     byte_parts content) const;
    /// The tag at the end of such a line.
    static std::string tag_of(std::string_view line);

    /// Checks a whole file, which was read from `path`.
    /// Errors:   store_damaged, with the fault: cut, altered, of another kind, or sealed with another key.
    /// Lifetime: the content lies in the memory of `file`.
    result<sealed> open(std::span<std::byte const> file, std::string_view kind,
                        std::filesystem::path const& path) const;

private:
    std::string tag(std::string_view line, byte_parts content) const;
    std::string_view algorithm() const noexcept { return key_.empty() ? "blake2b" : "blake2b-keyed"; }

    std::vector<std::byte> key_;
};

/// Whether the text has the form of a digest: 64 lower-case hexadecimal digits.
bool is_digest(std::string_view text) noexcept;

}  // namespace hotswap::detail
