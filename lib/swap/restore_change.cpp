#include "swap/restore_change.hpp"

#include "transfer/module_calls.hpp"
#include "transfer/other_states.hpp"
#include "transfer/snapshot.hpp"

#include <hotswap/detail/state/frame.hpp>

#include <fmt/format.h>

#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace hotswap::detail {

result<void> restore_change::choose() {
    auto const module = slot_.running().module.shared();
    auto content = steps_.run(phase::verify, [&] { return read_frame(frame_); });
    if (!content) return content.error();
    steps_.bytes(frame_.size());
    auto planned = steps_.run(phase::plan, [&] {
        return find_import_path({content->schema, content->version, content->layout}, module->file(),
                                module->staged().name());
    });
    if (!planned) return planned.error();
    path_ = std::move(*planned);
    next_.emplace(slot_, module, slot_.running().source);
    state_ = std::make_unique<at_hand>(context_);
    // The state of a frame has no owner yet: it is read while the old generation still serves.
    auto read = steps_.run(phase::migrate, [&]() -> result<void> {
        auto imported = import_state(*module, content->version, content->payload, view_);
        if (!imported) return imported.error();
        if (auto valid = validate_state(*module, imported->get()); !valid) return valid;
        (*next_)->state = std::move(*imported);
        return {};
    });
    if (!read) return read;
    steps_.bytes(content->payload.size());
    return {};
}

// The state as it was when the gates closed, without a moment more of a pause. The restore has committed: a failure can only be said.
void restore_change::take_leave_of(generation const& old) {
    if (!keep_replaced_) return;
    auto const kept_not = [this](std::string_view why) {
        notes_.push_back(fmt::format("the state before could not be kept: {}", why));
        steps_.warn(phase::export_, notes_.back());
    };
    try {
        auto kept = frame_of_unused(old);
        if (!kept) return kept_not(kept.error().message);
        report_.replaced = std::move(*kept);
    } catch (std::bad_alloc const&) {
        kept_not("the host is out of memory");
    }
}

}  // namespace hotswap::detail
