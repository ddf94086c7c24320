#include "slot/retired_code.hpp"

#include "slot/thread_probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

namespace hotswap::detail {

std::string retained_module::reason() const {
    if (services && services->pins() != 0)
        return fmt::format("{} host.pin() token{}", services->pins(), services->pins() == 1 ? "" : "s");
    if (!threads.empty()) return threads;
    return callbacks.empty() ? module->held_by() : callbacks;
}

void retained_module::look(int probe_signal) noexcept {
    if (!module.is_last()) return;
    auto const [begin, end] = module->extent();
    if (probe_signal != 0) threads = threads_in({begin, end}, probe_signal);
    callbacks = module->callbacks();
}

void retired_code::reserve(std::size_t more) {
    mutex_lock const lock(mutex_);
    retained_.reserve(retained_.size() + more);
}

unload_report retired_code::let_go_of(retained_module kept) {
    mutex_lock const lock(mutex_);
    kept.look(host_.thread_probe_signal);
    if (kept.is_held()) return keep(std::move(kept));
    kept.services.reset();
    kept.module.drop();
    unload_report report;
    auto const& module = *kept.module;
    if (auto reason = why_retained(module); !reason.empty()) {
        report.verdict = unload_verdict::retained;
        report.reason = std::move(reason);
        return report;
    }
    if (module.is_open()) return report;
    if (module.is_mapped()) return keep(std::move(kept));
    report.verdict = unload_verdict::unmapped;
    return report;
}

// Without memory the module is leaked: code that is in use must not be unmapped.
unload_report retired_code::keep(retained_module kept) {
    try {
        retained_.reserve(retained_.size() + 1);
    } catch (std::bad_alloc const&) {
        static_cast<void>(kept.services.release());  // leaked on purpose: old code may call them
        kept.module.leak();
        throw;
    }
    retained_.push_back(std::move(kept));
    unload_report report;
    report.verdict = unload_verdict::retained;
    report.reason = retained_.back().reason();
    return report;
}

// The reason to keep a module that no generation may use any more; empty: nothing else holds it.
std::string retired_code::why_retained(loaded_module const& module) const {
    if (host_.keep_code) return "runtime_options::keep_code, for debuggers";
    if (auto const* const earlier = holder_of(module)) return "an earlier generation's " + earlier->reason();
    if (is_overrunning(module)) return "its code overran the pause budget and is still running";
    return {};
}

// Null if no kept module holds `module`.
retained_module const* retired_code::holder_of(loaded_module const& module) const {
    auto const found = std::find_if(
        retained_.begin(), retained_.end(),
        [&module](retained_module const& kept) { return kept.module.get() == &module && kept.is_held(); });
    return found == retained_.end() ? nullptr : &*found;
}

// Abandoned work holds its module until it is over; the thread that runs the work does not change that
// pointer.
bool retired_code::is_overrunning(loaded_module const& module) const {
    return std::any_of(abandoned_.begin(), abandoned_.end(),
                       [&module](auto const& each) { return each->next->module.get() == &module; });
}

void retired_code::sweep() {
    mutex_lock const lock(mutex_);
    for (retained_module& kept : retained_) {
        kept.look(host_.thread_probe_signal);
        if (kept.is_held()) continue;
        kept.services.reset();
        kept.module.drop();
    }
    // Nothing here throws: an exception would lose the elements that erase_if has moved from.
    std::erase_if(retained_, [](retained_module const& kept) noexcept {
        return !kept.is_held() && (kept.module->is_open() || !kept.module->is_mapped());
    });
}

void retired_code::adopt_abandoned(std::shared_ptr<abandoned_work> work) {
    mutex_lock const lock(mutex_);
    abandoned_.push_back(std::move(work));
}

std::vector<std::shared_ptr<abandoned_work>> retired_code::take_finished() {
    std::vector<std::shared_ptr<abandoned_work>> finished;
    mutex_lock const lock(mutex_);
    auto const still = std::stable_partition(abandoned_.begin(), abandoned_.end(), [](auto const& each) {
        return !each->over.load(std::memory_order_acquire);
    });
    finished.assign(std::make_move_iterator(still), std::make_move_iterator(abandoned_.end()));
    abandoned_.erase(still, abandoned_.end());
    return finished;
}

void retired_code::note_leak() noexcept {
    mutex_lock const lock(mutex_);
    is_leaked_ = true;
}

bool retired_code::has_pins() const {
    mutex_lock const lock(mutex_);
    return is_leaked_ || !abandoned_.empty() ||
           std::any_of(retained_.begin(), retained_.end(), [](auto const& kept) { return kept.is_in_use(); });
}

std::string retired_code::in_words() const {
    std::string text;
    mutex_lock const lock(mutex_);
    for (retained_module const& kept : retained_)
        text +=
            fmt::format("{}{}: {}", text.empty() ? "" : "; ", kept.module->staged().name(), kept.reason());
    for (auto const& each : abandoned_)
        text += fmt::format("{}{}: code that overran the pause budget and is still running",
                            text.empty() ? "" : "; ", each->module);
    return text;
}

}  // namespace hotswap::detail
