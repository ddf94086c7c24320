// A sink that gives no memory after a deadline.
#pragma once

#include "transfer/byte_buffer.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace hotswap::detail {

/// Stops the serializing of a live state, which cannot be abandoned: gives memory in small pieces, and none
/// after the deadline.
class budgeted_sink {
public:
    budgeted_sink(byte_buffer& to, std::chrono::steady_clock::time_point until) noexcept {
        sink_.to = to.sink();
        sink_.until = until;
        sink_.cursor = sink_.end = to.sink()->cursor;
        sink_.grow = &grow;
    }
    ~budgeted_sink() { sink_.to->cursor = sink_.cursor; }
    budgeted_sink(budgeted_sink const&) = delete;
    budgeted_sink& operator=(budgeted_sink const&) = delete;

    abi::sink* sink() noexcept { return &sink_; }

private:
    // About a quarter of a millisecond of work.
    static constexpr std::uint64_t piece = 128 * 1024;

    struct limited : abi::sink {
        abi::sink* to = nullptr;
        std::chrono::steady_clock::time_point until{};
    };
    static bool grow(abi::sink* self, std::uint64_t need) noexcept {
        auto& s = *static_cast<limited*>(self);
        if (std::chrono::steady_clock::now() >= s.until) return false;
        s.to->cursor = s.cursor;
        auto const room = [&s] { return static_cast<std::uint64_t>(s.to->end - s.to->cursor); };
        if (room() < need && !s.to->grow(s.to, need)) return false;
        s.cursor = s.to->cursor;
        s.end = s.cursor + std::min(room(), std::max(need, piece));
        return true;
    }

    limited sink_;
};

}  // namespace hotswap::detail
