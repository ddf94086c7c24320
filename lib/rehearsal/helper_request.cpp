#include "rehearsal/helper_request.hpp"

#include <unistd.h>

#include <algorithm>

namespace hotswap::detail {

using namespace std::chrono_literals;

helper_limits limits_for(rehearsal_options const& options, std::uint64_t state_bytes) {
    constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
    helper_limits limits;
    limits.deadline = std::min<std::chrono::nanoseconds>(options.deadline, 24h);
    if (limits.deadline <= 0ns) limits.deadline = 10s + std::chrono::seconds(state_bytes / (32 * mebibyte));
    limits.address_space =
        options.address_space != 0 ? options.address_space : 1024 * mebibyte + 16 * state_bytes;
    auto const whole_seconds = [](std::chrono::nanoseconds time) {
        return static_cast<std::uint64_t>(
            std::max(std::chrono::ceil<std::chrono::seconds>(time), std::chrono::seconds{0}).count());
    };
    limits.cpu_seconds = whole_seconds(options.cpu_time);
    // One second more than the deadline: code that spins that long is ended by the deadline, not by the
    // faster of two clocks.
    if (limits.cpu_seconds == 0) limits.cpu_seconds = 1 + whole_seconds(limits.deadline);
    limits.file_size = options.file_size;
    return limits;
}

wire::request begin_request(rehearsal_options const& options, helper_limits const& limits,
                            std::chrono::sys_time<std::chrono::nanoseconds> now) {
    wire::request head;
    head.host = ::getpid();
    head.now = now.time_since_epoch().count();
    head.address_space = limits.address_space;
    head.cpu_seconds = limits.cpu_seconds;
    head.file_size = limits.file_size;
    head.open_files = options.open_files;
    head.processes = options.processes;
    return head;
}

std::vector<std::byte> pack_arguments(arguments const& all) {
    std::vector<std::byte> packed;
    auto const append = [&packed](void const* data, std::size_t size) {
        auto const* const bytes = static_cast<std::byte const*>(data);
        packed.insert(packed.end(), bytes, bytes + size);
    };
    for (auto const& [name, value] : all) {
        std::uint64_t const sizes[] = {name.size(), value.size()};
        append(sizes, sizeof sizes);
        append(name.data(), name.size());
        append(value.data(), value.size());
    }
    return packed;
}

}  // namespace hotswap::detail
