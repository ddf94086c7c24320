#include "control/operation_book.hpp"

#include "base/enum_name.hpp"
#include "base/refuse.hpp"
#include "report/json_writer.hpp"

#include <hotswap/describe.hpp>

#include <boost/describe/enum.hpp>
#include <boost/json/array.hpp>

#include <fmt/ranges.h>

#include <sodium/randombytes.h>

#include <algorithm>
#include <utility>

namespace hotswap::detail {

BOOST_DESCRIBE_ENUM(operation_state, running, on_probation, ended)
BOOST_DESCRIBE_ENUM(operation_outcome, done, undone, inconsistent)

namespace {

constexpr std::size_t most_ended = 256;

}  // namespace

std::string_view to_string(operation_state state) noexcept { return enum_name(state); }
std::string_view to_string(operation_outcome outcome) noexcept { return enum_name(outcome); }

operation_book::operation_book(std::size_t most_running, std::function<void()> changed)
    : most_running_(most_running),
      changed_(std::move(changed)),
      host_(fmt::format("{:08x}", ::randombytes_random())) {}

result<std::string> operation_book::begin(operation_request request) {
    std::string id;
    {
        mutex_lock const lock(mutex_);
        auto const running =
            static_cast<std::size_t>(std::ranges::count(entries_, operation_state::running, &entry::state));
        if (running >= most_running_)
            return refuse(errc::busy, phase::none,
                          "{} operations run already, which is the most; wait for one to end", running);
        id = fmt::format("{}-{}", host_, ++last_);
        entries_.push_back({.id = id,
                            .request = std::move(request),
                            .end = {},
                            .started = std::chrono::system_clock::now()});
        forget_old();
    }
    changed_();
    return id;
}

void operation_book::note_probation(std::string_view id, operation_end const& so_far) {
    {
        mutex_lock const lock(mutex_);
        auto* const found = look_up(id);
        if (found == nullptr) return;
        found->state = operation_state::on_probation;
        found->end = so_far;
    }
    changed_();
}

bool operation_book::settle(std::string_view id, operation_end const& so_far) {
    mutex_lock const lock(mutex_);
    auto* const found = look_up(id);
    if (found == nullptr) return true;
    if (found->stop.stop_requested()) return false;
    found->is_settled = true;
    found->end.generations = so_far.generations;
    found->end.undo = so_far.undo;
    auto const is_changed = [&so_far](auto const& earlier) {
        return std::ranges::any_of(so_far.generations,
                                   [&](auto const& each) { return each.first == earlier.first; });
    };
    for (auto& each : entries_) {
        if (&each == found || !std::ranges::any_of(each.end.generations, is_changed)) continue;
        each.end.undo = {};
        each.followed_by = found->id;
    }
    return true;
}

void operation_book::end(std::string_view id, operation_end how) {
    {
        mutex_lock const lock(mutex_);
        auto* const found = look_up(id);
        if (found == nullptr) return;
        // What was known before a probation is still so.
        if (how.report.is_null()) how.report = std::move(found->end.report);
        if (how.generations.empty()) how.generations = std::move(found->end.generations);
        if (!how.undo) how.undo = std::move(found->end.undo);
        if (how.outcome == operation_outcome::undone) {
            how.generations.clear();
            how.undo = {};
        }
        found->end = std::move(how);
        found->state = operation_state::ended;
        found->ended = std::chrono::system_clock::now();
    }
    changed_();
}

std::stop_token operation_book::stop_of(std::string_view id) const {
    mutex_lock const lock(mutex_);
    auto const* const found = look_up(id);
    return found == nullptr ? std::stop_token() : found->stop.get_token();
}

result<operation_state> operation_book::ask_to_stop(std::string_view id) {
    mutex_lock const lock(mutex_);
    auto* const found = look_up(id);
    if (found == nullptr)
        return refuse(errc::unknown_operation, phase::none,
                      "this host has no operation {}; it knows the last {}, and those only since it started",
                      id, most_ended);
    if (found->is_settled && found->state == operation_state::running) return operation_state::ended;
    found->stop.request_stop();
    return found->state;
}

std::optional<boost::json::object> operation_book::find(std::string_view id) const {
    mutex_lock const lock(mutex_);
    auto const* const found = look_up(id);
    if (found == nullptr) return std::nullopt;
    return shown(*found);
}

std::optional<operation_state> operation_book::state_of(std::string_view id) const {
    mutex_lock const lock(mutex_);
    auto const* const found = look_up(id);
    if (found == nullptr) return std::nullopt;
    return found->state;
}

operation_undoing operation_book::undoing_of(std::string_view id) const {
    mutex_lock const lock(mutex_);
    auto const* const found = look_up(id);
    if (found == nullptr) return {};
    operation_undoing how{.components = found->request.components, .undo = found->end.undo};
    if (!found->followed_by.empty() && !found->end.generations.empty())
        how.stale =
            refuse(errc::plan_stale, phase::none,
                   "operation {} has changed {} since; abort that one first, or revert by name if that is "
                   "wanted",
                   found->followed_by, fmt::join(how.components, " and "));
    return how;
}

std::vector<boost::json::object> operation_book::newest(std::size_t most) const {
    mutex_lock const lock(mutex_);
    std::vector<boost::json::object> all;
    auto const begin = entries_.size() > most ? entries_.size() - most : 0;
    for (auto i = begin; i != entries_.size(); ++i) all.push_back(shown(entries_[i]));
    return all;
}

std::string operation_book::in_words() const {
    mutex_lock const lock(mutex_);
    std::string text;
    for (auto const& each : entries_) {
        if (each.state != operation_state::running) continue;
        text += fmt::format("{}{} of {} by {}", text.empty() ? "" : ", ", each.request.verb,
                            fmt::join(each.request.components, " and "), each.request.by);
    }
    return text;
}

boost::json::object operation_book::shown(entry const& from) {
    json_writer const write;
    boost::json::object out{{"id", from.id}, {"verb", from.request.verb}};
    out["components"] = write(from.request.components);
    out["by"] = from.request.by;
    out["reason"] = from.request.reason;
    out["may_take_ns"] = from.request.may_take.count();
    out["state"] = write(to_string(from.state));
    out["started_ns"] = write(from.started);
    if (!from.end.report.is_null()) out["report"] = from.end.report;
    if (from.state != operation_state::ended) return out;
    out["ended_ns"] = write(from.ended);
    out["outcome"] = write(to_string(from.end.outcome));
    out["sent_back"] = from.end.sent_back;
    if (from.end.why) out["failure"] = write(*from.end.why);
    return out;
}

operation_book::entry const* operation_book::look_up(std::string_view id) const {
    auto const found = std::ranges::find(entries_, id, &entry::id);
    return found == entries_.end() ? nullptr : &*found;
}

operation_book::entry* operation_book::look_up(std::string_view id) {
    auto const found = std::ranges::find(entries_, id, &entry::id);
    return found == entries_.end() ? nullptr : &*found;
}

// Those that have not ended stay.
void operation_book::forget_old() {
    auto ended = std::ranges::count(entries_, operation_state::ended, &entry::state);
    std::erase_if(entries_, [&ended](entry const& each) {
        return each.state == operation_state::ended && ended-- > static_cast<std::ptrdiff_t>(most_ended);
    });
}

}  // namespace hotswap::detail
