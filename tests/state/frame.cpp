#include <hotswap/detail/state/frame.hpp>

#include "state/allocations.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using hotswap::frame;
using hotswap::read_frame;

namespace {

using frame_bytes = std::vector<std::byte>;

frame_bytes sealed(frame const& about, std::string_view payload) {
    frame_bytes bytes(hotswap::frame_header_size + payload.size());
    std::memcpy(bytes.data() + hotswap::frame_header_size, payload.data(), payload.size());
    hotswap::seal_frame(bytes, about);
    return bytes;
}

frame_bytes sample() {
    return sealed({.schema = "shop.cache", .version = 2, .layout = 0x123456789abcdef0}, "the state itself");
}

std::string_view text_of(std::span<std::byte const> bytes) {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

bool is_refused(frame_bytes const& bytes) {
    auto const read = read_frame(bytes);
    return read.has_error() && read.error().code == hotswap::errc::bad_snapshot &&
           !read.error().message.empty();
}

std::string words(frame_bytes const& bytes) {
    auto const read = read_frame(bytes);
    return read ? "" : read.error().message;
}

}  // namespace

TEST_CASE("frame: what was sealed is read back, the payload within the same memory") {
    auto const bytes = sample();
    auto const read = read_frame(bytes);
    REQUIRE(read.has_value());
    CHECK(read->schema == "shop.cache");
    CHECK(read->version == 2);
    CHECK(read->layout == 0x123456789abcdef0);
    CHECK(text_of(read->payload) == "the state itself");
    CHECK(read->payload.data() == bytes.data() + hotswap::frame_header_size);
}

TEST_CASE("frame: a legacy state, an empty payload and the longest schema name are kept") {
    auto const legacy = sealed({}, "");
    auto const read = read_frame(legacy);
    REQUIRE(read.has_value());
    CHECK(read->schema.empty());
    CHECK(read->version == 0);
    CHECK(read->payload.empty());

    std::string const longest(63, 'n');
    auto const named = sealed({.schema = longest, .version = std::numeric_limits<std::uint32_t>::max()}, "x");
    REQUIRE(read_frame(named).has_value());
    CHECK(read_frame(named)->schema == longest);
    CHECK(read_frame(named)->version == std::numeric_limits<std::uint32_t>::max());
}

TEST_CASE("frame: equal states make equal frames") { CHECK(sample() == sample()); }

TEST_CASE("frame: one cut at any byte is refused") {
    auto const whole = sample();
    for (std::size_t size = 0; size != whole.size(); ++size) {
        CAPTURE(size);
        CHECK(is_refused(frame_bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))));
    }
}

TEST_CASE("frame: one altered in any bit of any byte is refused, and nothing large is allocated for it") {
    auto const whole = sample();
    for (std::size_t at = 0; at != whole.size(); ++at)
        for (int byte = 0; byte != 256; ++byte) {
            auto altered = whole;
            altered[at] = static_cast<std::byte>(byte);
            if (altered == whole) continue;
            CAPTURE(at);
            CAPTURE(byte);
            hotswap_test::allocation_meter const meter;
            bool const refused = is_refused(altered);
            auto const peak = meter.peak();
            CHECK(refused);
            CHECK(peak < 8'192);
        }
}

TEST_CASE("frame: bytes after its end, or two frames in a row, are refused") {
    auto longer = sample();
    longer.push_back(std::byte{0});
    CHECK(is_refused(longer));

    auto twice = sample();
    auto const again = sample();
    twice.insert(twice.end(), again.begin(), again.end());
    CHECK(is_refused(twice));
}

TEST_CASE("frame: two frames whose payloads are swapped are refused") {
    auto first = sealed({.schema = "a", .version = 1}, "one");
    auto second = sealed({.schema = "b", .version = 1}, "two");
    std::swap_ranges(first.begin() + hotswap::frame_header_size, first.end(),
                     second.begin() + hotswap::frame_header_size);
    CHECK(is_refused(first));
    CHECK(is_refused(second));
}

TEST_CASE("frame: a refusal says what was expected, what was found and what to do") {
    auto const contains = [](std::string const& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    };
    CHECK(contains(words({}), "0 bytes"));

    auto other = sample();
    other[0] = std::byte{'X'};
    CHECK(contains(words(other), "not a snapshot of hotswap"));
    CHECK(contains(words(other), "legacy"));

    auto newer = sample();
    newer[8] = std::byte{9};
    CHECK(contains(words(newer), "frame format 9"));

    auto cut = sample();
    cut.pop_back();
    CHECK(contains(words(cut), "announces 16 bytes of state and holds 15"));

    auto altered = sample();
    altered.back() ^= std::byte{1};
    CHECK(contains(words(altered), "checksum"));
}
