#include "pool/pool_run.hpp"

#include "base/refuse.hpp"
#include "module/digest.hpp"
#include "pool/closure.hpp"
#include "pool/kept_copy.hpp"
#include "pool/live_part.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

namespace hotswap::detail {

namespace {

namespace fs = std::filesystem;
using clock = std::chrono::steady_clock;

// Of everything that a pool consists of: what fails is not tried again until this changes.
std::string content_of(found_pool const& of, live_part const& live, std::string const& schema_version) {
    std::string all = schema_version + '\0' + live.content();
    for (auto const& each : of.files) all += each.of->destination.native() + '\0' + each.digest + '\0';
    for (auto const& each : steps_of(of.of->closure)) all += each.kind + '\0' + each.text + '\0';
    return content_digest(std::as_bytes(std::span(all)));
}

std::int64_t now_ns() {
    return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

applied_file const* applied_before(pool_record const* record, fs::path const& destination) {
    if (record == nullptr) return nullptr;
    auto const found = std::ranges::find(record->files, destination.native(), &applied_file::destination);
    return found == record->files.end() ? nullptr : &*found;
}

std::vector<std::string> components_of(pool_intent const& of) {
    std::set<std::string> all;
    for (auto const& each : of.swaps) all.insert(each.component);
    for (auto const& each : of.configured) all.insert(each.component);
    return {all.begin(), all.end()};
}

std::string in_words(failure const& why) {
    return why.component.empty() ? why.message : why.component + ": " + why.message;
}

bool has_component(pool_record const& record, std::string const& component) {
    return std::ranges::find(record.components, component) != record.components.end();
}

// What both of them change; empty: nothing.
std::string in_common(pool_record const& record, found_pool const& of) {
    if (record.id == of.of->id) return "its name";
    for (auto const& file : of.files)
        if (applied_before(&record, file.of->destination) != nullptr) return file.of->destination.native();
    for (auto const& each : of.of->swaps)
        if (has_component(record, each.component)) return each.component;
    for (auto const& each : of.of->settings)
        if (has_component(record, each.component)) return each.component;
    return {};
}

// A pool whose files are of no known version blocks what touches them.
std::string blocked_by(pool_site const& at, found_pool const& of) {
    for (auto const& each : at.waiting)
        if (auto const shared = in_common(each, of); !shared.empty())
            return fmt::format(
                "a run of the pool {} did not end, and has {} too; it is undone when a pool is applied "
                "through "
                "its host, or when that starts again",
                each.id, shared);
    for (auto const& each : at.book.all()) {
        if (each.outcome != pool_outcome::inconsistent) continue;
        if (auto const shared = in_common(each, of); !shared.empty())
            return fmt::format(
                "the pool {} is inconsistent, and has {} too; `hotswap pool repair {}` or `hotswap pool "
                "accept {}` first",
                each.id, shared, each.id, each.id);
    }
    return {};
}

/// A pool that is about to be changed.
class one_run {
public:
    one_run(pool_site const& at, found_pool const& of, std::string const& schema_version)
        : at_(at),
          of_(of),
          before_(at.book.find(of.of->id)),
          live_(at.options.host, *of.of, at.directory, at.tree) {
        report_.id = of.of->id;
        intent_.pool = of.of->id;
        intent_.schema_version = schema_version;
        intent_.directory = at.directory.native();
        intent_.closure = steps_of(of.of->closure);
    }

    result<pool_report> run() {
        auto const began = clock::now();
        auto done = decide();
        if (done) report_.total = clock::now() - began;
        return done ? result<pool_report>(std::move(report_)) : done.error();
    }

private:
    result<void> decide() {
        if (auto const why = blocked_by(at_, of_); !why.empty()) return skip(why);
        if (!live_.is_empty()) at_.tell(fmt::format("{}: plan and rehearsal", of_.of->id));
        if (auto planned = live_.plan(at_.options.stop); !planned)
            return skip("nothing was touched: " + in_words(planned.error()));
        intent_.content = content_of(of_, live_, intent_.schema_version);
        intent_.swaps = live_.swaps();
        intent_.configured = live_.settings();
        report_.predicted_pause = live_.predicted_pause();
        bool const is_same = before_ != nullptr && before_->content == intent_.content;
        bool const is_wanted_again = at_.options.retry && !intent_.swaps.empty();
        if (is_same && before_->outcome == pool_outcome::applied && !is_wanted_again) return note_unchanged();
        if (is_same && before_->outcome == pool_outcome::restored && !at_.options.retry)
            return skip(fmt::format("it failed with this content before: {}; change it, or use --retry",
                                    before_->reason));
        if (auto looked = look_at_files(); !looked)
            return skip("nothing was touched: " + looked.error().message);
        if (!report_.reason.empty()) return skip(std::exchange(report_.reason, {}));
        if (at_.options.dry_run) return foretell();
        return change();
    }

    result<void> skip(std::string why) {
        report_.outcome = pool_outcome::skipped;
        report_.reason = std::move(why);
        return {};
    }

    // What a customer has changed since is respected, and said.
    result<void> note_unchanged() {
        report_.outcome = pool_outcome::unchanged;
        for (auto const& each : of_.files) {
            auto const now = image_of(each.of->destination);
            if (!now) return now.error();
            auto& told = report_.files.emplace_back(pool_file_report{.destination = each.of->destination});
            auto const* const last = applied_before(before_, each.of->destination);
            if (last != nullptr && now->digest != last->digest) told.modified_since = last->schema_version;
        }
        // What the plan would swap was swapped by others since.
        for (auto const& each : intent_.swaps)
            report_.reason +=
                fmt::format("{}{} runs {}, and not {} any more", report_.reason.empty() ? "" : "; ",
                            each.component, each.from_release, each.to_release);
        return {};
    }

    // Fills the intent with the files to change; `report_.reason`: why the pool may not be changed at all.
    result<void> look_at_files() {
        std::set<std::string> directories;
        for (auto const& each : of_.files) {
            auto now = image_of(each.of->destination);
            if (!now) return now.error();
            auto told = pool_file_report{.destination = each.of->destination, .warning = each.warning};
            auto const* const last = applied_before(before_, each.of->destination);
            bool const is_others =
                last != nullptr && now->digest != last->digest && now->digest != each.digest;
            if (is_others) told.modified_since = last->schema_version;
            if (is_others && each.of->policy == pool_policy::refuse)
                report_.reason =
                    fmt::format("{} was modified by others since {}, and its policy is \"refuse\"",
                                each.of->destination.native(), last->schema_version);
            bool const is_left = is_others && each.of->policy == pool_policy::skip;
            told.written = !is_left;
            report_.files.push_back(std::move(told));
            if (is_left) continue;
            for (auto& directory : missing_directories(each.of->destination))
                if (directories.insert(directory).second)
                    intent_.new_directories.push_back(std::move(directory));
            report_.bytes += each.size + (now->kind == file_kind::regular ? now->size : 0);
            intent_.files.push_back({each.of->destination.native(), std::move(*now), each.digest});
            targets_.push_back(each.source);
        }
        return {};
    }

    result<void> foretell() {
        report_.outcome = pool_outcome::applied;
        report_.reason = "dry run: nothing was changed";
        report_.planned = live_.in_words();
        for (auto const& each : intent_.files)
            report_.planned.push_back(fmt::format(
                "{}: {}", each.destination, each.before.kind == file_kind::absent ? "new" : "replaced"));
        report_.planned.push_back(
            fmt::format("{} bytes on disk meanwhile, for new files and backups", report_.bytes));
        for (auto& each : report_.files) each.written = false;
        return {};
    }

    result<void> change() {
        auto const number = at_.book.next_transaction();
        if (!number) return number.error();
        intent_.number = *number;
        at_.tell(fmt::format("{}: backup of {} files", of_.of->id, intent_.files.size()));
        auto begun = pool_transaction::begin(at_.book, intent_);
        if (!begun) return skip("nothing was touched: " + begun.error().message);
        if (auto kept = keep_copies(); !kept) return give_up(*begun, kept.error().message);
        at_.tell(fmt::format("{}: apply", of_.of->id));
        if (auto applied = apply(*begun); !applied) return give_up(*begun, in_words(applied.error()));
        at_.tell(fmt::format("{}: closure of {} steps", of_.of->id, of_.of->closure.size()));
        auto const closure = run_closure(of_.of->closure, at_.directory, at_.options, at_.options.stop);
        if (!closure) return give_up(*begun, closure.error().message);
        report_.output = closure->output;
        if (!closure->passed) return give_up(*begun, closure->reason);
        if (auto recorded = record_applied(); !recorded) return give_up(*begun, recorded.error().message);
        // What cannot be tidied up now is at the next run.
        if (auto ended = begun->end(); !ended) report_.reason = ended.error().message;
        return {};
    }

    // Components and files change in one pause; settings right after it.
    result<void> apply(pool_transaction& begun) {
        if (auto staged = begun.stage(targets_); !staged) return staged;
        auto const rename = [&]() -> result<void> {
            auto const took = begun.rename_all();
            if (!took) return took.error();
            report_.half_visible = *took;
            return {};
        };
        if (auto swapped = live_.swap(rename, at_.options.stop, report_); !swapped) return swapped;
        if (auto synced = begun.sync_directories(); !synced) return synced;
        return live_.configure(at_.options.stop, report_);
    }

    // What others have written is kept before it is replaced.
    result<void> keep_copies() {
        std::size_t next = 0;
        for (std::size_t i = 0; i != report_.files.size(); ++i) {
            auto& told = report_.files[i];
            if (!told.written) continue;
            auto const& source = targets_[next++];
            bool const is_gone = intent_.files[next - 1].before.kind == file_kind::absent;
            if (told.modified_since.empty() || is_gone) continue;
            auto kept = keep_copy(at_.book.directory(), of_.of->id, intent_.number, told.destination, source);
            if (!kept) return kept.error();
            told.kept = kept->copy;
            told.diff = kept->diff;
        }
        return {};
    }

    result<void> record_applied() {
        pool_record made{.id = of_.of->id,
                         .outcome = pool_outcome::applied,
                         .schema_version = intent_.schema_version,
                         .content = intent_.content,
                         .when_ns = now_ns(),
                         .transaction = intent_.number};
        for (auto const& each : intent_.files)
            made.files.push_back({each.destination, each.digest, intent_.schema_version});
        made.components = components_of(intent_);
        report_.outcome = pool_outcome::applied;
        return at_.book.put(std::move(made));
    }

    result<void> give_up(pool_transaction& begun, std::string const& why) {
        auto undone = undo(at_, begun, {why, !at_.options.stop.stop_requested()});
        if (!undone) return undone.error();
        undone->half_visible = report_.half_visible;
        undone->swaps = std::move(report_.swaps);
        undone->configured = std::move(report_.configured);
        undone->pause = report_.pause;
        undone->bytes = report_.bytes;
        undone->predicted_pause = report_.predicted_pause;
        undone->files = std::move(report_.files);
        for (auto& each : undone->files) each.written = false;
        if (undone->output.empty()) undone->output = report_.output;
        report_ = std::move(*undone);
        return {};
    }

    pool_site const& at_;
    found_pool const& of_;
    pool_record const* before_;
    live_part live_;
    pool_report report_;
    pool_intent intent_;
    std::vector<fs::path> targets_;
};

}  // namespace

result<pool_report> run_pool(pool_site const& at, found_pool const& of, std::string const& schema_version) {
    return one_run(at, of, schema_version).run();
}

bool has_components(pool_intent const& of) noexcept { return !of.swaps.empty() || !of.configured.empty(); }

pool_record blocking_record(pool_intent const& of) {
    pool_record made{.id = of.pool, .components = components_of(of)};
    for (auto const& each : of.files) made.files.push_back({each.destination, each.digest, ""});
    return made;
}

result<pool_report> undo(pool_site const& at, pool_transaction& of, undo_reason const& reason) {
    auto const& intent = of.intent();
    pool_report report{.id = intent.pool, .outcome = pool_outcome::restored, .reason = reason.words};
    bool const was_touched = of.is_touched();
    at.tell(fmt::format("{}: restore, because {}", intent.pool, reason.words));
    auto const restored = of.restore(at.options.keep_times, [&](before_commit const& put_back) {
        return undo_live_part(at.options.host, intent, put_back);
    });
    if (!restored) {
        report.outcome = pool_outcome::inconsistent;
        report.reason += "; and not all of it could be undone: " + restored.error().message;
    } else if (was_touched && at.options.closure_after_undo) {
        fs::path const directory(intent.directory);
        // Nothing stops this closure but its deadline: what runs on the old files has to run again.
        auto const again = run_closure(closure_of(intent.closure), directory, at.options, {});
        if (!again || !again->passed)
            report.reason += "; its closure does not pass on the restored files either: " +
                             (again ? again->reason : again.error().message);
    }
    if (!of.kept_of_others().empty()) report.reason += "; " + of.kept_of_others();
    auto const* const before = at.book.find(intent.pool);
    pool_record made{.id = intent.pool,
                     .outcome = report.outcome,
                     .reason = report.reason,
                     .schema_version = intent.schema_version,
                     .content = reason.is_of_content ? intent.content : std::string(),
                     .when_ns = now_ns(),
                     .transaction = intent.number};
    if (before != nullptr) made.files = before->files;
    made.components = components_of(intent);
    std::erase_if(made.files, [](applied_file const& file) { return file.schema_version.empty(); });
    // An inconsistent pool blocks all files that it was about to change: those that it never applied have no version.
    if (report.outcome == pool_outcome::inconsistent) {
        for (auto const& each : intent.files)
            if (applied_before(&made, each.destination) == nullptr)
                made.files.push_back({each.destination, each.digest, ""});
    }
    if (auto recorded = at.book.put(std::move(made)); !recorded) return recorded.error();
    if (report.outcome == pool_outcome::restored)
        if (auto ended = of.end(); !ended) return ended.error();
    return report;
}

}  // namespace hotswap::detail
