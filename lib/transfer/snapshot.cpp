#include "transfer/snapshot.hpp"

#include "transfer/byte_buffer.hpp"
#include "transfer/state_copy.hpp"

#include <hotswap/detail/state/frame.hpp>

#include <cstring>
#include <string>

namespace hotswap::detail {

result<std::vector<std::byte>> take_snapshot(slot& slot, step_recorder& steps,
                                             std::chrono::nanoseconds drain_deadline) {
    steps.mark_old_serving();
    byte_buffer payload;
    auto copied = copy_running_state(slot, steps, {.drain_deadline = drain_deadline}, payload);
    if (!copied) return copied.error();
    std::vector<std::byte> bytes(frame_header_size + payload.size());
    if (payload.size() != 0)
        std::memcpy(bytes.data() + frame_header_size, payload.bytes().data(), payload.size());
    module_file const& file = slot.running().module->file();
    seal_frame(
        bytes,
        {std::string(file.schema().name), file.descriptor.schema_version, file.own_state().layout, {}});
    return bytes;
}

}  // namespace hotswap::detail
