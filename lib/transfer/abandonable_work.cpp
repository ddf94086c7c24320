#include "transfer/abandonable_work.hpp"

#include "base/refuse.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <new>
#include <utility>

namespace hotswap::detail {

namespace {

// Runs `step`, stores its result in `outcome`, and adds its time to `took`.
template <class F>
void measure(result<void>& outcome, std::chrono::nanoseconds& took, F&& step) noexcept {
    auto const began = std::chrono::steady_clock::now();
    try {
        outcome = step();
    } catch (std::bad_alloc const&) {
        failure none;
        none.code = errc::out_of_memory;
        none.message = "no memory";  // short enough for a string without an allocation
        outcome = std::move(none);
    }
    took += std::chrono::steady_clock::now() - began;
}

}  // namespace

void abandonable_work::migrate() noexcept {
    measure(migrated, migrate_took, [this]() -> result<void> {
        if (next->state) return {};
        argument_view const view(arguments);
        auto const bytes = payload->bytes();
        auto imported =
            upgrade_state(*next->module, {version, {bytes.data(), bytes.size()}}, view, next->remains);
        if (!imported) return imported.error();
        if (auto valid = validate_state(*next->module, imported->get()); !valid) return valid;
        next->state = std::move(*imported);
        return {};
    });
}

void abandonable_work::construct() noexcept {
    measure(constructed, construct_took, [this]() -> result<void> {
        auto made = detail::construct(*next, next->state.get());
        if (!made) return made.error();
        next->instance = std::move(*made);
        return {};
    });
}

void abandonable_work::run() noexcept {
    behind_gates const here(behind);
    migrate();
    if (migrated && !stops_before_construct) construct();
}

abandonable_thread::abandonable_thread(std::string_view component)
    : thread_(thread_name(component, '+'), [at = shared_]() noexcept { serve(at); }) {}

abandonable_thread::~abandonable_thread() {
    {
        mutex_lock const lock(shared_->mutex);
        shared_->leaving = true;
    }
    shared_->changed.notify_all();
    if (shared_->how == verdict::given_up) thread_.let_go();
}

void abandonable_thread::serve(std::shared_ptr<shared> at) noexcept {
    mutex_lock lock(at->mutex);
    at->thread = gettid();
    at->changed.wait(lock, [&]() HOTSWAP_REQUIRES(at->mutex) { return at->work || at->leaving; });
    if (!at->work) return;
    auto const work = at->work;
    lock.unlock();
    work->run();
    lock.lock();
    if (at->how == verdict::open) {
        at->how = verdict::done;
        lock.unlock();
        at->changed.notify_all();
        return;
    }
    lock.unlock();
    work->next->instance = {};
    work->next->state = {};
    work->next->remains = {};
    work->payload.reset();
    work->over.store(true, std::memory_order_release);
}

bool abandonable_thread::run(std::shared_ptr<abandonable_work> const& work,
                             std::chrono::steady_clock::time_point until, std::stop_token const& stop) {
    woken_by const stopped(stop, shared_->mutex, shared_->changed);
    mutex_lock lock(shared_->mutex);
    shared_->work = work;
    shared_->changed.notify_all();
    shared_->changed.wait_until(lock, until, [&]() HOTSWAP_REQUIRES(shared_->mutex) {
        return shared_->how == verdict::done || stop.stop_requested();
    });
    if (shared_->how == verdict::done) return true;
    shared_->how = verdict::given_up;
    // The callers that are let through now come first; the abandoned thread may still compute for long.
    if (shared_->thread != 0) setpriority(PRIO_PROCESS, static_cast<id_t>(shared_->thread), 19);
    return false;
}

}  // namespace hotswap::detail
