#include "control/undoable.hpp"

#include "base/refuse.hpp"
#include "report/json_writer.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace hotswap::detail {

namespace {

using generations = std::vector<std::pair<std::string, std::uint64_t>>;

/// The end of an operation that has committed; inconsistent if the store does not have it.
operation_end committed(boost::json::value report, std::uint64_t operation_id,
                        std::optional<failure> not_durable) {
    operation_end how{.report = std::move(report), .operation_id = operation_id};
    if (!not_durable) return how;
    how.outcome = operation_outcome::inconsistent;
    how.why = std::move(not_durable);
    return how;
}

/// Errors:   plan_stale: another generation runs than the one that the operation brought.
result<void> expect_unchanged(runtime const& of, generations const& brought) {
    auto const now = of.status();
    for (auto const& [name, generation] : brought) {
        auto const found = std::ranges::find(now, name, &component_status::name);
        auto const running = found == now.end() ? 0 : found->running.generation;
        if (running != generation)
            return refuse(
                errc::plan_stale, phase::none,
                "{} has gone on since: generation {} came from the operation, and {} runs; revert it by its "
                "name if that is wanted",
                name, generation, running);
    }
    return {};
}

operation_end revert_unchanged(runtime& of, generations const& brought) {
    if (auto same = expect_unchanged(of, brought); !same) return refused(same.error());
    component_set set;
    for (auto const& each : brought) set.push_back({.component = each.first});
    return ended(of.revert(set));
}

}  // namespace

component_set set_of(std::vector<std::string> const& names) {
    component_set set;
    for (auto const& name : names) set.push_back({.component = name});
    return set;
}

operation_end refused(failure why) { return {.outcome = operation_outcome::undone, .why = std::move(why)}; }

operation_end ended(result<set_report> const& done) {
    if (!done) return refused(done.error());
    auto not_durable = done->not_durable;
    for (auto const& each : done->components)
        if (each.not_durable) not_durable = each.not_durable;
    auto how = committed(json_writer()(*done), done->operation_id, std::move(not_durable));
    for (auto const& each : done->components)
        if (!each.same_content) how.generations.emplace_back(each.component, each.to.generation);
    if (!how.generations.empty())
        how.undo = [brought = how.generations](runtime& at) { return revert_unchanged(at, brought); };
    return how;
}

operation_end restore_undoably(runtime& of, std::string const& name, std::span<std::byte const> frame,
                               restore_options options) {
    options.keep_replaced = true;
    auto done = of.restore(name, frame, options);
    if (!done) return refused(done.error());
    auto const replaced = std::make_shared<std::vector<std::byte> const>(std::move(done->replaced));
    auto how = ended(as_set(std::move(*done)));
    how.undo = [name, replaced, brought = how.generations](runtime& at) {
        if (auto same = expect_unchanged(at, brought); !same) return refused(same.error());
        if (replaced->empty())
            return refused(
                refuse(errc::not_reversible, phase::none,
                       "the state that was in {} before could not be kept, and the report says why; restore "
                       "a snapshot",
                       name));
        return restore_undoably(at, name, *replaced, {});
    };
    return how;
}

operation_end configure_undoably(runtime& of, std::string const& name, settings const& changes,
                                 configure_options const& options) {
    auto const done = of.configure(name, changes, options);
    if (!done) return refused(done.error());
    auto how = committed(json_writer()(*done), done->operation_id, done->not_durable);
    if (done->changes.empty()) return how;
    how.undo = [name, made = done->changes](runtime& at) {
        auto const now = at.settings_of(name);
        if (!now) return refused(now.error());
        settings before;
        for (auto const& each : made) {
            auto const found = now->find(each.name);
            if (found == now->end() || found->second != each.to)
                return refused(
                    refuse(errc::plan_stale, phase::none,
                           "{} of {} has changed since: the operation set it to {}, and it is {}; configure "
                           "it by its name if that is wanted",
                           each.name, name, each.to, found == now->end() ? "gone" : found->second));
            before[each.name] = each.from;
        }
        return configure_undoably(at, name, before, {});
    };
    return how;
}

operation_end load_undoably(runtime& of, std::string const& name, load_options const& options) {
    auto const done = of.load(name, options);
    if (!done) return refused(done.error());
    operation_end how{.report = json_writer()(*done)};
    how.generations.emplace_back(name, done->running.generation);
    how.undo = [name, brought = how.generations](runtime& at) {
        if (auto same = expect_unchanged(at, brought); !same) return refused(same.error());
        return unload_for_good(at, name, {});
    };
    return how;
}

operation_end unload_for_good(runtime& of, std::string_view name, unload_options const& options) {
    auto const done = of.unload(name, options);
    if (!done) return refused(done.error());
    operation_end how{.report = json_writer()(*done), .operation_id = done->operation_id};
    how.undo = [name = std::string(name)](runtime&) {
        return refused(
            refuse(errc::not_reversible, phase::none,
                   "{} is unloaded, and its state is gone with it; load it again, from a snapshot if there "
                   "is one",
                   name));
    };
    return how;
}

operation_end undone_after_all(runtime& of, operation_end how) {
    auto const back = how.undo(of);
    bool const is_undone = back.outcome == operation_outcome::done;
    how.outcome = is_undone ? operation_outcome::undone : operation_outcome::inconsistent;
    how.why = is_undone ? refuse(errc::aborted, phase::none,
                                 "it was aborted when it had committed, and what it had done was undone")
                        : back.why;
    how.on_probation = false;
    how.undo = {};
    return how;
}

}  // namespace hotswap::detail
