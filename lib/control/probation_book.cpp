#include "control/probation_book.hpp"

#include <algorithm>

namespace hotswap::detail {

namespace {

// A generation that is gone was sent back, or reverted by someone; the status says which a little later.
constexpr std::chrono::milliseconds patience{500};
constexpr std::size_t most_early = 64;

bool is_end(event const& what) { return what.outcome == outcome::done && what.phase == phase::none; }

}  // namespace

void probation_book::add(operation_on_probation which) {
    mutex_lock const lock(mutex_);
    entry made{.which = std::move(which)};
    for (auto const& [operation, failed] : early_) {
        if (operation != made.which.operation_id) continue;
        made.failed = made.failed || failed;
        made.is_over = made.is_over || !failed;
    }
    entries_.push_back(std::move(made));
}

void probation_book::note(event const& what) {
    if (what.operation != operation::probation) return;
    bool const failed = what.outcome == outcome::failed;
    if (!failed && !is_end(what)) return;
    mutex_lock const lock(mutex_);
    auto const found = std::ranges::find(entries_, what.operation_id,
                                         [](entry const& each) { return each.which.operation_id; });
    if (found != entries_.end()) {
        found->failed = found->failed || failed;
        found->is_over = found->is_over || !failed;
        return;
    }
    early_.emplace_back(what.operation_id, failed);
    if (early_.size() > most_early) early_.erase(early_.begin());
}

std::vector<std::pair<operation_on_probation, operation_end>> probation_book::take_ended(
    std::vector<component_status> const& now) {
    std::vector<std::pair<operation_on_probation, operation_end>> ended;
    mutex_lock const lock(mutex_);
    std::erase_if(entries_, [&](entry& each) {
        auto how = end_of(each, now);
        if (how) ended.emplace_back(each.which, std::move(*how));
        return how.has_value();
    });
    return ended;
}

bool probation_book::is_empty() const {
    mutex_lock const lock(mutex_);
    return entries_.empty();
}

// Empty while it is not known. A generation that goes back ends its return with the same event as one that has passed, so
// that "passed" also needs the generation to serve.
std::optional<operation_end> probation_book::end_of(entry& of, std::vector<component_status> const& now) {
    bool serves = true;
    std::optional<failure> why;
    for (auto const& [name, generation] : of.which.generations) {
        auto const found = std::ranges::find(now, name, &component_status::name);
        if (found == now.end()) continue;  // unloaded since
        if (found->running.generation != generation)
            serves = false;
        else if (found->on_probation)
            return std::nullopt;
        if (!found->rolled_back) continue;
        why = found->rolled_back;
        of.failed = of.failed || why->operation_id == of.which.operation_id;
    }
    if (serves && of.is_over && !of.failed) return operation_end{};
    if (serves && of.failed)
        return operation_end{.outcome = operation_outcome::inconsistent, .why = std::move(why)};
    if (!serves && of.failed && why)
        return operation_end{.outcome = operation_outcome::undone, .why = std::move(why), .sent_back = true};
    if (!of.gone_since) of.gone_since = clock::now();
    if (clock::now() - *of.gone_since < patience) return std::nullopt;
    if (serves) return operation_end{};
    return operation_end{.outcome = operation_outcome::undone, .why = std::move(why), .sent_back = of.failed};
}

}  // namespace hotswap::detail
