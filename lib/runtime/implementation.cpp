#include "runtime/implementation.hpp"

#include "runtime/bounded_wait.hpp"
#include "runtime/failed_end.hpp"
#include "slot/thread_probe.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>
#include <utility>

namespace hotswap {

using namespace detail;

namespace {

/// The modules directory counts as trusted; links below it are not followed.
module_policy trust_of(runtime_options const& options) {
    auto policy = options.trust;
    if (policy.directory.empty()) policy.directory = options.modules;
    return policy;
}

/// The options, completed from the environment and by a clock.
runtime_options completed(runtime_options options) {
    if (auto const* const value = std::getenv("HOTSWAP_KEEP_CODE"))
        options.keep_code = options.keep_code || (*value != '\0' && std::string_view(value) != "0");
    if (!options.clock) options.clock = [] { return std::chrono::system_clock::now(); };
    return options;
}

}  // namespace

runtime::implementation::implementation(runtime_options options)
    : options_(completed(std::move(options))),
      bus_(std::make_shared<event_bus>(options_.log_to_stderr, options_.log_level)),
      sink_([bus = bus_.get()](event const& what) { bus->publish(what); }),
      staging_(options_.staging, trust_of(options_)),
      rehearsals_(options_.rehearsal, options_.rehearse),
      probing_(options_.thread_probe_signal == 0 ? result<void>()
                                                 : take_probe_signal(options_.thread_probe_signal)),
      store_(options_),
      contexts_(options_, probing_, components_, *bus_, sink_),
      operations_(components_, *bus_, sink_, probing_),
      locator_(options_, staging_.policy()),
      loader_(components_, contexts_, store_, locator_, staging_),
      changes_(options_, store_, locator_, staging_, rehearsals_),
      checkpoints_(options_, components_, store_, operations_, *bus_, sink_),
      sets_(operations_, components_, changes_, probations_, store_) {
    if (options_.keep_code) staging_.keep_files();
    checkpoints_.begin_periodic();
    if (options_.watch) watch_.emplace(options_, components_, sets_, sink_);
}

recovery_site runtime::implementation::recovery_at() noexcept {
    return {options_, staging_.policy(), store_, components_, loader_, sink_};
}

void runtime::implementation::end(std::unique_ptr<implementation>& ended) noexcept {
    static constinit std::atomic<implementation*> last_left{nullptr};
    if (ended->end_all()) return;
    auto* const left = ended.release();
    left->left_before_ = last_left.exchange(left);
}

bool runtime::implementation::end_all() noexcept {
    // In a forked child nothing may be destroyed: threads, files, locks and instances are the parent's.
    if (!operations_.is_owner()) return false;
    auto const until = clock::now() + std::min<std::chrono::nanoseconds>(options_.exit_deadline,
                                                                         std::chrono::hours(24 * 365));
    if (end_own_work(until) && checkpoints_.take_last(until) && shut_components_down()) return true;
    leave_behind();
    return false;
}

// A checkpoint or a probation may be inside a component's code, which may run for an unknown time.
bool runtime::implementation::end_own_work(clock::time_point until) noexcept {
    auto const end = [this]() noexcept {
        watch_.reset();
        checkpoints_.end_periodic();
        probations_.stop_all();
        probations_.drop_finished(true);
    };
    if (!watch_ && !checkpoints_.is_periodic() && probations_.is_empty()) return true;
    try {
        if (returns_by(until, end)) return true;
        publish_failed_end(
            *bus_,
            "a checkpoint or the end of a probation has not ended after {}: the components' code "
            "stays mapped",
            to_string(options_.exit_deadline));
        return false;
    } catch (std::exception const&) {
        end();  // there is no thread for a bounded wait
        return true;
    }
}

bool runtime::implementation::shut_components_down() noexcept {
    bool all_gone = true;
    for (auto const& slot : components_.last_loaded_first())
        all_gone = component_loader::shut_down(slot) && all_gone;
    all_gone = components_.sweep_removed() && all_gone;
    if (!all_gone)
        bus_->publish({std::chrono::system_clock::now(),
                       level::error,
                       "",
                       operation::unload,
                       0,
                       phase::retire,
                       outcome::failed,
                       {},
                       "the runtime is destroyed while its components are in use: their code stays mapped"});
    return all_gone;
}

void runtime::implementation::leave_behind() noexcept {
    try {
        for (auto const& slot : components_.all()) {
            slot->gate()->end();
            slot->runner().activate(nullptr);
        }
    } catch (std::bad_alloc const&) {
        // Without memory the components continue as they are.
    }
    contexts_.forget_options();
    bus_->end();
}

}  // namespace hotswap
