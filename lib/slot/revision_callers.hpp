// The callers of a component, by the revision of its contract, so that every next module serves them.
#pragma once

#include "slot/contract_fit.hpp"

#include <hotswap/contract.hpp>
#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/slot/gate.hpp>
#include <hotswap/failure.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::detail {

class revision_hold;

/// The callers of one component, by the revision of its contract that they know, and the modules that may
/// have to answer them: the running one, the standby, and, during an operation, the next one.
/// Threads:  [any]
class revision_callers : public std::enable_shared_from_this<revision_callers> {
public:
    /// `to`: the component's gate. Every module serves the gate's contract, whether there are callers or not.
    explicit revision_callers(std::shared_ptr<detail::gate> to) noexcept : gate_(std::move(to)) {}
    revision_callers(revision_callers const&) = delete;
    revision_callers& operator=(revision_callers const&) = delete;

    /// Admits a caller that knows the component by `wanted`. The caller counts until the last copy of the
    /// result is gone.
    /// `caller`: the component that asks; empty: the host. `who` begins the sentence of a refusal.
    /// Errors:   contract_mismatch; throws std::bad_alloc.
    result<std::shared_ptr<detail::gate>> admit(contract const& wanted, std::string caller,
                                                std::string_view who);

    /// The gate that admits these callers.
    std::shared_ptr<detail::gate> const& gate() const noexcept { return gate_; }

    /// The contract reason that the module cannot come next, to serve `after`, as the end of a sentence that
    /// begins with the module's name; empty: there is none.
    std::string misfit_of(implemented_contract const& next, contract const& after) const;
    /// Whether these callers end when `next` comes, to serve `after`: another contract, and the module does
    /// not serve the present one.
    bool end_with(implemented_contract const& next, contract const& after) const noexcept;
    /// The names of the calling components except `insiders`, separated by commas.
    std::string components_but(std::span<std::string const> insiders) const;
    /// Checks that `next` serves all callers. `who` begins the sentence of a refusal.
    /// Errors:   contract_mismatch, naming the callers.
    result<void> check(implemented_contract const& next, std::string_view who) const;
    /// As `check`; until the hold is gone, a caller is admitted only if both `next` and the running module
    /// serve it.
    result<revision_hold> hold(implemented_contract const& next, std::string_view who);

    /// Until the hold is gone, no component is admitted: these callers are about to end, and no component may
    /// lose its handle without a check.
    revision_hold hold_to_end() noexcept;

    /// Sets the revisions that the running module serves, or that the standby serves, if there is one.
    void now_runs(std::optional<served_revisions> const& by) noexcept;
    void now_stands_by(std::optional<served_revisions> const& by) noexcept;

private:
    friend class revision_hold;
    struct registration;
    using served = std::optional<served_revisions>;

    /// The handles of one caller that know the component in the same way.
    struct group {
        std::uint32_t number;
        std::uint32_t functions;
        std::string who;
        std::uint64_t handles;
    };

    result<void> expect_served(contract const& wanted, std::string_view who) const HOTSWAP_REQUIRES(mutex_);
    std::string unserved(implemented_contract const& next) const HOTSWAP_REQUIRES(mutex_);
    void add(registration const& one) HOTSWAP_REQUIRES(mutex_);
    void remove(registration const& one) noexcept;
    void end_hold() noexcept;

    std::shared_ptr<detail::gate> const gate_;
    mutable mutex mutex_;
    std::vector<group> callers_ HOTSWAP_GUARDED_BY(mutex_);
    served running_ HOTSWAP_GUARDED_BY(mutex_);
    served standing_by_ HOTSWAP_GUARDED_BY(mutex_);
    served before_ HOTSWAP_GUARDED_BY(mutex_);  // of the module that ran when the operation began
    served next_ HOTSWAP_GUARDED_BY(mutex_);    // of the next module
    bool are_ending_ HOTSWAP_GUARDED_BY(mutex_) = false;
};

/// While this object lives, callers are admitted only by revisions that both modules of an operation serve.
class revision_hold {
public:
    explicit revision_hold(std::shared_ptr<revision_callers> of) noexcept : of_(std::move(of)) {}
    revision_hold(revision_hold&&) noexcept = default;
    revision_hold& operator=(revision_hold&&) = delete;
    ~revision_hold() {
        if (of_) of_->end_hold();
    }

private:
    std::shared_ptr<revision_callers> of_;
};

}  // namespace hotswap::detail
