// A host's access to a component: handles, leases, shared leases.
#pragma once

#include <hotswap/detail/slot/gate.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace hotswap {

/// A hold on the running generation, for one block: it points to the same generation until the lease ends.
/// Threads:  may be used and given back on any thread, also after the thread that took the lease has ended.
///           Until then that thread counts as inside: a closed gate lets that thread through, and `swap` on
///           it returns would_deadlock. For a hold that moves between threads, use `handle::share`.
/// Lifetime: keep it short: a swap waits for it. A lease may outlive its handle.
/// Cost:     given back on another thread: a mutex and an atomic.
template <class Contract>
class lease {
public:
    lease(detail::gate& gate, char const* file, std::uint32_t line)
        : lease(gate, gate.enter(gate.cell()), file, line) {}
    /// `admitted`: the gate's answer to this thread's last `enter`.
    lease(detail::gate& gate, detail::admission admitted, char const* file, std::uint32_t line)
        : contract_(static_cast<Contract*>(admitted.contract)),
          cell_(&gate.cell()),
          owner_(detail::this_thread_cells.number),
          index_(gate.index()),
          how_(admitted.how),
          said_(gate.say_where(file, line, how_)) {}
    lease(lease&& other) noexcept
        : contract_(other.contract_),
          cell_(other.cell_),
          owner_(other.owner_),
          index_(other.index_),
          how_(std::exchange(other.how_, detail::hold::none)),
          said_(other.said_) {}
    lease& operator=(lease other) noexcept {
        std::swap(contract_, other.contract_);
        std::swap(cell_, other.cell_);
        std::swap(owner_, other.owner_);
        std::swap(index_, other.index_);
        std::swap(how_, other.how_);
        std::swap(said_, other.said_);
        return *this;
    }
    // Out of line: it is not a short function, and inlined into a std::optional<lease> g++ 12 takes the lease
    // for uninitialised.
    [[gnu::noinline]] ~lease() {
        if (how_ != detail::hold::none) detail::gate::leave(owner_, *cell_, how_, index_, said_);
    }

    /// Cost:     a plain pointer.
    Contract* operator->() const noexcept { return contract_; }
    Contract& operator*() const noexcept { return *contract_; }

private:
    Contract* contract_ = nullptr;
    detail::lease_cell* cell_;
    std::uint64_t owner_ = 0;
    std::uint32_t index_;
    detail::hold how_ = detail::hold::none;
    bool said_ = false;  // whether the thread's hold is recorded under this lease
};

/// A hold on one generation that may move between threads, for asynchronous hosts.
/// Lifetime: a swap waits for it, as for a lease; calls through it never check the gate. A shared lease may
///           outlive its handle.
/// Cost:     one atomic increment to take, one decrement to give back.
template <class Contract>
class shared_lease {
public:
    /// Holds nothing.
    shared_lease() noexcept = default;
    /// The caller holds `inside`, a lease of that gate.
    shared_lease(detail::gate& gate, lease<Contract> const& inside) noexcept
        : contract_(&*inside), index_(gate.index()) {
        gate.share();
    }
    shared_lease(shared_lease&& other) noexcept
        : contract_(std::exchange(other.contract_, nullptr)), index_(other.index_) {}
    shared_lease& operator=(shared_lease other) noexcept {
        std::swap(contract_, other.contract_);
        std::swap(index_, other.index_);
        return *this;
    }
    ~shared_lease() {
        if (contract_ != nullptr) detail::gate::unshare(index_);
    }

    /// Whether it holds a generation: false after a move from it, or if it was made empty.
    explicit operator bool() const noexcept { return contract_ != nullptr; }
    Contract* operator->() const noexcept { return contract_; }
    Contract& operator*() const noexcept { return *contract_; }

private:
    Contract* contract_ = nullptr;
    std::uint32_t index_ = 0;
};

namespace detail {

template <class F>
class function_waiting final : public opening_wait {
public:
    explicit function_waiting(F f) : f_(std::move(f)) {}
    void call(opening how) noexcept { f_(how); }

private:
    void opened(opening how) noexcept override { call(how); }
    F f_;
};

}  // namespace detail

/// A wait begun by `handle::when_open`: the end of this object cancels the wait.
/// Lifetime: the watch may outlive its handle. Its end does not wait for a function that another thread is
///           calling at that moment.
/// Threads:  [any], one at a time.
class opening_watch {
public:
    /// Waits for no gate.
    opening_watch() noexcept = default;
    opening_watch(std::shared_ptr<detail::gate> gate, std::shared_ptr<detail::opening_wait> waits) noexcept
        : gate_(std::move(gate)), waits_(std::move(waits)) {}
    opening_watch(opening_watch&&) noexcept = default;
    opening_watch& operator=(opening_watch&& other) noexcept {
        if (this == &other) return *this;
        cancel();
        gate_ = std::move(other.gate_);
        waits_ = std::move(other.waits_);
        return *this;
    }
    ~opening_watch() { cancel(); }

    /// Cancels the wait: true: the function will not be called; false: it was, or another thread is calling
    /// it now.
    bool cancel() noexcept {
        auto const gate = std::move(gate_);
        auto const waits = std::move(waits_);
        if (waits == nullptr || !waits->stop_waiting()) return false;
        gate->drop_stopped_waits();
        return true;
    }
    /// Lets the wait continue without this object: the function is called even if this object is gone by
    /// then.
    void detach() noexcept {
        gate_ = nullptr;
        waits_ = nullptr;
    }

private:
    std::shared_ptr<detail::gate> gate_;
    std::shared_ptr<detail::opening_wait> waits_;
};

/// A component by its name, across all its generations; cheap to copy.
/// Lifetime: may outlive its component and its runtime: calls then throw swap_error (component_gone).
/// Threads:  [any]; one handle object may be used by several threads at once.
template <class Contract>
class handle {
public:
    /// One call: holds a lease until the end of the full expression. In `co_await handle->read(key)` the full
    /// expression ends after the coroutine has resumed, and the resuming thread gives the lease back.
    class call {
    public:
        explicit call(detail::gate& gate) : cell_(gate.cell()), index_(gate.index()) {
            auto const admitted = gate.enter(cell_);
            contract_ = static_cast<Contract*>(admitted.contract);
            how_ = admitted.how;
            owner_ = detail::this_thread_cells.number;
        }
        call(call const&) = delete;
        ~call() { detail::gate::leave(owner_, cell_, how_, index_); }
        Contract* operator->() const noexcept { return contract_; }

    private:
        detail::lease_cell& cell_;
        Contract* contract_;
        std::uint64_t owner_;
        std::uint32_t index_;
        detail::hold how_;
    };

    explicit handle(std::shared_ptr<detail::gate> gate) noexcept : gate_(std::move(gate)) {}

    /// Calls the running generation under one lease; waits while the gate is closed.
    /// Errors:   throws swap_error (component_gone) once the component is unloaded or serves another
    ///           contract, or its runtime is gone.
    /// Threads:  [any]
    /// Cost:     a store, a compiler barrier and a load on top of the virtual call.
    call operator->() const { return call(*gate_); }

    /// A lease for a block: all calls through it reach one generation. If it delays a drain, the drain's
    /// message names the place where it was taken: the caller's place, unless another is given.
    /// Errors:   throws swap_error (component_gone).
    /// Threads:  [any]
    [[nodiscard]] hotswap::lease<Contract> lease(char const* file = __builtin_FILE(),
                                                 std::uint32_t line = __builtin_LINE()) const {
        return hotswap::lease<Contract>(*gate_, file, line);
    }

    /// A lease that may move between threads.
    /// Errors:   throws swap_error (component_gone).
    /// Threads:  [any]
    [[nodiscard]] shared_lease<Contract> share(char const* file = __builtin_FILE(),
                                               std::uint32_t line = __builtin_LINE()) const {
        return shared_lease<Contract>(*gate_, lease(file, line));
    }

    /// A lease if the gate is open now, empty while it is closed: this call never waits.
    /// Errors:   throws swap_error (component_gone): the gate will never be open again.
    /// Threads:  [any]
    [[nodiscard]] std::optional<hotswap::lease<Contract>> try_lease(
        char const* file = __builtin_FILE(), std::uint32_t line = __builtin_LINE()) const {
        std::optional<hotswap::lease<Contract>> taken;
        auto const admitted = gate_->enter_if_open(gate_->cell());
        if (admitted.contract != nullptr) taken.emplace(*gate_, admitted, file, line);
        return taken;
    }

    /// As `try_lease`, but for a lease that may move between threads; the lease is empty while the gate is
    /// closed.
    /// Errors:   throws swap_error (component_gone).
    /// Threads:  [any]
    [[nodiscard]] shared_lease<Contract> try_share(char const* file = __builtin_FILE(),
                                                   std::uint32_t line = __builtin_LINE()) const {
        auto const taken = try_lease(file, line);
        return taken ? shared_lease<Contract>(*gate_, *taken) : shared_lease<Contract>();
    }

    /// Calls `f(opening)` once: now, on this thread, if the gate is open or the component gone; otherwise on
    /// the thread that opens the gate, once that thread holds no gate closed, or ends the component. By then
    /// the gate may be closed again.
    /// Effects:  an operation continues only after `f` has returned, so `f` passes work on and does not wait.
    /// Errors:   throws std::bad_alloc, or an exception of moving `f`. An exception of `f` itself ends the
    ///           process.
    /// Threads:  [any]
    /// Lifetime: `f` lives until it was called or cancelled; the end of the returned object cancels it.
    template <class F>
    [[nodiscard]] opening_watch when_open(F f) const {
        auto waits = std::make_shared<detail::function_waiting<F>>(std::move(f));
        switch (gate_->await_opening(waits)) {
            case detail::gate::wait::is_open:
                waits->call(opening::open);
                return {};
            case detail::gate::wait::is_gone:
                waits->call(opening::gone);
                return {};
            case detail::gate::wait::begun:
                break;
        }
        return opening_watch(gate_, std::move(waits));
    }

    /// The gate itself, for code that builds on it (<hotswap/asio.hpp>).
    std::shared_ptr<detail::gate> const& gate() const noexcept { return gate_; }

private:
    std::shared_ptr<detail::gate> gate_;
};

}  // namespace hotswap
