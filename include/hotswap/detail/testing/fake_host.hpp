// A host without a runtime, for the tests of a component class.
#pragma once

#include <hotswap/detail/abi/contract_as_built.hpp>
#include <hotswap/detail/sdk/host.hpp>
#include <hotswap/detail/testing/fake_functions.hpp>
#include <hotswap/detail/testing/fake_services.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace hotswap::testing {

template <class T>
class component;

/// What a fake host shows to its components.
struct fake_host_options {
    hotswap::settings settings{};
    std::string origin = "/modules";
    bool rehearsing = false;  ///< as in a rehearsal: no neighbours, and timers and posts that never run
    std::chrono::sys_time<std::chrono::nanoseconds> now = std::chrono::sys_days{std::chrono::days{20'000}};
};

/// A host without a runtime: all that a component asks of its host, under the control of a test.
///
///     hotswap::testing::fake_host host;
///     hotswap::testing::component<cleaner> cleaner{host};
///     host.advance(24h);                                    // runs the timers that fall due, on this thread
///     CHECK(host.logged("3 entries removed"));
///
/// Threads:  [any] for what components call; its own members are for one thread, the test's.
/// Lifetime: outlives the components on it, and their handles to neighbours.
class fake_host {
public:
    using time_point = std::chrono::sys_time<std::chrono::nanoseconds>;

    explicit fake_host(fake_host_options options = {})
        : around_{std::move(options.settings), std::move(options.origin), options.rehearsing},
          services_(options.now),
          host_(detail::fake_seat::api(), &take_seat()) {}
    fake_host(fake_host const&) = delete;
    fake_host& operator=(fake_host const&) = delete;

    /// The host as a component sees it, for an object that the test constructs without `component<T>`.
    hotswap::host& host() noexcept { return host_; }

    time_point now() const { return services_.now(); }

    /// Moves the clock on by `by` and runs, on this thread, posts and the timers that fall due meanwhile: the
    /// earliest first, of several at one time the one that was asked for first. The clock stands at each
    /// job's time while the job runs. `advance(0s)` runs the posts.
    /// Effects:  the jobs of an instance that drains wait for the end of the drain.
    /// Errors:   throws std::runtime_error with the words of a job's exception, or std::bad_alloc; the clock
    ///           then stands at that job's time, and the next call continues. Throws std::logic_error if jobs
    ///           post themselves without end.
    void advance(std::chrono::nanoseconds by) { services_.advance(by); }

    /// The timers that run, and the posts that have not run yet.
    std::size_t timers() const { return services_.count_jobs(false); }
    std::size_t posts() const { return services_.count_jobs(true); }

    /// All lines that components have logged since the begin or `clear_log`, the oldest first.
    std::vector<log_line> log() const { return services_.lines(); }
    void clear_log() { services_.forget_lines(); }
    /// Whether some line contains `part`.
    bool logged(std::string_view part) const {
        auto const lines = log();
        return std::any_of(lines.begin(), lines.end(),
                           [part](log_line const& each) { return each.text.find(part) != each.text.npos; });
    }

    /// Sets what instances see that are constructed from now on.
    void use_settings(hotswap::settings settings) { around_.settings = std::move(settings); }
    void use_origin(std::string origin) { around_.origin = std::move(origin); }
    void use_rehearsal(bool rehearsing) { around_.rehearsing = rehearsing; }

    /// Lets `host.draining()` return true and wakes the waits on a `drain_signal`, as an operation that closes
    /// the gate does; `end_drain` is the end of an operation that was refused.
    void begin_drain() {
        for (auto const& each : seats_) each->drain(true);
    }
    void end_drain() {
        for (auto const& each : seats_) each->drain(false);
    }

    /// Makes `object` the neighbour `name`, which `host.find` finds by `Contract` and by each contract that it
    /// extends. Existing handles to that name call the new object from now on.
    ///
    ///     host.provide<journal>("journal", fake_journal);
    ///
    /// Lifetime: `object` until `withdraw`, or the end of the fake host.
    template <class Contract>
    void provide(std::string_view name, std::type_identity_t<Contract>& object) {
        std::vector<detail::fake_neighbour::revision> revisions;
        add_revisions<Contract>(object, revisions);
        services_.provide(name, std::move(revisions));
    }
    /// Runs, on this thread, what components have asked for by `host.on_change(name, f)`.
    /// Errors:   those of `advance`.
    void announce_change(std::string_view name) { services_.announce(name); }
    /// Takes the neighbour away: calls through a handle to it throw, `try_enter` finds nothing.
    void withdraw(std::string_view name) { services_.provide(name, {}); }

    /// The pins that components hold.
    std::size_t pins() const noexcept {
        std::size_t all = 0;
        for (auto const& each : seats_) all += each->pins;
        return all;
    }

private:
    template <class T>
    friend class component;

    template <class Contract>
    static void add_revisions(Contract& object, std::vector<detail::fake_neighbour::revision>& to) {
        auto const known = detail::contract_as_built<Contract>();
        to.push_back({std::string(known.name), known.number, &object});
        if constexpr (detail::extends_contract<Contract>)
            add_revisions<typename Contract::extends>(object, to);
    }

    // A place for one instance. It stays when the instance is gone: a pin may outlive the instance.
    detail::fake_seat& take_seat() {
        return *seats_.emplace_back(std::make_unique<detail::fake_seat>(services_, around_));
    }

    detail::fake_seat::surroundings around_;
    detail::fake_services services_;
    std::vector<std::unique_ptr<detail::fake_seat>> seats_;
    hotswap::host host_;
};

}  // namespace hotswap::testing
