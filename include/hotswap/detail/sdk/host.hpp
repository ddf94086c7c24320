// The host, as a component sees it.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/abi/contract_as_built.hpp>
#include <hotswap/detail/abi/host_api.hpp>
#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/detail/sdk/boundary.hpp>
#include <hotswap/detail/sdk/neighbour.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hotswap {

/// Keeps the module's code mapped during its lifetime, for a thread that the component runs on its own.
/// Effects:  a swap still retires the component; its code stays mapped until the last pin is gone, and the
///           report names it.
/// Threads:  [any]
class module_pin {
public:
    module_pin(abi::host_api const& api, void* context) noexcept : api_(&api), context_(context) {
        api_->pin(context_);
    }
    module_pin(module_pin&& other) noexcept
        : api_(other.api_), context_(std::exchange(other.context_, nullptr)) {}
    module_pin& operator=(module_pin other) noexcept {
        std::swap(api_, other.api_);
        std::swap(context_, other.context_);
        return *this;
    }
    ~module_pin() {
        if (context_ != nullptr) api_->unpin(context_);
    }

private:
    abi::host_api const* api_;
    void* context_;
};

/// The host, as a component sees it: passed to its constructor.
/// Lifetime: as the instance to which it was passed.
class host {
public:
    host(abi::host_api const& api, void* context) noexcept : api_(&api), context_(context) {}
    host(host const&) = delete;
    host& operator=(host const&) = delete;

    /// Sends a line to the host's subscribers; warnings and errors go to its stderr by default.
    /// Threads:  [any]
    void log(level severity, std::string_view text) const noexcept {
        api_->log(context_, severity, {text.data(), text.size()});
    }

    /// The time by the host's clock.
    /// Threads:  [any]
    std::chrono::system_clock::time_point now() const noexcept {
        auto const since = std::chrono::nanoseconds(api_->now(context_));
        return std::chrono::system_clock::time_point(
            std::chrono::duration_cast<std::chrono::system_clock::duration>(since));
    }

    /// Calls `f()` every `period`, first after one period, on a thread of the host and under a lease.
    /// Effects:  stops when the gate closes and is destroyed before the code is unmapped; a call that falls
    ///           due meanwhile is skipped. Each generation starts the period again: if swaps come more often
    ///           than once a period, `f` is never called (see `first_after`). Exceptions of `f` are logged.
    /// Errors:   throws std::invalid_argument unless `period` is positive, std::bad_alloc.
    /// Threads:  [any]; calls of one component's timers and posts never overlap.
    template <class F>
    void every(std::chrono::nanoseconds period, F&& f) {
        hand_over(std::forward<F>(f), [this, period](abi::job const& work, abi::error* why) {
            return api_->every(context_, period.count(), work, why);
        });
    }

    /// As above, but calls `f()` for the first time after `first_after`: at once, if that is not positive.
    /// Effects:  a component that keeps the time of the next call in its state keeps its rhythm across swaps:
    ///           `every(period, state.next_due - host.now(), f)` (docs/writing-a-component.md).
    template <class F>
    void every(std::chrono::nanoseconds period, std::chrono::nanoseconds first_after, F&& f) {
        hand_over(std::forward<F>(f), [this, period, first_after](abi::job const& work, abi::error* why) {
            return api_->every_after(context_, period.count(), first_after.count(), work, why);
        });
    }

    /// Calls `f()` once, soon, on a thread of the host and under a lease, in the order of posting.
    /// Effects:  a job that has not begun when a swap commits is dropped together with its code.
    /// Errors:   throws std::bad_alloc.
    /// Threads:  [any]
    template <class F>
    void post(F&& f) {
        hand_over(std::forward<F>(f),
                  [this](abi::job const& work, abi::error* why) { return api_->post(context_, work, why); });
    }

    /// Calls `f()`, soon, on a thread of the host and under a lease, after each time that the component `name` was loaded,
    /// replaced, configured or unloaded. A handle that `find` gave leads to the new generation anyway; this is for what a
    /// component has derived from the other one, and for a neighbour that was not there yet.
    /// Effects:  several changes in a row may be one call. Ends with the generation.
    /// Errors:   throws std::bad_alloc.
    /// Threads:  [any]; the calls never overlap with timers and posts of the component.
    template <class F>
    void on_change(std::string_view name, F&& f) {
        hand_over(std::forward<F>(f), [this, name](abi::job const& work, abi::error* why) {
            return api_->on_change(context_, {name.data(), name.size()}, work, why);
        });
    }

    /// A handle to the component `name`; empty, with a line in the log, if there is no component of that
    /// contract.
    /// Threads:  [any]
    template <class Contract>
    neighbour<Contract> find(std::string_view name) const {
        contract const wanted = detail::contract_as_built<Contract>();
        abi::error why;
        void* const found = api_->find_as_built(context_, {name.data(), name.size()},
                                                {wanted.name.data(), wanted.name.size()}, wanted.number,
                                                wanted.functions, &why);
        if (found == nullptr) log(level::info, {why.message, why.size});
        return neighbour<Contract>(*api_, found);
    }

    /// Whether this is a rehearsal: a separate process, on a copy of the state, before the swap itself. A
    /// constructor that acts outside the process (opens a port, calls a neighbour) checks this first, and
    /// skips the action.
    /// Threads:  [any]
    bool rehearsing() const noexcept { return api_->rehearsing(context_); }

    /// Whether callers should leave: an operation has closed the component's gate (a swap, a snapshot, a
    /// checkpoint, an unload, the end of the runtime …) and waits for the callers inside. A call that may
    /// wait for a long time checks this from time to time, or is woken by a `drain_signal`
    /// (<hotswap/draining.hpp>), and returns early. False again if the operation is refused or over.
    /// Effects:  never true in a rehearsal.
    /// Threads:  [any]
    /// Cost:     a call through a function pointer, and a load.
    bool draining() const noexcept { return api_->draining(context_); }

    /// The directory of the module file that the host requested, for data next to the module; the code itself
    /// runs from a private copy elsewhere. After a recovery it is the directory from which the module was
    /// first loaded, and may be gone.
    /// Threads:  [any]
    /// Lifetime: as the instance.
    std::string_view origin() const noexcept { return view(api_->origin(context_)); }

    /// The settings of this component, as the host set them by `load_options::settings` or
    /// `swap_options::settings`.
    /// Errors:   throws std::bad_alloc.
    /// Threads:  [any]
    hotswap::settings settings() const {
        hotswap::settings all;
        auto const list = api_->settings(context_);
        for (auto const* each = list.data; each != list.data + list.size; ++each)
            all.emplace(view(each->name), view(each->value));
        return all;
    }

    /// Keeps this module's code mapped until the pin is gone.
    /// Threads:  [any]
    module_pin pin() const noexcept { return module_pin(*api_, context_); }

private:
    friend class drain_signal;

    static std::string_view view(abi::text from) noexcept {
        return {from.data, static_cast<std::size_t>(from.size)};
    }

    template <class F, class Take>
    void hand_over(F&& f, Take take) {
        using function = std::decay_t<F>;
        abi::job work;
        work.run = [](void* context, abi::error* why) noexcept {
            return sdk::guarded(why, [context] { (*static_cast<function*>(context))(); });
        };
        work.destroy = [](void* context) noexcept { delete static_cast<function*>(context); };
        work.context = new function(std::forward<F>(f));
        abi::error why;
        abi::status const outcome = take(work, &why);
        if (outcome != abi::status::ok) work.destroy(work.context);
        sdk::expect_ok(outcome, why);
    }

    abi::host_api const* api_;
    void* context_;
};

}  // namespace hotswap
