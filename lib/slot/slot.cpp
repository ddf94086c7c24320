#include "slot/slot.hpp"

#include "slot/closed_here.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace hotswap::detail {

namespace {

std::optional<served_revisions> revisions_of(generation const* which) noexcept {
    if (which == nullptr) return std::nullopt;
    return which->module->file().revisions();
}

}  // namespace

slot::slot(std::string name, contract wanted, host_context host)
    : name_(std::move(name)),
      host_(std::move(host)),
      gate_(std::make_shared<detail::gate>(name_, std::string(wanted.name), wanted.number, wanted.functions)),
      runner_(gate_.get(), [this](std::string_view what, std::uint64_t times) {
          host_.log(level::error, fmt::format("a timer or posted job threw: {}{}", what,
                                              times == 1 ? "" : fmt::format(" ({} times in a row)", times)));
      }) {}

slot::~slot() {
    runner_.stop();
    gate_->tell_of_drains(nullptr);
    if (standby() != nullptr) retire(take_standby());
    if (running_) retire(std::exchange(running_, nullptr));
}

result<std::shared_ptr<gate>> slot::admit(contract const& wanted, std::string caller, std::string_view who) {
    auto const next = next_callers_.get();
    auto const set = set_closed_here();
    bool const is_behind = set != 0 && set == gate_->closed_as();
    auto const by = next && is_behind ? next : callers_.get();
    return by->admit(wanted, std::move(caller), who);
}

void slot::move_to_next_callers() noexcept {
    auto next = next_callers_.exchange(nullptr);
    auto const& next_gate = next->gate();
    next_gate->promise(false);
    gate_->tell_of_drains(nullptr);
    callers_->now_runs({});
    callers_->now_stands_by({});
    runner_.go_through(next_gate);
    gate_.exchange(next_gate);
    callers_.exchange(std::move(next));
}

std::unique_ptr<generation> slot::exchange(std::unique_ptr<generation> next) noexcept {
    if (next) last_number_ = std::max(last_number_, next->number);
    runner_.activate(next ? &next->services->jobs() : nullptr);
    gate_->tell_of_drains(next ? next->services.get() : nullptr);
    callers_->now_runs(revisions_of(next.get()));
    return std::exchange(running_, std::move(next));
}

pending_facts slot::prepare_facts(generation const& next) {
    pending_facts pending;
    // A revert leads to other content: a new generation of the same content, as after a restore, keeps its
    // target.
    pending.is_same_content = running_->module->staged().digest() == next.module->staged().digest();
    pending.previous = pending.is_same_content ? previous() : previous_of(*running_);
    pending.facts = facts_of(&next, pending.previous.release);
    facts_.prepare(pending.facts);
    retired_.reserve(2);  // the retired generation, and the standby
    return pending;
}

void slot::publish(pending_facts pending, bool on_probation) noexcept {
    lineage_.advance(std::move(pending.previous));
    // A host that names a file that was sent back wants that file.
    if (!pending.is_same_content) lineage_.forget_rollback(pending.facts.running.digest);
    pending.facts.on_probation = on_probation;
    pending.facts.is_suspect = on_probation && !pending.is_same_content;
    facts_.publish(std::move(pending.facts));
}

void slot::publish_facts() {
    auto now = facts_of(running_.get(), previous().release);
    now.on_probation = standby() != nullptr;
    now.is_suspect = standby() != nullptr && standby()->module->staged().digest() != now.running.digest;
    facts_.refresh(std::move(now));
}

slot_facts slot::facts() const {
    // Read first: facts are published before the code of the generation before is retired.
    auto retained = retired_.in_words();
    auto facts = facts_.get();
    facts.retained = std::move(retained);
    return facts;
}

// If a return would end the callers anyway, the standby generation need not serve them.
void slot::stand_by(std::unique_ptr<generation> old) noexcept {
    bool const ends = callers_->end_with(old->module->file().implements(), old->contract.view());
    callers_->now_stands_by(ends ? std::nullopt : revisions_of(old.get()));
    lineage_.stand_by(std::move(old));
}

std::unique_ptr<generation> slot::take_standby() noexcept {
    callers_->now_stands_by({});
    return lineage_.take_standby();
}

unload_report slot::end_probation() {
    gate_->measure_calls(false);
    return standby() != nullptr ? retire(take_standby()) : unload_report{};
}

void slot::note_rollback(failure why, std::string digest, std::string fate) {
    if (!digest.empty()) lineage_.note_rollback(std::move(digest), std::move(fate));
    facts_.note_rollback(std::move(why));
}

void slot::dismiss(generation& old) noexcept {
    old.dropped_jobs += runner_.close(old.services->jobs());
    old.instance = {};
}

unload_report slot::retire(std::unique_ptr<generation> old) noexcept {
    dismiss(*old);
    auto const dropped_jobs = old->dropped_jobs;
    auto const module = old->module.shared();
    old->state = {};
    retained_module kept{std::move(old->module), std::move(old->services)};
    old.reset();
    unload_report report;
    try {
        report = retired_.let_go_of(std::move(kept));
        report.module = module->staged().name();
        report.libraries = module->libraries();
    } catch (std::exception const&) {
        report.verdict = unload_verdict::retained;  // as far as is known
    }
    report.dropped_jobs = dropped_jobs;
    return report;
}

void slot::sweep_retained() {
    for (auto const& each : retired_.take_finished()) retire(std::move(each->next));
    retired_.sweep();
}

void slot::leak_running() noexcept {
    runner_.activate(nullptr);
    retired_.note_leak();  // the thread inside may call this slot's services
    // Leaked on purpose: a thread may still be inside, and dlclose would unmap its code and end the process.
    static_cast<void>(running_.release());
}

}  // namespace hotswap::detail
