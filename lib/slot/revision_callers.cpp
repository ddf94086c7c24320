#include "slot/revision_callers.hpp"

#include "base/refuse.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace hotswap::detail {

/// The state that the copies of one handle share.
struct revision_callers::registration {
    registration(std::shared_ptr<revision_callers> with, contract const& by, std::string caller)
        : of(std::move(with)), number(by.number), functions(by.functions), who(std::move(caller)) {}
    ~registration() {
        if (counts) of->remove(*this);
    }
    registration(registration const&) = delete;
    registration& operator=(registration const&) = delete;

    bool is_in(group const& those) const noexcept {
        return those.number == number && those.functions == functions && those.who == who;
    }

    std::shared_ptr<revision_callers> const of;
    std::uint32_t const number;
    std::uint32_t const functions;
    std::string const who;
    bool counts = false;
};

result<std::shared_ptr<gate>> revision_callers::admit(contract const& wanted, std::string caller,
                                                      std::string_view who) {
    auto const made = std::make_shared<registration>(shared_from_this(), wanted, std::move(caller));
    mutex_lock const lock(mutex_);
    if (auto served = expect_served(wanted, who); !served) return served.error();
    if (are_ending_ && !made->who.empty())
        return refuse(
            errc::contract_mismatch, phase::none,
            "{} is about to serve another contract than {} {}; try again when that operation has ended", who,
            wanted.name, wanted.number);
    add(*made);
    made->counts = true;
    return std::shared_ptr<detail::gate>(made, gate_.get());
}

result<void> revision_callers::expect_served(contract const& wanted, std::string_view who) const {
    auto const name = gate_->contract().name;
    if (!running_) return {};  // the component is being unloaded: no call goes through
    auto fit = check_contract({name, *running_}, wanted, phase::none, who,
                              "ask for a contract that it implements, or swap to a release that does");
    if (!fit) return fit;
    struct other {
        served const& module;
        std::string_view which;
    };
    for (auto const& each : {other{before_, "that ran before it"}, other{next_, "that replaces it"},
                             other{standing_by_, "that may come back while this one is on probation"}}) {
        auto const why = each.module ? misfit({name, *each.module}, wanted) : std::string();
        if (!why.empty())
            return refuse(errc::contract_mismatch, phase::none,
                          "{} serves {} {}, but the module {} {}; try again when that operation has ended",
                          who, wanted.name, wanted.number, each.which, why);
    }
    return {};
}

bool revision_callers::end_with(implemented_contract const& next, contract const& after) const noexcept {
    auto const now = gate_->contract();
    return now != after && (next.name != now.name || !next.revisions.has(now.number));
}

std::string revision_callers::components_but(std::span<std::string const> insiders) const {
    std::vector<std::string> names;
    mutex_lock const lock(mutex_);
    for (auto const& each : callers_)
        if (!each.who.empty() && std::ranges::find(insiders, each.who) == insiders.end() &&
            std::ranges::find(names, each.who) == names.end())
            names.push_back(each.who);
    std::ranges::sort(names);
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string revision_callers::misfit_of(implemented_contract const& next, contract const& after) const {
    auto own = misfit(next, after);
    if (!own.empty() || end_with(next, after)) return own;
    mutex_lock const lock(mutex_);
    return unserved(next);
}

std::string revision_callers::unserved(implemented_contract const& next) const {
    std::string handles;
    for (group const& each : callers_) {
        if (misfit(next, {next.name, each.number, each.functions}).empty()) continue;
        handles +=
            fmt::format("{}{} of {} by {} {}", handles.empty() ? "" : ", ", each.handles,
                        each.who.empty() ? "the host" : "\"" + each.who + "\"", next.name, each.number);
    }
    if (handles.empty()) return {};
    return fmt::format(
        "implements the contract {} {}, and handles exist that call it by another contract: {}", next.name,
        hotswap::detail::in_words(next.revisions.all()), handles);
}

result<void> revision_callers::check(implemented_contract const& next, std::string_view who) const {
    mutex_lock const lock(mutex_);
    auto const why = unserved(next);
    if (why.empty()) return {};
    return refuse(errc::contract_mismatch, phase::verify,
                  "{} {}; destroy those handles first, or choose a release that serves them", who, why);
}

result<revision_hold> revision_callers::hold(implemented_contract const& next, std::string_view who) {
    {
        // Before the check: from here on no caller is admitted that the check would have to count.
        mutex_lock const lock(mutex_);
        before_ = running_;
        next_ = next.revisions;
    }
    revision_hold held(shared_from_this());
    if (auto served = check(next, who); !served) return served.error();
    return held;
}

revision_hold revision_callers::hold_to_end() noexcept {
    mutex_lock const lock(mutex_);
    are_ending_ = true;
    return revision_hold(shared_from_this());
}

void revision_callers::end_hold() noexcept {
    mutex_lock const lock(mutex_);
    are_ending_ = false;
    before_.reset();
    next_.reset();
}

void revision_callers::now_runs(std::optional<served_revisions> const& by) noexcept {
    mutex_lock const lock(mutex_);
    running_ = by;
}

void revision_callers::now_stands_by(std::optional<served_revisions> const& by) noexcept {
    mutex_lock const lock(mutex_);
    standing_by_ = by;
}

void revision_callers::add(registration const& one) {
    auto const known =
        std::ranges::find_if(callers_, [&one](group const& those) { return one.is_in(those); });
    if (known != callers_.end())
        ++known->handles;
    else
        callers_.push_back({one.number, one.functions, one.who, 1});
}

void revision_callers::remove(registration const& one) noexcept {
    mutex_lock const lock(mutex_);
    auto const known =
        std::ranges::find_if(callers_, [&one](group const& those) { return one.is_in(those); });
    if (known != callers_.end() && --known->handles == 0) callers_.erase(known);
}

}  // namespace hotswap::detail
