// Reads any bytes as a frame: bad_snapshot, or a payload within the given bytes.
#include <hotswap/detail/state/frame.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void read(std::vector<std::byte> const& bytes) {
    auto const found = hotswap::read_frame(bytes);
    if (!found)
        return require(found.error().code == hotswap::errc::bad_snapshot && !found.error().message.empty());
    require(found->payload.size() + hotswap::frame_header_size == bytes.size());
    require(found->payload.empty() || found->payload.data() == bytes.data() + hotswap::frame_header_size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const* const begin = reinterpret_cast<std::byte const*>(data);
    std::vector<std::byte> bytes(begin, begin + size);
    bytes.shrink_to_fit();
    read(bytes);
    if (size < hotswap::frame_header_size) return 0;
    // The case of a correct checksum: a frame of these facts and this payload must be read back unchanged.
    hotswap::frame about;
    about.schema.assign(reinterpret_cast<char const*>(data), data[0] % 64);
    if (auto const zero = about.schema.find('\0'); zero != about.schema.npos) about.schema.resize(zero);
    about.version = data[1];
    std::memcpy(&about.layout, data + 2, sizeof about.layout);
    about.payload = std::span(bytes).subspan(hotswap::frame_header_size);
    hotswap::seal_frame(bytes, about);
    read(bytes);
    return 0;
}
