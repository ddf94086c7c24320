#include "store/store.hpp"

#include "base/refuse.hpp"
#include "module/digest.hpp"
#include "module/module_source.hpp"
#include "store/store_failure.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <exception>
#include <list>

namespace hotswap::detail {

namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t longest_outcome = 1024;
constexpr std::uint64_t largest_module = std::uint64_t{1} << 30;
constexpr std::string_view snapshot_kind = "snapshot";
constexpr std::string_view snapshot_suffix = ".snapshot";
constexpr std::string_view module_suffix = ".so";

std::int64_t now_ns() {
    return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

// The component's name is there for people; the number alone makes the file's name unique.
std::string snapshot_file(std::string_view component, std::uint64_t sequence) {
    std::string name(component.substr(0, 64));
    for (char& c : name)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
            c = '_';
    return fmt::format("{}-{}{}", name, sequence, snapshot_suffix);
}

std::uint64_t sequence_in(std::string_view file) noexcept {
    std::uint64_t sequence = 0;
    auto const dash = file.rfind('-');
    if (dash != file.npos) std::from_chars(file.data() + dash + 1, file.data() + file.size(), sequence);
    return sequence;
}

std::string module_file_name(std::string_view digest) {
    return std::string(digest) + std::string(module_suffix);
}

void erase_one(std::multiset<std::string>& names, std::string const& name) noexcept {
    if (auto const found = names.find(name); found != names.end()) names.erase(found);
}

}  // namespace

store::store(directory top, directory modules, directory snapshots, store_lock lock, sealer seals)
    : top_(std::move(top)),
      modules_(std::move(modules)),
      snapshots_(std::move(snapshots)),
      lock_(std::move(lock)),
      seals_(std::move(seals)) {}

/// A digest's entry in `uncommitted_`, already inserted; removed at the end unless it stays.
class store::claim {
public:
    claim(store& in, std::string const& digest) noexcept : in_(in), digest_(digest) {}
    claim(claim const&) = delete;
    claim& operator=(claim const&) = delete;
    ~claim() {
        if (stays_) return;
        mutex_lock const lock(in_.mutex_);
        erase_one(in_.uncommitted_, digest_);
    }
    void stays() noexcept { stays_ = true; }

private:
    store& in_;
    std::string const& digest_;
    bool stays_ = false;
};

result<std::unique_ptr<store>> store::open(store_options options) {
    if (!options.key.empty() && options.key.size() != key_size)
        return refuse(errc::invalid_argument, phase::persist, "a store's key has {} bytes, this one has {}",
                      key_size, options.key.size());
    auto top = directory::open(options.directory);
    if (!top) return top.error();
    auto lock = store_lock::take(*top);
    if (!lock) return lock.error();
    auto modules = top->open_within("modules");
    if (!modules) return modules.error();
    auto snapshots = top->open_within("snapshots");
    if (!snapshots) return snapshots.error();
    std::unique_ptr<store> opened(new store(std::move(*top), std::move(*modules), std::move(*snapshots),
                                            std::move(*lock), sealer(std::move(options.key))));
    if (auto begun = opened->begin(); !begun) return begun.error();
    return opened;
}

// Numbers continue from the highest number ever seen, so that no number is used twice.
result<void> store::begin() {
    for (auto const* each : {&top_, &modules_, &snapshots_})
        if (auto swept = each->sweep(); !swept) return swept;
    auto const files = snapshots_.list();
    if (!files) return files.error();
    for (auto const& file : *files) last_sequence_ = std::max(last_sequence_, sequence_in(file));
    auto noted = read_journal(top_, seals_);
    if (noted)
        journal_ = std::move(*noted);
    else if (noted.error().code == errc::store_damaged)
        journal_damage_ = noted.error().message;
    else
        return noted.error();
    last_number_ = journal_.last_manifest;
    last_sequence_ = std::max(last_sequence_, journal_.last_snapshot);
    if (auto found = read(); !found && found.error().code != errc::store_damaged) return found.error();
    return {};
}

result<stored_set> store::read() {
    mutex_lock const lock(mutex_);
    auto pair = read_manifests(top_, seals_);
    damaged_ = !pair && pair.error().code == errc::store_damaged;
    if (!pair) return pair.error();
    // The journal names a set, and no manifest is left: the snapshots may be the only remaining data.
    damaged_ = pair->current.number == 0 && journal_.last_manifest != 0;
    if (damaged_) return nothing_whole();
    stored_set found{std::move(pair->current), std::move(pair->previous), std::move(pair->notes),
                     journal_.entries};
    if (found.current.number < journal_.last_manifest)
        found.notes.push_back(fmt::format(
            "the set {} was committed, but {} is the newest set left in {}: an old directory was put in its "
            "place, or its manifests were lost",
            journal_.last_manifest, found.current.number, path().string()));
    if (!journal_damage_.empty())
        found.notes.push_back(fmt::format(
            "{}; whether an operation was interrupted is not known, the set is that of the last commit",
            journal_damage_));
    current_ = found.current;
    last_number_ = std::max({last_number_, current_.number, found.previous ? found.previous->number : 0});
    for (auto const& each : current_.components)
        last_sequence_ = std::max({last_sequence_, each.snapshot.sequence, each.way_back.snapshot.sequence});
    return found;
}

result<std::string> store::keep_module(std::span<std::byte const> content,
                                       std::span<std::byte const> signature) {
    auto digest = content_digest(content);
    auto const name = module_file_name(digest);
    {
        mutex_lock const lock(mutex_);
        uncommitted_.insert(digest);
    }
    claim taken(*this, digest);
    auto const there = modules_.read(name, largest_module);
    bool const same = there && *there && std::ranges::equal(**there, content);
    bool const unreadable = !there && there.error().code != errc::store_damaged;
    auto kept = unreadable ? result<void>(there.error())
                : same     ? modules_.sync()  // the process that wrote the file may have died before its sync
                           : modules_.write(name, std::array{content}, 0400);
    if (kept && !signature.empty())
        kept = modules_.write(name + signature_suffix, std::array{signature}, 0400);
    if (!kept) return kept.error();
    taken.stays();
    return digest;
}

result<bool> store::keep_known(std::string const& digest, std::span<std::byte const> signature) {
    auto const name = module_file_name(digest);
    {
        mutex_lock const lock(mutex_);
        uncommitted_.insert(digest);
    }
    claim taken(*this, digest);
    auto const there = modules_.read(name, largest_module);
    if (!there && there.error().code != errc::store_damaged) return there.error();
    if (!there || !*there || content_digest(**there) != digest) return false;
    auto kept = modules_.sync();  // the process that wrote the file may have died before its sync
    if (kept && !signature.empty())
        kept = modules_.write(name + signature_suffix, std::array{signature}, 0400);
    if (!kept) return kept.error();
    taken.stays();
    return true;
}

result<std::filesystem::path> store::module(std::string const& digest) const {
    if (!is_digest(digest))
        return refuse(errc::invalid_argument, phase::persist, "\"{}\" is not the digest of a module", digest);
    auto const name = module_file_name(digest);
    auto path = modules_.path() / name;
    auto const content = modules_.read(name, largest_module);
    if (!content) return content.error();
    if (!*content) return store_damage(path, "it is missing");
    if (content_digest(**content) != digest) return store_damage(path, "its content has another digest");
    return path;
}

result<stored_snapshot> store::write_snapshot(std::string_view component, std::uint32_t version,
                                              std::initializer_list<std::span<std::byte const>> frame) {
    std::vector<std::span<std::byte const>> parts(frame);
    stored_snapshot made;
    made.version = version;
    made.taken_ns = now_ns();
    for (auto const part : parts) made.size += part.size();
    {
        mutex_lock const lock(mutex_);
        made.sequence = ++last_sequence_;
    }
    made.file = snapshot_file(component, made.sequence);
    uncommitted_snapshot snapshot(*this, made);
    {
        mutex_lock const lock(mutex_);
        uncommitted_.insert(made.file);
    }
    auto const line = seals_.seal(snapshot_kind, made.sequence, component, parts);
    made.tag = sealer::tag_of(line);
    parts.insert(parts.begin(), std::as_bytes(std::span(line)));
    auto written = line.size() > longest_seal
                       ? refuse(errc::invalid_argument, phase::persist,
                                "a component whose name has {} bytes cannot be stored; choose a shorter name",
                                component.size())
                       : snapshots_.write(made.file, parts, 0600);
    if (!written) return written.error();
    snapshot.keep();
    return made;
}

result<std::vector<std::byte>> store::read_snapshot(stored_component const& of) const {
    auto const& wanted = of.snapshot;
    if (wanted.file.empty())
        return refuse(errc::no_store, phase::persist, "component \"{}\" has no snapshot in the store",
                      of.name);
    auto const path = snapshots_.path() / wanted.file;
    auto file = snapshots_.read(wanted.file, std::min(wanted.size, UINT64_MAX - longest_seal) + longest_seal);
    if (!file) return file.error();
    if (!*file) return store_damage(path, "it is missing");
    auto const opened = seals_.open(**file, snapshot_kind, path);
    if (!opened) return opened.error();
    if (opened->subject != of.name)
        return store_damage(path,
                            fmt::format("it is of component \"{}\", not \"{}\"", opened->subject, of.name));
    if (opened->sequence != wanted.sequence)
        return store_damage(
            path, fmt::format("it is snapshot {}, the set names {}: another one was put in its place",
                              opened->sequence, wanted.sequence));
    if (opened->tag != wanted.tag || opened->content.size() != wanted.size)
        return store_damage(path, "it is intact, but not the file that the set names");
    (*file)->erase((*file)->begin(), (*file)->end() - static_cast<std::ptrdiff_t>(wanted.size));
    return std::move(**file);
}

failure store::nothing_whole() const {
    return refuse(
        errc::store_damaged, phase::persist,
        "the store {} has no intact manifest; its remaining files are not overwritten; restore the directory "
        "from a backup, or begin with an empty one",
        path().string());
}

result<manifest> store::commit(std::function<void(manifest&)> const& edit) {
    mutex_lock const lock(mutex_);
    if (damaged_) return nothing_whole();
    auto next = current_;
    edit(next);
    next.number = last_number_ + 1;
    next.written_ns = now_ns();
    settle(next);
    if (auto const lost = lost_by(next); !lost.empty())
        return refuse(
            errc::invalid_argument, phase::persist,
            "the next set would lose the state of {}, which the store {} holds and this process has neither "
            "brought back nor unloaded; call recover() first",
            lost, path().string());
    if (auto const missing = missing_for(next); !missing.empty())
        return refuse(errc::invalid_argument, phase::persist,
                      "the set names {}, which is not in the store {}; put it there first", missing,
                      path().string());
    auto vouched = vouched_with(next);
    auto committed = next;  // nothing may throw once the set is in place
    if (auto replaced = replace_manifest(top_, seals_, next, current_.number, doubtful_); !replaced)
        return replaced.error();
    last_number_ = next.number;
    current_ = std::move(next);
    vouched_.swap(vouched);
    return committed;
}

// Checks only files that a recovery needs and that `next` names for the first time: a file lost earlier does
// not block other components.
std::string store::missing_for(manifest const& next) const {
    for (auto const& each : next.components) {
        auto const* const before = current_.find(each.name);
        auto const known = before == nullptr ? std::vector<std::string>() : before->modules();
        auto needed = each.path_modules;
        needed.push_back(each.digest);
        for (auto const& digest : needed)
            if (std::ranges::find(known, digest) == known.end() && !modules_.has(module_file_name(digest)))
                return fmt::format("the module {} of \"{}\"", digest, each.name);
        auto const had = before == nullptr ? std::vector<std::string>() : before->snapshots();
        for (auto const& file : each.snapshots())
            if (std::ranges::find(had, file) == had.end() && !snapshots_.has(file))
                return fmt::format("the snapshot {} of \"{}\"", file, each.name);
    }
    return {};
}

// The files that `next` names are no longer uncommitted, even if this commit fails. If another operation has
// kept the same module, its intent still holds the module.
void store::settle(manifest const& next) {
    for (auto const& each : next.components) {
        for (auto const& digest : each.modules()) uncommitted_.erase(digest);
        for (auto const& file : each.snapshots()) erase_one(uncommitted_, file);
    }
}

result<std::uint64_t> store::note_intent(intent const& what) {
    std::list<claim> taken;
    for (auto const& part : what.parts) taken.emplace_back(*this, part.to_digest);
    mutex_lock const lock(mutex_);
    if (damaged_) return nothing_whole();
    auto next = journal_;
    auto const id = ++next.last_id;
    next.last_manifest = std::max(next.last_manifest, current_.number);
    next.last_snapshot = last_sequence_;
    next.entries.push_back({id, current_.number, now_ns(), what, {}, 0});
    next.forget_old();
    if (auto written = write_journal(top_, next, seals_); !written) return written.error();
    journal_ = std::move(next);
    for (auto& each : taken) each.stays();
    return id;
}

result<void> store::note_outcome(std::uint64_t id, std::string outcome) {
    mutex_lock const lock(mutex_);
    auto* const entry = journal_.find(id);
    if (entry == nullptr || !entry->unfinished())
        return refuse(errc::invalid_argument, phase::persist, "operation {} is not in progress", id);
    outcome.resize(std::min(outcome.size(), longest_outcome));
    entry->outcome = outcome.empty() ? "ended" : std::move(outcome);
    entry->ended_ns = now_ns();
    for (auto const& part : entry->what.parts) erase_one(uncommitted_, part.to_digest);
    journal_.last_manifest = std::max(journal_.last_manifest, current_.number);
    journal_.last_snapshot = last_sequence_;
    journal_.forget_old();
    return write_journal(top_, journal_, seals_);
}

std::set<std::string> store::names_in_use(manifest_pair const& pair) const {
    std::set<std::string> names(uncommitted_.begin(), uncommitted_.end());
    auto const add = [&names](manifest const& set) {
        for (auto const& each : set.components) {
            for (auto& file : each.snapshots()) names.insert(std::move(file));
            for (auto& digest : each.modules()) names.insert(std::move(digest));
        }
    };
    add(pair.current);
    if (pair.previous) add(*pair.previous);
    for (auto const& entry : journal_.entries)
        if (entry.unfinished())
            for (auto const& part : entry.what.parts) names.insert({part.from_digest, part.to_digest});
    return names;
}

// In any doubt, a file that seems useless may be the last copy.
void store::sweep_locked() {
    auto const pair = read_manifests(top_, seals_);
    if (doubtful_ || !pair || !pair->notes.empty()) return;
    auto const used = names_in_use(*pair);
    if (auto const files = snapshots_.list())
        for (auto const& file : *files)
            if (file.ends_with(snapshot_suffix) && !used.contains(file)) snapshots_.remove(file);
    if (auto const files = modules_.list())
        for (auto const& file : *files)
            if (auto const digest = file.substr(0, file.find('.'));
                is_digest(digest) && !used.contains(digest) &&
                (file == module_file_name(digest) || file == module_file_name(digest) + signature_suffix))
                modules_.remove(file);
}

// A file that cannot be removed now, for example without memory, is removed the next time.
void store::sweep() noexcept {
    mutex_lock const lock(mutex_);
    try {
        sweep_locked();
    } catch (std::exception const&) {
    }
}

void store::give_up(stored_snapshot const& snapshot) noexcept {
    mutex_lock const lock(mutex_);
    erase_one(uncommitted_, snapshot.file);
    bool const is_named = std::ranges::any_of(current_.components, [&](auto const& each) {
        return each.snapshot.file == snapshot.file || each.way_back.snapshot.file == snapshot.file;
    });
    if (!is_named && !doubtful_) snapshots_.remove(snapshot.file);
}

}  // namespace hotswap::detail
