#include "slot/slot.hpp"

#include "slot/closed_here.hpp"
#include "slot/thread_probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <new>
#include <utility>

namespace hotswap::detail {

namespace {

void add_new(std::vector<std::string>& to, std::vector<std::string> const& from) {
    for (auto const& each : from)
        if (std::find(to.begin(), to.end(), each) == to.end()) to.push_back(each);
}

std::optional<served_revisions> revisions_of(generation const* which) noexcept {
    if (which == nullptr) return std::nullopt;
    return which->module->file().revisions();
}

}  // namespace

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

slot::slot(std::string name, contract wanted, environment surroundings)
    : entrance(
          std::make_shared<gate>(std::move(name), std::string(wanted.name), wanted.number, wanted.functions)),
      around(std::move(surroundings)),
      runner_(entrance.get(), [this](std::string_view what, std::uint64_t times) {
          around.log(level::error, fmt::format("a timer or posted job threw: {}{}", what,
                                               times == 1 ? "" : fmt::format(" ({} times in a row)", times)));
      }) {}

slot::~slot() {
    runner_.stop();
    entrance->tell_of_drains(nullptr);
    if (standby_) retire(take_standby());
    if (running_) retire(std::exchange(running_, nullptr));
}

result<std::shared_ptr<gate>> slot::admit(contract const& wanted, std::string caller, std::string_view who) {
    auto const next = next_callers.get();
    auto const set = set_closed_here();
    bool const is_behind = set != 0 && set == entrance->closed_as();
    auto const by = next && is_behind ? next : callers.get();
    return by->admit(wanted, std::move(caller), who);
}

void slot::move_to_next_callers() noexcept {
    auto next = next_callers.exchange(nullptr);
    auto const& way_in = next->entrance();
    way_in->promise(false);
    entrance->tell_of_drains(nullptr);
    callers->now_runs({});
    callers->now_stands_by({});
    runner_.go_through(way_in);
    entrance.exchange(way_in);
    callers.exchange(std::move(next));
}

std::unique_ptr<generation> slot::exchange(std::unique_ptr<generation> next) noexcept {
    if (next) last_number_ = std::max(last_number_, next->number);
    runner_.activate(next ? &next->services->jobs() : nullptr);
    entrance->tell_of_drains(next ? next->services.get() : nullptr);
    callers->now_runs(revisions_of(next.get()));
    return std::exchange(running_, std::move(next));
}

// Where a return would end the callers anyhow, they are not kept to what it serves.
void slot::stand_by(std::unique_ptr<generation> old) noexcept {
    bool const ends = callers->end_with(old->module->file().implements(), old->contract.view());
    callers->now_stands_by(ends ? std::nullopt : revisions_of(old.get()));
    standby_ = std::move(old);
}

std::unique_ptr<generation> slot::take_standby() noexcept {
    callers->now_stands_by({});
    return std::move(standby_);
}

slot_facts slot::facts_of(generation const* running, std::string previous_release) const {
    slot_facts facts;
    if (running != nullptr) {
        facts.running = running->info();
        facts.schema = running->module->file().schema().name;
        facts.source = running->source;
        if (auto const& with = running->services->settings()) facts.settings = with->values();
        for (auto const& library : running->module->libraries())
            facts.libraries.push_back(
                fmt::format("{}, which {} needs", library, running->module->staged().name()));
        facts.warnings = running->module->file().warnings_in_words();
        if (!running->not_resumed.empty()) facts.warnings.push_back(running->not_resumed);
    }
    facts.previous_release = std::move(previous_release);
    return facts;
}

slot_news slot::expect(generation const& next) {
    slot_news news;
    // The way back leads to other content: a new generation of the same, as after a restore, changes nothing about it.
    news.is_same_content = running_->module->staged().digest() == next.module->staged().digest();
    if (news.is_same_content) {
        news.previous = previous_;
    } else {
        auto const& file = running_->module->staged();
        news.previous = {running_->module.shared(),
                         running_->source,
                         file.copy(),
                         file.name(),
                         std::string(running_->module->file().release()),
                         file.digest(),
                         running_->services->settings(),
                         running_->contract};
    }
    news.facts = facts_of(&next, news.previous.release);
    mutex_lock const lock(facts_mutex_);
    news.facts.swaps = facts_.swaps + 1;
    add_new(news.facts.libraries, facts_.libraries);
    retained_.reserve(retained_.size() + 2);  // what is retired, and what stood by
    return news;
}

void slot::announce(slot_news news, bool on_probation) noexcept {
    previous_ = std::move(news.previous);
    probation_failed_ = false;
    mutex_lock const lock(facts_mutex_);
    // A caller that names a file that was sent back wants it.
    auto const& digest = news.facts.running.digest;
    if (digest != facts_.running.digest)
        if (auto const found = rolled_back_files_.find(digest); found != rolled_back_files_.end())
            rolled_back_files_.erase(found);
    facts_ = std::move(news.facts);
    facts_.on_probation = on_probation;
    facts_.is_suspect = on_probation && !news.is_same_content;
}

unload_report slot::end_probation() {
    entrance->measure_calls(false);
    return standby_ ? retire(take_standby()) : unload_report{};
}

void slot::note_probation_over() noexcept {
    mutex_lock const lock(facts_mutex_);
    facts_.on_probation = false;
    facts_.is_suspect = false;
}

void slot::note_rollback(failure why, std::string digest, std::string what) {
    if (!digest.empty()) rolled_back_files_.insert_or_assign(std::move(digest), std::move(what));
    mutex_lock const lock(facts_mutex_);
    facts_.rolled_back = std::move(why);
}

std::string_view slot::fate_of(std::string_view digest) const {
    auto const found = rolled_back_files_.find(digest);
    return found == rolled_back_files_.end() ? std::string_view{} : found->second;
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
        report = let_go_of(std::move(kept));
        report.module = module->staged().name();
        report.libraries = module->libraries();
    } catch (std::exception const&) {
        report.verdict = unload_verdict::retained;  // for all that is known
    }
    report.dropped_jobs = dropped_jobs;
    return report;
}

// What is in use is never let go of, whatever fails. Other generations that stand on the module keep it open.
unload_report slot::let_go_of(retained_module kept) {
    unload_report report;
    mutex_lock const lock(facts_mutex_);
    auto const& module = *kept.module;
    kept.look(around.thread_probe_signal);
    if (!kept.is_held()) {
        kept.services.reset();
        kept.module.drop();
        if (around.keep_code) {
            report.verdict = unload_verdict::retained;
            report.reason = "runtime_options::keep_code, for debuggers";
            return report;
        }
        auto const* const earlier = holder_of(module);
        if (earlier != nullptr) {
            report.verdict = unload_verdict::retained;
            report.reason = "an earlier generation's " + earlier->reason();
            return report;
        }
        if (is_overrunning(module)) {
            report.verdict = unload_verdict::retained;
            report.reason = "code of it overran the pause budget and is still running";
            return report;
        }
        if (module.is_open()) return report;
        if (!module.is_mapped()) {
            report.verdict = unload_verdict::unmapped;
            return report;
        }
    }
    report.verdict = unload_verdict::retained;
    try {
        retained_.reserve(retained_.size() + 1);
    } catch (std::bad_alloc const&) {
        static_cast<void>(kept.services.release());  // leaked on purpose: old code may call it
        kept.module.leak();
        throw;
    }
    retained_.push_back(std::move(kept));
    report.reason = retained_.back().reason();
    return report;
}

// Null if none does.
retained_module const* slot::holder_of(loaded_module const& module) const {
    auto const found = std::find_if(
        retained_.begin(), retained_.end(),
        [&module](retained_module const& kept) { return kept.module.get() == &module && kept.is_held(); });
    return found == retained_.end() ? nullptr : &*found;
}

// What is given up holds its module until it is over; the thread that runs it leaves that pointer alone.
bool slot::is_overrunning(loaded_module const& module) const {
    return std::any_of(abandoned_.begin(), abandoned_.end(),
                       [&module](auto const& each) { return each->next->module.get() == &module; });
}

void slot::adopt_abandoned(std::shared_ptr<abandoned_work> what) {
    mutex_lock const lock(facts_mutex_);
    abandoned_.push_back(std::move(what));
}

void slot::retire_finished() {
    std::vector<std::shared_ptr<abandoned_work>> finished;
    {
        mutex_lock const lock(facts_mutex_);
        auto const still = std::stable_partition(abandoned_.begin(), abandoned_.end(), [](auto const& each) {
            return !each->over.load(std::memory_order_acquire);
        });
        finished.assign(std::make_move_iterator(still), std::make_move_iterator(abandoned_.end()));
        abandoned_.erase(still, abandoned_.end());
    }
    for (auto const& each : finished) retire(std::move(each->next));
}

void slot::sweep_retained() {
    retire_finished();
    mutex_lock const lock(facts_mutex_);
    for (retained_module& kept : retained_) {
        kept.look(around.thread_probe_signal);
        if (kept.is_held()) continue;
        kept.services.reset();
        kept.module.drop();
    }
    // Nothing in here throws: what was moved from in the middle would be lost.
    std::erase_if(retained_, [](retained_module const& kept) noexcept {
        return !kept.is_held() && (kept.module->is_open() || !kept.module->is_mapped());
    });
}

bool slot::has_pins() const {
    mutex_lock const lock(facts_mutex_);
    return is_abandoned_ || !abandoned_.empty() ||
           std::any_of(retained_.begin(), retained_.end(), [](auto const& kept) { return kept.is_in_use(); });
}

void slot::leak_running() noexcept {
    runner_.activate(nullptr);
    {
        mutex_lock const lock(facts_mutex_);
        is_abandoned_ = true;  // what is inside may call this slot's services
    }
    // Leaked on purpose: a stray caller may still be inside, and dlclose under its feet would end the
    // process.
    static_cast<void>(running_.release());
}

slot_facts slot::facts() const {
    mutex_lock const lock(facts_mutex_);
    slot_facts facts = facts_;
    for (retained_module const& kept : retained_)
        facts.retained += fmt::format("{}{}: {}", facts.retained.empty() ? "" : "; ",
                                      kept.module->staged().name(), kept.reason());
    for (auto const& each : abandoned_)
        facts.retained += fmt::format("{}{}: code that overran the pause budget and is still running",
                                      facts.retained.empty() ? "" : "; ", each->module);
    return facts;
}

void slot::publish_facts() {
    auto facts = facts_of(running_.get(), previous_.release);
    mutex_lock const lock(facts_mutex_);
    facts.swaps = facts_.swaps;
    add_new(facts.libraries, facts_.libraries);
    facts.on_probation = standby_ != nullptr;
    facts.is_suspect = standby_ && standby_->module->staged().digest() != facts.running.digest;
    facts.rolled_back = std::move(facts_.rolled_back);
    facts_ = std::move(facts);
}

}  // namespace hotswap::detail
