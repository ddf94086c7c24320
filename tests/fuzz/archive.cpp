// Reads any bytes as the serialized form of a shipped state; the first byte chooses the state. The result is
// an archive_error, or a state that is written and read again with the same length, in memory that the input
// bounds.
#include "cache/states/v0.hpp"
#include "cache/states/v1.hpp"
#include "cache/states/v2.hpp"
#include "rate_limiter/states/v0.hpp"
#include "rate_limiter/states/v1.hpp"
#include "rate_limiter/states/v2.hpp"
#include "rate_limiter/states/v3.hpp"
#include "session/states/v0.hpp"
#include "session/states/v1.hpp"
#include "session/states/v2.hpp"
#include "session/states/v3.hpp"

#include <hotswap/detail/state/archive.hpp>
#include <hotswap/detail/state/memory_sink.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

namespace {

using hotswap::abi::bytes;

template <class State>
std::optional<State> read(bytes from) try {
    std::optional<State> made(std::in_place);
    hotswap::input_archive in(from);
    in >> *made;
    if (in.left() != 0) return std::nullopt;
    return made;
} catch (hotswap::archive_error const&) {
    return std::nullopt;
}

template <class State>
std::vector<unsigned char> write(State const& state) {
    std::vector<unsigned char> memory;
    hotswap::detail::memory_sink sink(memory);
    hotswap::output_archive(sink.out) << state;
    sink.finish();
    return memory;
}

template <class State>
void look_at(bytes input) {
    auto const first = read<State>(input);
    if (!first) return;
    auto const written = write(*first);
    auto const second = read<State>({written.data(), written.size()});
    if (!second || write(*second).size() != written.size()) std::abort();
}

constexpr void (*states[])(bytes) = {
    look_at<hotswap::cache_states::v0::state>,        look_at<hotswap::cache_states::v1::state>,
    look_at<hotswap::cache_states::v2::state>,        look_at<hotswap::rate_limiter_states::v0::state>,
    look_at<hotswap::rate_limiter_states::v1::state>, look_at<hotswap::rate_limiter_states::v2::state>,
    look_at<hotswap::rate_limiter_states::v3::state>, look_at<hotswap::session_states::v0::state>,
    look_at<hotswap::session_states::v1::state>,      look_at<hotswap::session_states::v2::state>,
    look_at<hotswap::session_states::v3::state>};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    std::vector<std::uint8_t> const payload(data + 1, data + size);
    states[data[0] % std::size(states)]({payload.data(), payload.size()});
    return 0;
}
