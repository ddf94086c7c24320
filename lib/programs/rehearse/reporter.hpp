// What the helper tells its host, record by record.
#pragma once

#include "rehearsal/rehearsal_wire.hpp"

#include <hotswap/detail/abi/host_api.hpp>

#include <cstdint>
#include <string_view>

namespace hotswap::rehearse {

/// Writes each record at once, so that what was said before a crash is known. There is one in the process, without
/// anything to destroy, because atexit handlers use it.
namespace reporter {

/// Remembers which pipe the report goes to, and watches how the process ends.
void begin();

void say(detail::wire::kind what, std::uint32_t code = 0, std::uint64_t value = 0,
         std::string_view text = {}) noexcept;
void say_answer(abi::status status, abi::error const& why) noexcept;

/// From here on it says again when memory is out.
void watch_memory() noexcept;

/// Ends the process without running anything; what was refused has been said.
[[noreturn]] void end() noexcept;

/// Whether standard descriptors and report are what they were; which are not, in words.
bool descriptors_are_whole(char* words, std::size_t size) noexcept;

}  // namespace reporter

/// Names a stage before it runs, and how long it took after.
class stage_clock {
public:
    explicit stage_clock(detail::wire::stage which) noexcept;
    ~stage_clock();
    stage_clock(stage_clock const&) = delete;
    stage_clock& operator=(stage_clock const&) = delete;

private:
    detail::wire::stage const which_;
    std::int64_t began_ = 0;
};

/// Nanoseconds of the steady clock.
std::int64_t steady_now() noexcept;

}  // namespace hotswap::rehearse
