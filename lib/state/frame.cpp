#include <hotswap/detail/state/frame.hpp>

#include "base/refuse.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace hotswap {

namespace {

constexpr char magic[8] = {'H', 'O', 'T', 'S', 'W', 'A', 'P', 'F'};
constexpr std::uint32_t format = 1;

struct header {
    char magic[8];
    std::uint32_t format;
    std::uint32_t version;
    std::uint64_t layout;
    std::uint64_t length;
    std::uint64_t checksum;
    char schema[64];
    char reserved[24];
};
static_assert(sizeof(header) == frame_header_size);

// The checksum covers the header with a zero checksum, then the payload.
std::uint64_t checksum_of(header head, std::span<std::byte const> payload) noexcept {
    head.checksum = 0;
    std::uint64_t const seed = XXH3_64bits(&head, sizeof head);
    return XXH3_64bits_withSeed(payload.data(), payload.size(), seed);
}

}  // namespace

result<frame> read_frame(std::span<std::byte const> bytes) {
    using detail::refuse;
    if (bytes.size() < sizeof(header))
        return refuse(errc::bad_snapshot, phase::none,
                      "the snapshot has {} bytes, its header alone takes {}; it was cut: use another one",
                      bytes.size(), sizeof(header));
    header head;
    std::memcpy(&head, bytes.data(), sizeof head);
    if (std::memcmp(head.magic, magic, sizeof magic) != 0)
        return refuse(
            errc::bad_snapshot, phase::none,
            "the bytes are not a snapshot of hotswap: they do not begin with \"HOTSWAPF\"; data from before "
            "hotswap goes into load_options::legacy");
    if (head.format != format)
        return refuse(
            errc::bad_snapshot, phase::none,
            "the snapshot has frame format {}, this library reads format {}; use the library that wrote it",
            head.format, format);
    auto const payload = bytes.subspan(sizeof head);
    if (head.length != payload.size())
        return refuse(
            errc::bad_snapshot, phase::none,
            "the snapshot announces {} bytes of state and holds {}; it was cut or something was added: use "
            "another one",
            head.length, payload.size());
    if (std::uint64_t const found = checksum_of(head, payload); found != head.checksum)
        return refuse(
            errc::bad_snapshot, phase::none,
            "the snapshot's checksum is {:016x}, its bytes give {:016x}; it was altered: use another one",
            head.checksum, found);
    auto const* const end = std::find(head.schema, head.schema + sizeof head.schema, '\0');
    return frame{std::string(head.schema, static_cast<std::size_t>(end - head.schema)), head.version,
                 head.layout, payload};
}

void seal_frame_header(std::span<std::byte, frame_header_size> bytes, std::span<std::byte const> payload,
                       frame const& about) noexcept {
    header head{};
    std::memcpy(head.magic, magic, sizeof magic);
    head.format = format;
    head.version = about.version;
    head.layout = about.layout;
    head.length = payload.size();
    std::memcpy(head.schema, about.schema.data(), std::min(about.schema.size(), sizeof head.schema - 1));
    head.checksum = checksum_of(head, payload);
    std::memcpy(bytes.data(), &head, sizeof head);
}

void seal_frame(std::span<std::byte> bytes, frame const& about) noexcept {
    seal_frame_header(bytes.first<frame_header_size>(), bytes.subspan(frame_header_size), about);
}

}  // namespace hotswap
