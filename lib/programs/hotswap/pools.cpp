#include "pool/described.hpp"
#include "pool/file_steps.hpp"
#include "pool/manifest.hpp"
#include "pool/pool_versions.hpp"
#include "programs/hotswap/colours.hpp"
#include "programs/hotswap/duration.hpp"
#include "programs/hotswap/pool_log.hpp"
#include "programs/hotswap/stop_by_signal.hpp"
#include "programs/hotswap/verbs.hpp"
#include "report/json_reader.hpp"
#include "report/json_writer.hpp"
#include "report/plain_text.hpp"

#include <hotswap/format.hpp>

#include <boost/json/array.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include <unistd.h>

namespace hotswap::cli {

namespace {

namespace fs = std::filesystem;

mood mood_of(pool_outcome outcome) {
    if (outcome == pool_outcome::applied || outcome == pool_outcome::unchanged) return mood::good;
    return outcome == pool_outcome::inconsistent ? mood::bad : mood::warning;
}

// What closures and files are called goes to a terminal as text, and never as an order to it.
std::string plain(std::string_view text) { return detail::one_line(text, std::size_t{64} << 10U); }

std::string text_of(pool_report const& of) {
    auto text = fmt::format("{}: {}{}{}\n", of.id, coloured(mood_of(of.outcome), to_string(of.outcome)),
                            of.reason.empty() ? "" : ": ", plain(of.reason));
    for (auto const& each : of.swaps) text += fmt::format("  {}\n", each);
    for (auto const& each : of.configured) text += fmt::format("  {}\n", each);
    for (auto const& each : of.planned) text += fmt::format("  {}\n", each);
    for (auto const& each : of.files) {
        if (!each.warning.empty()) text += fmt::format("  {}\n", each.warning);
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
    bool is_live = false;
    bool no_closure = false;
    std::vector<std::string> keys{};

    void add_state(CLI::App& to) {
        to.add_option("--state", state, "The directory of backups and records (" + state + ")");
    }
    /// Of verbs that may be of a host.
    void add_live(CLI::App& to) {
        to.add_flag(
            "--live", is_live,
            "Have the host do it, also what needs no host; what changes components is always done so");
    }
    void add_closure(CLI::App& to) {
        to.add_option("--closure-deadline", deadline, "How long each closure may take (10min)");
        to.add_option("--environment", environment, "Names of variables that closures get too");
        to.add_flag("--keep-times", keep_times,
                    "Restored files get their old times, which builds may overlook");
    }
    void add_run(CLI::App& to) {
        add_state(to);
        add_live(to);
        add_closure(to);
        to.add_option("--trust", keys, "A public key: apply only what one of these has signed");
        to.add_flag("--retry", retry, "Also pools that have failed with the same content");
        to.add_flag("--dry-run", dry_run, "Say what would be done, and change nothing");
    }
    /// What a request to a host has of them.
    json::object body() const {
        if (!keys.empty())
            throw std::invalid_argument(
                "--trust is for runs without a host; a host has its own trusted keys");
        json::object made{{"dry_run", dry_run}, {"retry", retry}, {"keep_times", keep_times}};
        json::array names;
        for (auto const& each : environment) names.push_back(json::string(each));
        made["environment"] = std::move(names);
        if (!deadline.empty()) made["closure_deadline_ns"] = duration_of(deadline).count();
        return made;
    }
    pool_options options(session const& with) const {
        pool_options made;
        made.state = state;
        if (!deadline.empty()) made.closure_deadline = duration_of(deadline);
        made.environment = environment;
        made.retry = retry;
        made.dry_run = dry_run;
        made.keep_times = keep_times;
        made.closure_after_undo = !no_closure;
        if (::isatty(STDERR_FILENO) != 0 && !with.options().as_json)
            made.on_progress = [](std::string_view line) {
                std::fputs(fmt::format("{}\n", plain(line)).c_str(), stderr);
            };
        return made;
    }
};

exit_code tell(session& with, apply_report const& done) {
    std::string text;
    for (auto const& each : done.recovered) text += "an earlier run did not end; " + text_of(each);
    for (auto const& each : done.pools) text += text_of(each);
    if (done.pools.empty()) text += "the manifest has no pools\n";
    if (done.final_closure != final_closure_outcome::not_run)
        text += fmt::format("final closure: {}{}{}\n", to_string(done.final_closure),
                            done.final_reason.empty() ? "" : ": ", done.final_reason);
    return with.show(detail::json_writer()(done), text, code_of(done.pools));
}

exit_code tell(session& with, pool_report const& done) {
    // Files that are back are what was asked for here.
    auto const code = done.outcome == pool_outcome::inconsistent ? exit_code::inconsistent : exit_code::done;
    return with.show(detail::json_writer()(done), text_of(done), code);
}

template <class Report>
exit_code tell(session& with, result<Report> const& done) {
    return done ? tell(with, *done) : with.fail(done.error(), exit_code::refused);
}

/// Has the host do it, and tells its report as that of this process.
template <class Report>
exit_code ask_host(session& with, std::string_view verb, json::object body) {
    auto code = exit_code::done;
    auto const id = with.begin(fmt::format("/v1/{}", verb), std::move(body), code);
    if (id.empty()) return code;
    auto const ended = with.end_of(id, with.patience(std::chrono::hours(24)), code);
    if (!ended) return code;
    auto const& operation = ended->as_object();
    Report report;
    auto const* const found = operation.if_contains("report");
    if (found != nullptr && detail::json_reader(false).read(*found, report)) return tell(with, report);
    failure why;
    if (auto const* const told = operation.if_contains("failure");
        told != nullptr && detail::json_reader(false).read(*told, why))
        return with.fail(why, cli::code_of(operation));
    return with.tell(*ended, cli::text_of(operation), cli::code_of(operation));
}

// A manifest that changes components is applied by their host; where it is applied, what is wrong with it is reported.
bool needs_host(fs::path const& directory) {
    auto const file = directory / "index.json";
    auto const text = detail::read_text(file);
    if (!text) return false;
    auto const manifest = detail::read_manifest(file.native(), *text);
    return manifest && std::ranges::any_of(manifest->pools, &detail::is_live);
}

result<pool_options> trusting(pool_options made, std::vector<std::string> const& keys) {
    for (auto const& each : keys) {
        auto const key = public_key::read(each);
        if (!key) return key.error();
        made.trusted_keys.push_back(*key);
    }
    return made;
}

exit_code run_apply(session& with, fs::path const& directory, pool_words const& words) {
    if (words.is_live || needs_host(directory)) {
        auto body = words.body();
        body["directory"] = fs::absolute(directory).lexically_normal().native();
        return ask_host<apply_report>(with, "apply", std::move(body));
    }
    auto options = trusting(words.options(with), words.keys);
    if (!options) return with.fail(options.error(), exit_code::refused);
    stop_by_signal const signals;
    options->stop = signals.token();
    audited_pools log(with.options().reason, words.state, words.dry_run);
    auto done = log.run("apply", directory, [&] { return apply_pools(directory, *options); });
    return tell(with, done);
}

exit_code run_rollback(session& with, std::string const& version, pool_words const& words) {
    auto const by_host = [&] {
        auto body = words.body();
        body["version"] = version;
        return ask_host<apply_report>(with, "pool_rollback", std::move(body));
    };
    if (words.is_live) return by_host();
    auto const found = detail::version_of(version, words.state);
    if (!found) return with.fail(found.error(), exit_code::refused);
    if (needs_host(*found)) return by_host();
    auto options = trusting(words.options(with), words.keys);
    if (!options) return with.fail(options.error(), exit_code::refused);
    stop_by_signal const signals;
    options->stop = signals.token();
    audited_pools log(with.options().reason, words.state, words.dry_run);
    auto done = log.run("rollback", *found, [&] { return rollback_pools(version, *options); });
    return tell(with, done);
}

bool has_components(fs::path const& state, std::string const& id) {
    auto const all = list_pools(state);
    if (!all) return false;
    auto const found = std::ranges::find(*all, id, &pool_status::id);
    return found != all->end() && !found->components.empty();
}

exit_code run_repair(session& with, std::string const& id, pool_words const& words) {
    if (words.is_live || has_components(words.state, id)) {
        auto body = words.body();
        body["pool"] = id;
        return ask_host<pool_report>(with, "pool_repair", std::move(body));
    }
    stop_by_signal const signals;
    auto options = words.options(with);
    options.stop = signals.token();
    audited_pools log(with.options().reason, words.state, false);
    return tell(with, log.run("repair", id, [&] { return repair_pool(id, options); }));
}

exit_code run_accept(session& with, std::string const& id, pool_words const& words) {
    if (words.is_live) return ask_host<pool_report>(with, "pool_accept", json::object{{"pool", id}});
    audited_pools log(with.options().reason, words.state, false);
    return tell(with, log.run("accept", id, [&] { return accept_pool(id, words.options(with)); }));
}

exit_code run_recover(session& with, pool_words const& words) {
    stop_by_signal const signals;
    auto options = words.options(with);
    options.stop = signals.token();
    auto const done = recover_pools(options);
    if (!done) return with.fail(done.error(), exit_code::refused);
    std::string text;
    for (auto const& each : *done) text += text_of(each);
    if (done->empty()) text = "no run had to be ended\n";
    auto const is_bad =
        std::ranges::find(*done, pool_outcome::inconsistent, &pool_report::outcome) != done->end();
    return with.show(json::object{{"pools", detail::json_writer()(*done)}}, text,
                     is_bad ? exit_code::inconsistent : exit_code::done);
}

std::string line_of(pool_status const& of) {
    return fmt::format("{}: {} at {:%Y-%m-%d %H:%M:%S} UTC, with {}{}{}\n", of.id,
                       coloured(mood_of(of.outcome), to_string(of.outcome)),
                       fmt::gmtime(std::chrono::system_clock::to_time_t(of.when)), of.schema_version,
                       of.reason.empty() ? "" : ": ", of.reason);
}

exit_code list_versions(session& with, pool_words const& words) {
    auto const all = list_pool_versions(words.state);
    if (!all) return with.fail(all.error(), exit_code::refused);
    std::string text;
    for (auto const& each : *all)
        text += fmt::format("{} {:%Y-%m-%d %H:%M:%S} UTC {}{}{}\n", each.digest.substr(0, 12),
                            fmt::gmtime(std::chrono::system_clock::to_time_t(each.when)), each.schema_version,
                            each.description.empty() ? "" : ": ", each.description);
    if (all->empty()) text = fmt::format("no manifest is kept in {}\n", words.state);
    return with.show(json::object{{"versions", detail::json_writer()(*all)}}, text, exit_code::done);
}

exit_code list(session& with, pool_words const& words, bool as_metrics) {
    auto const all = list_pools(words.state);
    if (!all) return with.fail(all.error(), exit_code::refused);
    if (as_metrics) {
        fmt::print("{}", metrics_of(*all));
        return exit_code::done;
    }
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
    for (auto const& each : found->components) text += fmt::format("  component {}\n", each);
    return with.show(detail::json_writer()(*found), text, exit_code::done);
}

exit_code run_sign(session& with, fs::path const& directory, fs::path const& key) {
    auto const by = sign_pools(directory, key);
    if (!by) return with.fail(by.error(), exit_code::refused);
    return with.show(json::object{{"key", *by}}, fmt::format("{}: signed by {}\n", directory.native(), *by),
                     exit_code::done);
}

}  // namespace

void add_apply(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("apply",
                                         "Apply the pools of DIRECTORY/index.json, each as a whole or not at "
                                         "all; what changes components needs their host");
    auto const words = std::make_shared<pool_words>();
    auto const directory = std::make_shared<std::string>();
    verb->add_option("DIRECTORY", *directory, "It holds index.json and src/")->required();
    words->add_run(*verb);
    verb->callback(
        [=, &chosen] { chosen = [=](session& with) { return run_apply(with, *directory, *words); }; });
}

void add_pools(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("pools", "Show how each pool ended last; needs no host");
    auto const words = std::make_shared<pool_words>();
    auto const versions = std::make_shared<bool>(false);
    auto const metrics = std::make_shared<bool>(false);
    words->add_state(*verb);
    verb->add_flag("--versions", *versions, "Show the manifests that are kept, for a rollback");
    verb->add_flag("--metrics", *metrics, "In the text format of Prometheus")->excludes("--versions");
    verb->callback([=, &chosen] {
        chosen = [=](session& with) {
            return *versions ? list_versions(with, *words) : list(with, *words, *metrics);
        };
    });
}

void add_pool(CLI::App& to, chosen_verb& chosen) {
    auto* const verb =
        to.add_subcommand("pool", "Show one pool, or undo, repair or sign what belongs to pools");
    verb->require_subcommand(1);
    auto const words = std::make_shared<pool_words>();
    auto const word = std::make_shared<std::string>();
    auto const key = std::make_shared<std::string>();
    auto const add = [&](char const* name, char const* what, auto const& run) {
        auto* const made = verb->add_subcommand(name, what);
        made->callback([=, &chosen] { chosen = [=](session& with) { return run(with); }; });
        return made;
    };
    auto const add_for_pool = [&](char const* name, char const* what, auto const& run) {
        auto* const made = add(name, what, run);
        made->add_option("POOL", *word, "The pool's id")->required();
        return made;
    };
    words->add_state(*add_for_pool("show", "Show how it ended last, and its files",
                                   [=](session& with) { return show_one(with, *words, *word); }));
    auto* const repair = add_for_pool("repair", "Undo an inconsistent pool once more, and run its closure",
                                      [=](session& with) { return run_repair(with, *word, *words); });
    words->add_state(*repair);
    words->add_live(*repair);
    words->add_closure(*repair);
    auto* const accept = add_for_pool("accept", "Take what an inconsistent pool has made as it is",
                                      [=](session& with) { return run_accept(with, *word, *words); });
    words->add_state(*accept);
    words->add_live(*accept);
    auto* const rollback =
        add("rollback", "Apply a manifest that was applied before; without VERSION the one before the last",
            [=](session& with) { return run_rollback(with, *word, *words); });
    rollback->add_option("VERSION", *word,
                         "The begin of its digest (8 digits or more), or its schema_version");
    words->add_run(*rollback);
    auto* const recover =
        add("recover", "Undo what a run has left that did not end: at boot, and at the start of a host",
            [=](session& with) { return run_recover(with, *words); });
    words->add_state(*recover);
    words->add_closure(*recover);
    recover->add_flag("--no-closure", words->no_closure,
                      "Run no closure on what was undone: at boot services begin after it anyway");
    auto* const sign = add("sign", "Sign DIRECTORY/index.json and src/: writes index.json.sig",
                           [=](session& with) { return run_sign(with, *word, *key); });
    sign->add_option("DIRECTORY", *word, "It holds index.json and src/")->required();
    sign->add_option("--with", *key, "The secret key, of `hotswap keygen`")->required();
}

}  // namespace hotswap::cli
