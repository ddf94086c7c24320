// The helper's report to its host, record by record.
#pragma once

#include "rehearsal/rehearsal_wire.hpp"

#include <hotswap/detail/abi/host_api.hpp>

#include <cstdint>
#include <string_view>

namespace hotswap::rehearse {

/// Writes each record at once, so that the records before a crash reach the host. The process has one
/// reporter, without a destructor, because atexit handlers use it.
namespace reporter {

/// Records the identity of the report's pipe, and reports how the process ends.
void begin();

void say(detail::wire::kind what, std::uint32_t code = 0, std::uint64_t value = 0,
         std::string_view text = {}) noexcept;
void say_answer(abi::status status, abi::error const& why) noexcept;

/// From now on it reports again when memory is exhausted.
void watch_memory() noexcept;

/// Ends the process without running other code; the reason has been reported.
[[noreturn]] void end() noexcept;

/// Whether standard descriptors and report are unchanged; writes the changed ones to `words`.
bool descriptors_are_whole(char* words, std::size_t size) noexcept;

}  // namespace reporter

/// Reports a stage before it runs, and its duration afterwards.
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
