#include <hotswap/pool.hpp>

#include "base/refuse.hpp"
#include "module/digest.hpp"
#include "pool/closure.hpp"
#include "pool/file_steps.hpp"
#include "pool/pool_run.hpp"
#include "pool/pool_versions.hpp"
#include "pool/source_tree.hpp"
#include "pool/tree_signature.hpp"

#include <algorithm>
#include <span>
#include <system_error>

namespace hotswap {

namespace {

namespace fs = std::filesystem;
using namespace detail;

// A run that did not end: what it had recorded as ended is only tidied up, anything else is undone. What has components waits for their host,
// and blocks what touches the same until then.
result<std::vector<pool_report>> end_earlier_runs(pool_site& at) {
    std::vector<pool_report> reports;
    auto found = pool_transaction::left_behind(at.book);
    if (!found) return found.error();
    for (auto& each : *found) {
        auto const* const record = at.book.find(each.intent().pool);
        bool const has_ended = record != nullptr && record->transaction == each.intent().number;
        if (has_ended && record->outcome == pool_outcome::inconsistent) continue;
        if (has_ended || !each.is_touched()) {
            if (auto ended = each.end(); !ended) return ended.error();
            continue;
        }
        if (at.options.host == nullptr && has_components(each.intent())) {
            at.waiting.push_back(blocking_record(each.intent()));
            continue;
        }
        at.tell(fmt::format("{}: an earlier run did not end", each.intent().pool));
        auto undone = undo(at, each, {"an earlier run did not end", false});
        if (!undone) return undone.error();
        reports.push_back(std::move(*undone));
    }
    return reports;
}

result<void> check_signature(pool_site const& at, source_tree const& tree) {
    if (at.options.trusted_keys.empty()) return {};
    return check_tree_signature(at.directory, tree, at.options.trusted_keys);
}

// Whether every pool held, and one has changed something.
bool has_held(apply_report const& report) {
    auto const is_applied = [](pool_report const& each) { return each.outcome == pool_outcome::applied; };
    auto const is_good = [](pool_report const& each) {
        return each.outcome == pool_outcome::applied || each.outcome == pool_outcome::unchanged;
    };
    return std::ranges::all_of(report.pools, is_good) && std::ranges::any_of(report.pools, is_applied);
}

// What was applied as a whole is what a rollback leads to.
void keep_version(pool_site const& at, pool_manifest const& manifest, source_tree const& tree,
                  apply_report const& report) {
    if (!has_held(report) || at.options.dry_run) return;
    auto const kept =
        pool_versions(at.options.state).keep(at.directory, manifest, tree, at.options.kept_versions);
    if (!kept) at.tell("this manifest cannot be kept for a rollback: " + kept.error().message);
}

result<pool_manifest> manifest_in(fs::path const& directory) {
    auto const file = directory / "index.json";
    auto const text = read_text(file);
    if (!text) return refuse(errc::pool_refused, phase::none, "{}", text.error().message);
    auto made = read_manifest(file.native(), *text);
    if (made) made->digest = content_digest(std::as_bytes(std::span(*text)));
    return made;
}

void run_final_closure(pool_site const& at, pool_manifest const& manifest, apply_report& report) {
    if (!has_held(report) || manifest.final_closure.empty() || at.options.dry_run) return;
    at.tell("final closure");
    auto const ended = run_closure(manifest.final_closure, at.directory, at.options, at.options.stop);
    bool const has_passed = ended && ended->passed;
    report.final_closure = has_passed ? final_closure_outcome::passed : final_closure_outcome::failed;
    report.final_reason = ended ? ended->reason : ended.error().message;
}

// The one transaction of an inconsistent pool.
result<pool_transaction> inconsistent_one(pool_book const& book, std::string_view id) {
    auto const* const record = book.find(id);
    if (record == nullptr || record->outcome != pool_outcome::inconsistent)
        return refuse(errc::pool_refused, phase::none,
                      "the pool {} is {}; only an inconsistent one can be repaired or accepted", id,
                      record == nullptr ? "not known here" : to_string(record->outcome));
    auto found = pool_transaction::of_pool(book, id);
    if (!found) return found.error();
    if (found->empty())
        return refuse(errc::pool_damaged, phase::none, "the backups of the pool {} are gone from {}", id,
                      book.transactions().native());
    return std::move(found->back());
}

}  // namespace

result<apply_report> apply_pools(fs::path const& directory, pool_options const& options) {
    std::error_code error;
    auto const here = fs::canonical(directory, error);
    if (error)
        return refuse(errc::pool_refused, phase::none, "{} cannot be opened: {}", directory.native(),
                      error.message());
    auto const manifest = manifest_in(here);
    if (!manifest) return manifest.error();
    auto book = pool_book::open(options.state, options.stop);
    if (!book) return book.error();
    pool_site at{*book, here, options};
    apply_report report{.schema_version = manifest->schema_version};
    if (!options.dry_run) {
        auto ended = end_earlier_runs(at);
        if (!ended) return ended.error();
        report.recovered = std::move(*ended);
    }
    auto const tree = read_tree(here);
    if (!tree) return tree.error();
    // What was signed is what was read.
    auto const& seen = tree->at("index.json");
    bool const may_be_link = options.trusted_keys.empty() && seen.starts_with("link ");
    if (seen != manifest->digest && !may_be_link)
        return refuse(errc::pool_refused, phase::none, "{} changed while it was read; try again",
                      (here / "index.json").native());
    if (auto good = check_signature(at, *tree); !good) return good.error();
    at.tree = &*tree;
    auto const found = look_at(*manifest, here, *tree, options.state);
    if (!found) return found.error();
    bool is_broken = false;
    for (auto const& each : *found) {
        if (options.stop.stop_requested() || is_broken) {
            report.pools.push_back({.id = each.of->id,
                                    .outcome = pool_outcome::skipped,
                                    .reason = is_broken ? "the state directory cannot be written"
                                                        : "the operation was asked to stop"});
            continue;
        }
        auto done = run_pool(at, each, manifest->schema_version);
        if (done) {
            report.pools.push_back(std::move(*done));
            continue;
        }
        // Its end is not recorded: the next run decides it. The state directory is of no use for other pools either.
        report.pools.push_back({.id = each.of->id,
                                .outcome = pool_outcome::inconsistent,
                                .reason = "how it ended could not be recorded: " + done.error().message});
        is_broken = true;
    }
    run_final_closure(at, *manifest, report);
    keep_version(at, *manifest, *tree, report);
    return report;
}

result<std::vector<pool_report>> recover_pools(pool_options const& options) {
    std::error_code error;
    if (!fs::exists(options.state, error) && !error) return std::vector<pool_report>();
    auto book = pool_book::open(options.state, options.stop);
    if (!book) return book.error();
    fs::path const nowhere;
    pool_site at{*book, nowhere, options};
    return end_earlier_runs(at);
}

result<std::vector<pool_version>> list_pool_versions(fs::path const& state) {
    return pool_versions(state).all();
}

namespace detail {

result<fs::path> version_of(std::string_view words, fs::path const& state) {
    auto const pools = list_pools(state);
    if (!pools) return pools.error();
    std::chrono::system_clock::time_point last{};
    for (auto const& each : *pools) last = std::max(last, each.when);
    return pool_versions(state).find(words, last);
}

}  // namespace detail

result<apply_report> rollback_pools(std::string_view version, pool_options const& options) {
    auto const directory = version_of(version, options.state);
    if (!directory) return directory.error();
    auto const tree = read_tree(*directory);
    if (!tree) return tree.error();
    if (digest_of_tree(*tree) != directory->filename().native())
        return refuse(
            errc::pool_damaged, phase::none,
            "{} is not as it was kept; put back a copy of it, or remove it and apply another manifest",
            directory->native());
    return apply_pools(*directory, options);
}

result<std::vector<pool_status>> list_pools(fs::path const& state) {
    std::error_code error;
    if (!fs::exists(state, error) && !error) return std::vector<pool_status>();
    auto const records = pool_book::read(state);
    if (!records) return records.error();
    std::vector<pool_status> all;
    for (auto const& each : *records) {
        auto& one = all.emplace_back(pool_status{.id = each.id,
                                                 .outcome = each.outcome,
                                                 .reason = each.reason,
                                                 .schema_version = each.schema_version});
        one.when = std::chrono::system_clock::time_point(
            std::chrono::duration_cast<std::chrono::system_clock::duration>(
                std::chrono::nanoseconds(each.when_ns)));
        for (auto const& file : each.files) one.destinations.emplace_back(file.destination);
        one.components = each.components;
    }
    return all;
}

result<pool_report> repair_pool(std::string_view id, pool_options const& options) {
    auto book = pool_book::open(options.state, options.stop);
    if (!book) return book.error();
    auto found = inconsistent_one(*book, id);
    if (!found) return found.error();
    fs::path const directory(found->intent().directory);
    pool_site const at{*book, directory, options};
    return undo(at, *found, {"it was repaired"});
}

result<pool_report> accept_pool(std::string_view id, pool_options const& options) {
    auto book = pool_book::open(options.state, options.stop);
    if (!book) return book.error();
    auto found = inconsistent_one(*book, id);
    if (!found) return found.error();
    auto record = *book->find(id);
    record.outcome = pool_outcome::applied;
    record.reason = "accepted as it was";
    record.content.clear();  // the next run applies it
    for (auto& each : record.files) {
        if (each.schema_version.empty()) each.schema_version = record.schema_version;
        auto const now = image_of(each.destination);
        if (!now) return now.error();
        each.digest = now->digest;
    }
    pool_report report{.id = std::string(id), .outcome = record.outcome, .reason = record.reason};
    if (auto recorded = book->put(std::move(record)); !recorded) return recorded.error();
    if (auto ended = found->end(); !ended) return ended.error();
    return report;
}

}  // namespace hotswap
