#include "pool/live_part.hpp"

#include "base/refuse.hpp"

#include <hotswap/format.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace hotswap::detail {

namespace {

std::string line_of(swap_plan const& of) {
    return fmt::format("{}: {} → {}, pause about {}", of.component, of.from.release, of.to.release,
                       hotswap::to_string(of.predicted_pause));
}

// A set of runtime and a pool's transaction is undone by a revert: where there is no way back, it must not begin.
result<void> expect_way_back(swap_plan const& of, swap_options const& with) {
    if (of.reversible && (of.reversible_without_loss || with.allow_loss)) return {};
    return refuse(errc::pool_refused, phase::plan,
                  "{}: {} → {} could not be undone{}, and a pool must be; {}", of.component, of.from.release,
                  of.to.release, of.reversible ? " without a loss" : "",
                  of.reversible ? R"(write "allow_loss": true to accept that)"
                                : "write the downgrade, or swap it by itself");
}

result<void> expect_no_blocker(set_plan const& of) {
    if (of.blockers.empty()) return {};
    std::vector<std::string> all;
    for (auto const& each : of.blockers) all.push_back(fmt::format("{}: {}", each.component, each.message));
    return refuse(errc::pool_refused, phase::plan, "{}", fmt::join(all, "; "));
}

std::string names_of(settings const& all) {
    std::string text;
    for (auto const& each : all) text += (text.empty() ? "" : ", ") + each.first;
    return text;
}

bool is_swapped(std::vector<manifest_swap> const& all, std::string_view component) {
    return std::ranges::find(all, component, &manifest_swap::component) != all.end();
}

}  // namespace

live_part::live_part(runtime* host, manifest_pool const& of, std::filesystem::path directory,
                     source_tree const* tree)
    : host_(host), of_(of), directory_(std::move(directory)), tree_(tree) {}

// A module "src/cache-2.1.0.so" is a file of the manifest; any other text is read as in a swap.
component_set live_part::wanted() const {
    component_set set;
    for (auto const& each : of_.swaps) {
        auto one = set_member{.component = each.component, .options = each.options};
        if (each.is_own_file) one.options.module = (directory_ / one.options.module.text()).native();
        set.push_back(std::move(one));
    }
    return set;
}

result<void> live_part::plan(std::stop_token const& stop) {
    if (is_empty()) return {};
    if (host_ == nullptr)
        return refuse(errc::pool_refused, phase::none,
                      "the pool {} changes components of a running host; apply it through the host", of_.id);
    if (auto planned = plan_swaps(stop); !planned) return planned;
    return plan_settings();
}

result<void> live_part::plan_swaps(std::stop_token const& stop) {
    if (of_.swaps.empty()) return {};
    auto const set = wanted();
    auto const plan = host_->plan(set, {.stop = stop});
    if (!plan) return plan.error();
    if (auto free = expect_no_blocker(*plan); !free) return free;
    predicted_pause_ = plan->predicted_pause;
    for (std::size_t i = 0; i != set.size(); ++i) {
        auto const& one = plan->components[i];
        if (auto same = expect_own_file(of_.swaps[i], one.to.digest); !same) return same;
        content_ += "swap" + one.component + '\0' + one.to.digest + '\0';
        bool const runs_already = one.to.generation == one.from.generation;
        in_words_.push_back(runs_already ? fmt::format("{}: {} runs already", one.component, one.from.release)
                                         : line_of(one));
        if (runs_already) continue;
        if (auto back = expect_way_back(one, set[i].options); !back) return back;
        auto& member = to_swap_.emplace_back(set[i]);
        member.options.expected = expected_change{one.from.generation, one.to.digest, one.configured};
        swaps_.push_back({one.component, one.from.digest, one.to.digest, one.from.release, one.to.release,
                          member.options.allow_loss});
    }
    return {};
}

// A module of the manifest is the one whose digest was checked.
result<void> live_part::expect_own_file(manifest_swap const& of, std::string const& digest) const {
    if (!of.is_own_file || tree_ == nullptr) return {};
    auto const path = std::filesystem::path(of.options.module.text()).lexically_normal().native();
    auto const found = tree_->find(path);
    if (found != tree_->end() && found->second == digest) return {};
    return refuse(errc::pool_refused, phase::none, "{} changed while it was looked at; try again", path);
}

result<void> live_part::plan_settings() {
    for (auto const& each : of_.settings) {
        auto const now = host_->settings_of(each.component);
        bool const is_new_code = is_swapped(of_.swaps, each.component);
        if (!now && !is_new_code) return now.error();
        intent_settings change{.component = each.component, .after = each.values};
        std::vector<std::string> words;
        for (auto const& [name, value] : each.values) {
            content_ += "configure" + each.component + '\0' + name + '\0' + value + '\0';
            bool const is_there = now && now->contains(name);
            if (!is_there && !is_new_code)
                return refuse(errc::pool_refused, phase::none, "{} has no setting {}; it has {}",
                              each.component, name, names_of(*now));
            if (is_there) change.before[name] = now->find(name)->second;
            words.push_back(fmt::format("{} = {}", name, value));
        }
        in_words_.push_back(fmt::format("{}: {}", each.component, fmt::join(words, ", ")));
        settings_.push_back(std::move(change));
    }
    return {};
}

result<void> live_part::swap(before_commit const& while_closed, std::stop_token const& stop,
                             pool_report& into) {
    if (to_swap_.empty()) return while_closed();
    auto done = host_->swap(to_swap_, {.stop = stop, .before_commit = while_closed});
    if (!done) return done.error();
    into.pause = done->pause;
    into.swaps = std::move(done->components);
    if (!done->not_durable) return {};
    return refuse(errc::pool_failed, phase::persist, "the new set could not be stored: {}",
                  done->not_durable->message);
}

result<void> live_part::configure(std::stop_token const& stop, pool_report& into) {
    for (auto const& each : of_.settings) {
        auto done = host_->configure(each.component, each.values, {.stop = stop});
        if (!done) return done.error();
        into.pause += done->pause;
        into.configured.push_back(std::move(*done));
    }
    return {};
}

namespace {

using texts = std::vector<std::string>;

// Only what is still as the transaction has left it: a setting that has another value has been changed by others since.
void put_settings_back(runtime& host, pool_intent const& of, texts& faults) {
    for (auto each = of.configured.rbegin(); each != of.configured.rend(); ++each) {
        auto const now = host.settings_of(each->component);
        if (!now) continue;  // what has no settings any more has none to put back
        settings before;
        for (auto const& [name, value] : each->before) {
            auto const found = now->find(name);
            auto const made = each->after.find(name);
            if (found != now->end() && made != each->after.end() && found->second == made->second)
                before[name] = value;
        }
        if (before.empty()) continue;
        if (auto done = host.configure(each->component, before); !done)
            faults.push_back(fmt::format("the settings of {}: {}", each->component, done.error().message));
    }
}

component_set brought_by(runtime const& host, pool_intent const& of, bool& may_lose) {
    component_set set;
    auto const all = host.status();
    for (auto const& each : of.swaps) {
        auto const found = std::ranges::find(all, each.component, &component_status::name);
        if (found == all.end() || found->running.digest != each.to) continue;
        may_lose = may_lose || each.allow_loss;
        set.push_back({.component = each.component});
    }
    return set;
}

}  // namespace

result<void> undo_live_part(runtime* host, pool_intent const& of, before_commit const& while_closed) {
    if (of.swaps.empty() && of.configured.empty()) return while_closed();
    if (host == nullptr)
        return refuse(errc::pool_failed, phase::none,
                      "it has changed components of a running host; repair it through the host");
    texts faults;
    put_settings_back(*host, of, faults);
    bool may_lose = false;
    auto const set = brought_by(*host, of, may_lose);
    auto const back = set.empty() ? while_closed() : [&]() -> result<void> {
        auto done = host->revert(set, {.allow_loss = may_lose, .before_commit = while_closed});
        if (!done) return done.error();
        return {};
    }();
    if (!back)
        faults.push_back(fmt::format("{}{}{}", back.error().component,
                                     back.error().component.empty() ? "" : ": ", back.error().message));
    if (faults.empty()) return {};
    return refuse(errc::pool_failed, phase::none, "{}", fmt::join(faults, "; "));
}

}  // namespace hotswap::detail
