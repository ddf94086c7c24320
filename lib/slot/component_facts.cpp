#include "slot/component_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hotswap::detail {

namespace {

void add_new(std::vector<std::string>& to, std::vector<std::string> const& from) {
    for (auto const& each : from)
        if (std::find(to.begin(), to.end(), each) == to.end()) to.push_back(each);
}

}  // namespace

slot_facts facts_of(generation const* running, std::string previous_release) {
    slot_facts facts;
    facts.previous_release = std::move(previous_release);
    if (running == nullptr) return facts;
    facts.running = running->info();
    facts.schema = running->module->file().schema().name;
    facts.source = running->source;
    if (auto const& settings = running->services->settings()) facts.settings = settings->values();
    for (auto const& library : running->module->libraries())
        facts.libraries.push_back(
            fmt::format("{}, which {} needs", library, running->module->staged().name()));
    facts.warnings = running->module->file().warnings_in_words();
    if (!running->not_resumed.empty()) facts.warnings.push_back(running->not_resumed);
    return facts;
}

slot_facts component_facts::get() const {
    mutex_lock const lock(mutex_);
    return facts_;
}

void component_facts::prepare(slot_facts& next) const {
    mutex_lock const lock(mutex_);
    next.swaps = facts_.swaps + 1;
    add_new(next.libraries, facts_.libraries);
}

void component_facts::publish(slot_facts next) noexcept {
    mutex_lock const lock(mutex_);
    facts_ = std::move(next);
}

void component_facts::refresh(slot_facts now) {
    mutex_lock const lock(mutex_);
    now.swaps = facts_.swaps;
    add_new(now.libraries, facts_.libraries);
    now.rolled_back = std::move(facts_.rolled_back);
    facts_ = std::move(now);
}

void component_facts::note_probation_over() noexcept {
    mutex_lock const lock(mutex_);
    facts_.on_probation = false;
    facts_.is_suspect = false;
}

void component_facts::note_rollback(failure why) noexcept {
    mutex_lock const lock(mutex_);
    facts_.rolled_back = std::move(why);
}

}  // namespace hotswap::detail
