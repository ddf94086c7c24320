#include "transfer/snapshot.hpp"

#include "transfer/byte_buffer.hpp"
#include "transfer/module_calls.hpp"
#include "transfer/state_copy.hpp"

#include <hotswap/detail/state/frame.hpp>

#include <cstring>
#include <string>

namespace hotswap::detail {

namespace {

std::vector<std::byte> framed(byte_buffer const& payload, module_file const& file) {
    std::vector<std::byte> bytes(frame_header_size + payload.size());
    if (payload.size() != 0)
        std::memcpy(bytes.data() + frame_header_size, payload.bytes().data(), payload.size());
    seal_frame(
        bytes,
        {std::string(file.schema().name), file.descriptor.schema_version, file.own_state().layout, {}});
    return bytes;
}

}  // namespace

result<std::vector<std::byte>> take_snapshot(slot& slot, step_recorder& steps,
                                             std::chrono::nanoseconds drain_deadline) {
    steps.mark_old_serving();
    byte_buffer payload;
    auto copied = copy_running_state(slot, steps, {.drain_deadline = drain_deadline}, payload);
    if (!copied) return copied.error();
    return framed(payload, slot.running().module->file());
}

result<std::vector<std::byte>> frame_of_unused(generation const& of) {
    byte_buffer payload;
    hotswap::arguments const none;
    argument_view const without(none);
    auto const& file = of.module->file();
    auto done =
        export_state(*of.module, of.state.get(), file.descriptor.schema_version, without, payload.sink());
    if (!done) return done.error();
    return framed(payload, file);
}

}  // namespace hotswap::detail
