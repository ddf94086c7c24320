#include "swap/retiring.hpp"

#include "transfer/throttle.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace hotswap::detail {

namespace {

void free_rows(slot& slot, generation& old) noexcept {
    auto const& module = *old.module;
    bool const has_rows = (module.file().own_state().flags & abi::state_tables) != 0;
    if (!has_rows || module.api().free_rows == nullptr || !old.state) return;
    slot.dismiss(old);                                // its destructor may still read the rows
    std::this_thread::sleep_for(rest_before_slices);  // the callers that waited wake up now
    for (;;) {
        auto const began = std::chrono::steady_clock::now();
        if (module.api().free_rows(old.state.get(), work_slice.count())) return;
        rest_after(began);
    }
}

}  // namespace

unload_report retire_in_slices(slot& slot, std::unique_ptr<generation> old) noexcept {
    free_rows(slot, *old);
    return slot.retire(std::move(old));
}

unload_report end_probation_in_slices(slot& slot) noexcept {
    slot.gate()->measure_calls(false);
    auto before = slot.take_standby();
    return before ? retire_in_slices(slot, std::move(before)) : unload_report{};
}

}  // namespace hotswap::detail
