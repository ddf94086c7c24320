#include "pool/described.hpp"
#include "programs/hotswap/colours.hpp"
#include "programs/hotswap/duration.hpp"
#include "programs/hotswap/verbs.hpp"
#include "report/json_writer.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include <unistd.h>

namespace hotswap::cli {

namespace {

mood mood_of(pool_outcome outcome) {
    if (outcome == pool_outcome::applied || outcome == pool_outcome::unchanged) return mood::good;
    return outcome == pool_outcome::inconsistent ? mood::bad : mood::warning;
}

std::string text_of(pool_report const& of) {
    auto text = fmt::format("{}: {}{}{}\n", of.id, coloured(mood_of(of.outcome), to_string(of.outcome)),
                            of.reason.empty() ? "" : ": ", of.reason);
    for (auto const& each : of.files) {
        if (each.modified_since.empty()) continue;
        text += fmt::format("  {} was modified by others since {}", each.destination.native(),
                            each.modified_since);
        if (!each.kept.empty()) text += fmt::format("; their version is kept as {}", each.kept.native());
        text += '\n';
    }
    return text;
}

exit_code code_of(std::vector<pool_report> const& all) {
    auto const any = [&all](pool_outcome which) {
        return std::ranges::find(all, which, &pool_report::outcome) != all.end();
    };
    if (any(pool_outcome::inconsistent)) return exit_code::inconsistent;
    return any(pool_outcome::restored) || any(pool_outcome::skipped) ? exit_code::refused : exit_code::done;
}

/// The options of all verbs of pools.
struct pool_words {
    std::string state = pool_options().state;
    std::string deadline{};
    std::vector<std::string> environment{};
    bool retry = false;
    bool dry_run = false;
    bool keep_times = false;

    void add_state(CLI::App& to) {
        to.add_option("--state", state, "The directory of backups and records (" + state + ")");
    }
    void add_closure(CLI::App& to) {
        to.add_option("--closure-deadline", deadline, "How long each closure may take (10min)");
        to.add_option("--environment", environment, "Names of variables that closures get too");
        to.add_flag("--keep-times", keep_times,
                    "Restored files get their old times, which builds may overlook");
    }
    pool_options options(session const& with) const {
        pool_options made;
        made.state = state;
        if (!deadline.empty()) made.closure_deadline = duration_of(deadline);
        made.environment = environment;
        made.retry = retry;
        made.dry_run = dry_run;
        made.keep_times = keep_times;
        if (::isatty(STDERR_FILENO) != 0 && !with.options().as_json)
            made.on_progress = [](std::string_view line) { fmt::print(stderr, "{}\n", line); };
        return made;
    }
};

exit_code run_apply(session& with, std::string const& directory, pool_options const& options) {
    auto const done = apply_pools(directory, options);
    if (!done) return with.fail(done.error(), exit_code::refused);
    std::string text;
    for (auto const& each : done->pools) text += text_of(each);
    if (done->final_closure != final_closure_outcome::not_run)
        text += fmt::format("final closure: {}{}{}\n", to_string(done->final_closure),
                            done->final_reason.empty() ? "" : ": ", done->final_reason);
    return with.show(detail::json_writer()(*done), text, code_of(done->pools));
}

exit_code tell_one(session& with, result<pool_report> const& done) {
    if (!done) return with.fail(done.error(), exit_code::refused);
    // Files that are back are what was asked for here.
    auto const code = done->outcome == pool_outcome::inconsistent ? exit_code::inconsistent : exit_code::done;
    return with.show(detail::json_writer()(*done), text_of(*done), code);
}

std::string line_of(pool_status const& of) {
    return fmt::format("{}: {} at {:%Y-%m-%d %H:%M:%S} UTC, with {}{}{}\n", of.id,
                       coloured(mood_of(of.outcome), to_string(of.outcome)),
                       fmt::gmtime(std::chrono::system_clock::to_time_t(of.when)), of.schema_version,
                       of.reason.empty() ? "" : ": ", of.reason);
}

exit_code list(session& with, pool_words const& words) {
    auto const all = list_pools(words.state);
    if (!all) return with.fail(all.error(), exit_code::refused);
    std::string text;
    for (auto const& each : *all) text += line_of(each);
    if (all->empty()) text = fmt::format("no pool was applied with the state directory {}\n", words.state);
    return with.show(json::object{{"pools", detail::json_writer()(*all)}}, text, exit_code::done);
}

exit_code show_one(session& with, pool_words const& words, std::string const& id) {
    auto const all = list_pools(words.state);
    if (!all) return with.fail(all.error(), exit_code::refused);
    auto const found = std::ranges::find(*all, id, &pool_status::id);
    if (found == all->end())
        return with.fail(
            detail::refuse(errc::pool_refused, phase::none,
                           "no pool {} was applied with the state directory {}", id, words.state),
            exit_code::refused);
    auto text = line_of(*found);
    for (auto const& each : found->destinations) text += fmt::format("  {}\n", each.native());
    return with.show(detail::json_writer()(*found), text, exit_code::done);
}

}  // namespace

void add_apply(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand(
        "apply",
        "Apply the pools of files of DIRECTORY/index.json, each as a whole or not at all; needs no host");
    auto const words = std::make_shared<pool_words>();
    auto const directory = std::make_shared<std::string>();
    verb->add_option("DIRECTORY", *directory, "It holds index.json and src/")->required();
    words->add_state(*verb);
    words->add_closure(*verb);
    verb->add_flag("--retry", words->retry, "Also pools that have failed with the same content");
    verb->add_flag("--dry-run", words->dry_run, "Say what would be done, and change nothing");
    verb->callback([=, &chosen] {
        chosen = [=](session& with) { return run_apply(with, *directory, words->options(with)); };
    });
}

void add_pools(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("pools", "Show how each pool ended last; needs no host");
    auto const words = std::make_shared<pool_words>();
    words->add_state(*verb);
    verb->callback([=, &chosen] { chosen = [=](session& with) { return list(with, *words); }; });
}

void add_pool(CLI::App& to, chosen_verb& chosen) {
    auto* const verb =
        to.add_subcommand("pool", "Show one pool, or end the inconsistency of one; needs no host");
    verb->require_subcommand(1);
    auto const words = std::make_shared<pool_words>();
    auto const id = std::make_shared<std::string>();
    auto const add = [&](char const* name, char const* what) {
        auto* const made = verb->add_subcommand(name, what);
        made->add_option("POOL", *id, "The pool's id")->required();
        words->add_state(*made);
        return made;
    };
    add("show", "Show how it ended last, and its files")->callback([=, &chosen] {
        chosen = [=](session& with) { return show_one(with, *words, *id); };
    });
    auto* const repair =
        add("repair", "Restore the files of an inconsistent pool once more, and run its closure on them");
    words->add_closure(*repair);
    repair->callback([=, &chosen] {
        chosen = [=](session& with) { return tell_one(with, repair_pool(*id, words->options(with))); };
    });
    add("accept", "Take the files of an inconsistent pool as they are")->callback([=, &chosen] {
        chosen = [=](session& with) { return tell_one(with, accept_pool(*id, words->options(with))); };
    });
}

}  // namespace hotswap::cli
