#include "pool/pool_transaction.hpp"

#include "base/enum_name.hpp"
#include "base/refuse.hpp"
#include "pool/file_steps.hpp"
#include "pool/kept_copy.hpp"
#include "report/json_reader.hpp"
#include "report/json_writer.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>

namespace hotswap::detail {

namespace {

namespace fs = std::filesystem;
using clock = std::chrono::steady_clock;

constexpr std::string_view unfinished_suffix = ".new";  // a directory whose intent is not complete
constexpr std::string_view ended_suffix = ".gone";      // a directory that is being removed

fs::path intent_in(fs::path const& directory) { return directory / "intent.json"; }
fs::path touched_in(fs::path const& directory) { return directory / "touched"; }

// What a new file has besides its content: all that the one before had; without one, what a new file has.
file_image facts_for_new(intent_file const& of, fs::path const& target) {
    if (of.before.kind == file_kind::regular) return of.before;
    file_image made;
    struct ::stat source {};
    bool const runs = ::stat(target.c_str(), &source) == 0 && (source.st_mode & 0111U) != 0;
    made.kind = file_kind::regular;
    made.mode = runs ? 0755 : 0644;
    made.owner = ::geteuid();
    made.group = ::getegid();
    return made;
}

// By what a look tells: the content is not read again.
bool is_as_it_was(intent_file const& of) {
    struct ::stat now {};
    if (::lstat(of.destination.c_str(), &now) != 0) return of.before.kind == file_kind::absent;
    if (of.before.kind == file_kind::absent) return false;
    auto const modified = static_cast<std::int64_t>(now.st_mtim.tv_sec) * 1'000'000'000 + now.st_mtim.tv_nsec;
    return modified == of.before.modified_ns && static_cast<std::uint64_t>(now.st_size) == of.before.size;
}

result<void> remove_tree(fs::path const& directory) {
    std::error_code error;
    fs::remove_all(directory, error);
    return error ? file_failed("remove", directory, error.value()) : result<void>();
}

}  // namespace

// False if it is a failure; all of them are told.
bool pool_transaction::faults::note(result<void> const& of) {
    if (!of) words += (words.empty() ? "" : "; ") + of.error().message;
    return of.has_value();
}

std::vector<intent_step> steps_of(std::vector<closure_step> const& closure) {
    std::vector<intent_step> made;
    for (auto const& each : closure) {
        if (auto const* const line = std::get_if<std::string>(&each)) {
            made.push_back({"line", *line});
            continue;
        }
        auto const& check = std::get<closure_check>(each);
        made.push_back({std::string(kind_name(check.what)), check.of});
    }
    return made;
}

std::vector<closure_step> closure_of(std::vector<intent_step> const& steps) {
    std::vector<closure_step> made;
    for (auto const& each : steps) {
        if (auto const kind = kind_named(each.kind))
            made.emplace_back(closure_check{*kind, each.text});
        else
            made.emplace_back(each.text);
    }
    return made;
}

fs::path pool_transaction::temporary_of(std::size_t i, std::string_view what) const {
    fs::path const destination(intent_.files[i].destination);
    return destination.parent_path() /
           fmt::format(".hotswap-{}-{}-{}.{}", intent_.pool, intent_.number, i, what);
}

result<pool_transaction> pool_transaction::begin(pool_book const& book, pool_intent intent) {
    auto const place = book.transactions() / std::to_string(intent.number);
    pool_transaction made(place.native() + std::string(unfinished_suffix), std::move(intent));
    if (auto written = made.write_down(); !written) {
        static_cast<void>(remove_tree(made.directory_));
        return written.error();
    }
    std::error_code error;
    fs::rename(made.directory_, place, error);
    if (error) return file_failed("rename", made.directory_, error.value());
    made.directory_ = place;
    if (auto synced = sync_directory(book.transactions()); !synced) return synced.error();
    return made;
}

result<void> pool_transaction::write_down() const {
    if (::mkdir(directory_.c_str(), 0700) != 0) return file_failed("make the directory", directory_, errno);
    std::vector<fs::path> backups;
    for (std::size_t i = 0; i != intent_.files.size(); ++i) {
        auto const& each = intent_.files[i];
        if (each.before.kind != file_kind::regular) continue;
        if (auto copied = copy_to_new(each.destination, backup_of(i)); !copied) return copied;
        backups.push_back(backup_of(i));
        auto const kept = image_of(backup_of(i));
        if (!kept) return kept.error();
        if (kept->digest != each.before.digest)
            return refuse(errc::pool_failed, phase::none,
                          "{} changed while its backup was made; nothing was touched, try again",
                          each.destination);
    }
    if (auto synced = sync_files(backups); !synced) return synced;
    return write_record(intent_in(directory_), boost::json::serialize(json_writer()(intent_)) + "\n");
}

result<pool_transaction> pool_transaction::read(fs::path const& directory) {
    auto const file = intent_in(directory);
    auto const text = read_text(file);
    if (!text) return refuse(errc::pool_damaged, phase::none, "{}", text.error().message);
    boost::system::error_code wrong;
    auto const value = boost::json::parse(*text, wrong);
    pool_transaction made(directory, {});
    json_reader reader(true);
    if (!wrong && reader.read(value, made.intent_)) return made;
    return refuse(errc::pool_damaged, phase::none,
                  "{} cannot be understood ({}); the backups next to it are as they were: restore from them "
                  "by hand, and remove the "
                  "directory",
                  file.native(), wrong ? wrong.message() : reader.wrong());
}

result<std::vector<pool_transaction>> pool_transaction::left_behind(pool_book const& book) {
    std::vector<pool_transaction> found;
    std::error_code error;
    // A process that was killed may have left names that are seen, but not on disk. What is removed below is removed because of them.
    if (!fs::is_empty(book.transactions(), error) && !error)
        for (auto const& each : {book.transactions(), book.directory()})
            if (auto synced = sync_directory(each); !synced) return synced.error();
    for (auto const& each : fs::directory_iterator(book.transactions(), error)) {
        auto const name = each.path().filename().native();
        if (name.ends_with(unfinished_suffix) || name.ends_with(ended_suffix)) {
            if (auto removed = remove_tree(each.path()); !removed) return removed.error();
            continue;
        }
        auto one = read(each.path());
        if (!one) return one.error();
        found.push_back(std::move(*one));
    }
    if (error) return file_failed("read", book.transactions(), error.value());
    std::ranges::sort(found, {}, [](pool_transaction const& of) { return of.intent_.number; });
    return found;
}

result<std::vector<pool_transaction>> pool_transaction::of_pool(pool_book const& book, std::string_view id) {
    auto all = left_behind(book);
    if (all) std::erase_if(*all, [id](pool_transaction const& of) { return of.intent_.pool != id; });
    return all;
}

bool pool_transaction::is_touched() const {
    struct ::stat found {};
    return ::lstat(touched_in(directory_).c_str(), &found) == 0;
}

result<void> pool_transaction::make_new_files(std::vector<fs::path> const& targets) const {
    std::vector<fs::path> made;
    for (std::size_t i = 0; i != targets.size(); ++i) {
        auto const& temporary = made.emplace_back(temporary_of(i, "new"));
        auto staged = stage_file(targets[i], facts_for_new(intent_.files[i], targets[i]), temporary, false);
        if (!staged) return staged;
        auto const now = image_of(temporary);
        if (!now) return now.error();
        if (now->digest != intent_.files[i].digest)
            return refuse(errc::pool_failed, phase::none, "{} changed while it was read; try again",
                          targets[i].native());
    }
    return sync_files(made);
}

result<void> pool_transaction::stage(std::vector<fs::path> const& targets) {
    if (auto marked = write_record(touched_in(directory_), ""); !marked) return marked.error();
    for (auto const& each : intent_.new_directories)
        if (::mkdir(each.c_str(), 0755) != 0 && errno != EEXIST)
            return file_failed("make the directory", each, errno);
    return make_new_files(targets);
}

result<std::chrono::nanoseconds> pool_transaction::rename_all() const {
    auto const began = clock::now();
    for (std::size_t i = 0; i != intent_.files.size(); ++i) {
        if (is_as_it_was(intent_.files[i])) continue;
        return refuse(
            errc::pool_failed, phase::none,
            "{} was changed by others while the pool was applied; it is left as they made it, try again",
            intent_.files[i].destination);
    }
    for (std::size_t i = 0; i != intent_.files.size(); ++i)
        if (auto renamed = rename_file(temporary_of(i, "new"), intent_.files[i].destination); !renamed)
            return renamed.error();
    return clock::now() - began;
}

// The contents of before, next to their destinations; a place in the result is empty if the file was not there, or cannot be made.
std::vector<fs::path> pool_transaction::stage_old(bool keep_times, faults& into) const {
    std::vector<fs::path> all(intent_.files.size());
    std::vector<fs::path> contents;
    for (std::size_t i = 0; i != intent_.files.size(); ++i) {
        auto const& before = intent_.files[i].before;
        if (before.kind == file_kind::absent) continue;
        auto const temporary = temporary_of(i, "old");
        auto made = remove_file(temporary);
        if (made) made = stage_file(backup_of(i), before, temporary, keep_times);
        if (!into.note(made)) continue;
        all[i] = temporary;
        if (before.kind == file_kind::regular) contents.push_back(temporary);
    }
    into.note(sync_files(contents));
    return all;
}

// A file that never got its new content is left alone: what others have made of it meanwhile is theirs. If it did, and others have
// changed that, their version is kept first; where it cannot be kept, it stays.
bool pool_transaction::is_to_go_back(std::size_t i, fs::path const& temporary, faults& into) {
    auto const& each = intent_.files[i];
    fs::path const destination(each.destination);
    struct ::stat waiting {};
    if (::lstat(temporary_of(i, "new").c_str(), &waiting) == 0) return false;  // it was not renamed
    auto const found = image_of(destination);
    if (!found) return true;
    if (found->digest == each.before.digest && found->kind == each.before.kind &&
        found->modified_ns == each.before.modified_ns)
        return false;
    bool const is_others = found->kind != file_kind::absent && found->digest != each.digest &&
                           found->digest != each.before.digest;
    return !is_others || into.note(keep_theirs(destination, temporary.empty() ? destination : temporary));
}

result<void> pool_transaction::put_back(std::size_t i, fs::path const& temporary) const {
    auto const& each = intent_.files[i];
    if (each.before.kind == file_kind::absent) return remove_file(each.destination);
    if (temporary.empty()) return {};  // what is wrong with it is known
    return rename_file(temporary, each.destination);
}

result<void> pool_transaction::check_back(std::size_t i) const {
    auto const& each = intent_.files[i];
    auto const now = image_of(each.destination);
    if (!now) return now.error();
    if (now->digest == each.before.digest) return {};
    return refuse(errc::pool_failed, phase::none, "{} does not have the content of its backup",
                  each.destination);
}

result<void> pool_transaction::keep_theirs(fs::path const& destination, fs::path const& next) {
    auto const kept =
        keep_copy(directory_.parent_path().parent_path(), intent_.pool, intent_.number, destination, next);
    if (!kept) return kept.error();
    kept_of_others_ +=
        fmt::format("{}{} was changed by others meanwhile, and their version is kept as {}",
                    kept_of_others_.empty() ? "" : "; ", destination.native(), kept->copy.native());
    return {};
}

result<void> pool_transaction::restore(bool keep_times,
                                       std::function<result<void>(before_commit const&)> const& put_back_in) {
    faults found;
    auto const old = stage_old(keep_times, found);
    // All that reads or writes contents is done around the step, in which callers of components may wait.
    std::vector<std::size_t> to_go_back;
    for (std::size_t i = intent_.files.size(); i-- != 0;)
        if (is_to_go_back(i, old[i], found)) to_go_back.push_back(i);
    auto const undone = put_back_in([&]() -> result<void> {
        for (auto const i : to_go_back) found.note(put_back(i, old[i]));
        return {};
    });
    if (!found.note(undone)) {
        found.note(remove_temporaries());
        return refuse(errc::pool_failed, phase::none, "{}", found.words);
    }
    for (auto const i : to_go_back)
        if (!old[i].empty()) found.note(check_back(i));
    found.note(remove_temporaries());
    for (std::size_t i = intent_.new_directories.size(); i-- != 0;)
        ::rmdir(intent_.new_directories[i].c_str());
    found.note(sync_directories());
    if (found.words.empty()) return {};
    return refuse(errc::pool_failed, phase::none, "{}", found.words);
}

result<void> pool_transaction::remove_temporaries() {
    for (std::size_t i = 0; i != intent_.files.size(); ++i)
        for (std::string_view const what : {"new", "old"})
            if (auto removed = remove_file(temporary_of(i, what)); !removed) return removed;
    return {};
}

result<void> pool_transaction::sync_directories() const {
    std::set<fs::path> all;
    for (auto const& each : intent_.files) all.insert(fs::path(each.destination).parent_path());
    for (auto const& each : intent_.new_directories) all.insert(fs::path(each).parent_path());
    for (auto const& each : all) {
        struct ::stat found {};
        if (::lstat(each.c_str(), &found) != 0) continue;  // removed again
        if (auto synced = sync_directory(each); !synced) return synced;
    }
    return {};
}

result<void> pool_transaction::end() {
    if (auto removed = remove_temporaries(); !removed) return removed;
    fs::path const gone = directory_.native() + std::string(ended_suffix);
    std::error_code error;
    fs::rename(directory_, gone, error);
    if (error) return file_failed("rename", directory_, error.value());
    // Else a power failure could leave the old name to a directory whose intent is removed.
    if (auto synced = sync_directory(directory_.parent_path()); !synced) return synced;
    return remove_tree(gone);
}

}  // namespace hotswap::detail
