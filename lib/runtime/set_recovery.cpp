#include "runtime/set_recovery.hpp"

#include "base/refuse.hpp"
#include "module/release.hpp"

#include <hotswap/inspect.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <new>
#include <set>
#include <string_view>
#include <utility>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

// Another build or release may fit better. A full disk or a lack of file descriptors is no reason to try one.
bool is_about_the_module(errc code) noexcept {
    switch (code) {
        case errc::contract_mismatch:
        case errc::not_elf:
        case errc::wrong_architecture:
        case errc::truncated_file:
        case errc::no_descriptor:
        case errc::abi_mismatch:
        case errc::toolchain_mismatch:
        case errc::schema_mismatch:
        case errc::layout_changed:
        case errc::unique_symbols:
        case errc::damaged_module:
        case errc::unsealed_module:
        case errc::lint_refused:
        case errc::missing_signature:
        case errc::bad_signature:
        case errc::unresolved_symbols:
        case errc::load_failed:
        case errc::descriptor_changed:
        case errc::no_migration_path:
        case errc::store_damaged:
            return true;
        default:
            return false;
    }
}

// The contract of before, if the module serves it: the host's handles use that contract.
contract contract_on(inspection const& module, stored_component const& before) {
    bool const is_served = module.contract == before.contract &&
                           before.contract_number >= module.serves.oldest &&
                           before.contract_number <= module.serves.newest;
    return {module.contract, is_served ? before.contract_number : module.contract_number};
}

}  // namespace

bool set_recovery::is_left_out(std::string const& name) const {
    return std::ranges::find(how_.without, name) != how_.without.end();
}

result<void> set_recovery::expect_known_names() const {
    for (auto const& name : how_.without)
        if (set_.current.find(name) == nullptr) {
            std::vector<std::string_view> there;
            for (auto const& each : set_.current.components) there.push_back(each.name);
            return refuse(errc::invalid_argument, phase::persist,
                          "recover_options::without names \"{}\", the store {} holds {}; name one of these",
                          name, files_.path().string(),
                          there.empty() ? "nothing" : fmt::format("{}", fmt::join(there, ", ")));
        }
    return {};
}

result<void> set_recovery::run() {
    if (auto known = expect_known_names(); !known) return steps_.refused(known.error(), phase::persist);
    try {
        auto done = bring_all();
        if (done) done = make_durable();
        if (!done) undo();
        return done;
    } catch (std::exception const&) {
        undo();
        throw;
    }
}

// Tries all components, so that one refusal names every problem.
result<void> set_recovery::bring_all() {
    std::vector<failure> failures;
    std::size_t wanted = 0;
    for (auto const& of : set_.current.components) {
        if (of.unloaded != 0 || is_left_out(of.name)) continue;
        ++wanted;
        auto done = bring_back(of);
        if (done) continue;
        failures.push_back(done.error());
        failures.back().component = of.name;
    }
    if (failures.empty()) return {};
    auto why = failures.front();
    if (failures.size() > 1) {
        std::vector<std::string> each;
        for (auto const& one : failures)
            each.push_back(fmt::format("\"{}\" {}: {}", one.component, to_string(one.code), one.message));
        why.message = fmt::format("{} of the {} components of the set cannot be brought back: {}",
                                  failures.size(), wanted, fmt::join(each, "; "));
    }
    auto const component = why.component;
    why = steps_.refused(std::move(why), phase::persist);
    why.component = component;
    return why;
}

// A process that died while a generation was on probation may have died of that generation.
result<void> set_recovery::bring_back(stored_component const& of) {
    if (of.on_probation == 0) return bring_either(of);
    if (!how_.trust_suspects) return go_back(of);
    auto done = bring_either(of);
    if (done) brought_.back().is_changed = true;  // its probation is over
    return done;
}

// If the newest set is damaged, the set before may be whole: then both module and snapshot come from it.
result<void> set_recovery::bring_either(stored_component const& of) {
    auto done = bring_one(of);
    if (done || done.error().code != errc::store_damaged || !set_.previous) return done;
    auto const* const before = set_.previous->find(of.name);
    if (before == nullptr || before->unloaded != 0) return done;
    auto const damage = done.error().message;
    if (auto instead = bring_one(*before); !instead) return done;
    brought_.back().is_changed =
        true;  // or the next commit would name the damaged files, and sweep the whole ones
    // Keeps the damaged files aside: people may be able to read them later.
    if (auto aside = files_.set_aside(of); !aside) steps_.warn(phase::persist, aside.error().message);
    steps_.warn(phase::persist, fmt::format("{}: {}; instead its state is that of the set before, as of {}",
                                            of.name, damage, utc_date(before->snapshot.taken_ns)));
    return {};
}

result<void> set_recovery::bring_one(stored_component const& of) {
    auto const frame = files_.read_snapshot(of);
    if (!frame) return frame.error();
    if (how_.modules == recover_modules::newest) return bring_on_newest(of, *frame, {});
    renew_signatures(of, at_, steps_);
    auto const stored = [&]() -> result<void> {
        auto const file = files_.module(of.digest);
        if (!file) return file.error();
        return load(of, {*file, of.module_name, of.source}, {of.contract, of.contract_number}, *frame);
    }();
    if (stored || how_.modules == recover_modules::stored || !is_about_the_module(stored.error().code))
        return stored;
    return bring_on_newest(of, *frame, stored);
}

// Tries the releases from the newest down, until one takes the state. `stored`: the reason not to use the
// stored module.
result<void> set_recovery::bring_on_newest(stored_component const& of, std::span<std::byte const> frame,
                                           result<void> const& stored) {
    auto const was = release::parse(of.release);
    bool const was_pre_release = was && was->is_pre_release();
    std::set<fs::path> tried;
    std::vector<std::string> heard;
    if (!stored) heard.push_back(stored.error().message);
    auto code = stored ? errc::no_such_file : stored.error().code;
    for (;;) {
        auto const chosen =
            newest_module(at_.options.modules, of.family,
                          {was_pre_release, [&tried](fs::path const& each) { return tried.contains(each); }});
        if (!chosen) {
            if (tried.empty()) heard.push_back(chosen.error().message);
            return refuse(code, phase::persist, "no module of the family \"{}\" in {} takes its state: {}",
                          of.family, at_.options.modules.string(), fmt::join(heard, "; "));
        }
        auto const& file = chosen->file;
        tried.insert(file);
        auto const looked = inspect(file, {at_.policy});
        if (looked && !of.rolled_back_digest.empty() && looked->digest == of.rolled_back_digest) continue;
        auto done = !looked
                        ? result<void>(looked.error())
                        : load(of, {file, file.filename().string(), file}, contract_on(*looked, of), frame);
        if (done && looked->digest == of.digest) return {};  // it is the stored one
        if (done) {
            brought_.back().is_changed = true;
            steps_.warn(phase::persist,
                        fmt::format("{}: {} takes the state of {}{}{}", of.name, file.filename().string(),
                                    of.module_name,
                                    heard.empty() ? "" : ", which cannot be used: ", fmt::join(heard, "; ")));
            return {};
        }
        bool const may_another_fit =
            looked ? is_about_the_module(done.error().code) : done.error().code != errc::staging_failed;
        if (!may_another_fit) return done;
        if (tried.size() == 1 && stored) code = done.error().code;
        heard.push_back(done.error().message);
    }
}

// The release before takes the newest state if it can read that state without the suspect, whose code does
// not run here; otherwise it takes the state as of the swap.
result<void> set_recovery::go_back(stored_component const& of) {
    auto back = of;
    back.digest = of.previous.digest;
    back.release = of.previous.release;
    back.source = of.previous.source;
    back.contract = of.previous.contract;
    back.contract_number = of.previous.contract_number;
    back.module_name = of.previous_name;
    back.previous = {};
    back.previous_name = {};
    back.on_probation = 0;
    // If both generations come from one file, the file is not the cause.
    back.rolled_back_digest = of.previous.digest == of.digest ? std::string() : of.digest;
    back.rolled_back_reason = fmt::format("{} was on probation when the process died", of.module_name);
    result<void> done = refuse(errc::not_reversible, phase::persist, "the store names no release before it");
    bool const is_read_alone = of.snapshot.version <= of.way_back.schema_version;
    if (!back.digest.empty() && is_read_alone) done = bring_one(back);
    if (!done && !back.digest.empty() && !of.way_back.snapshot.file.empty() &&
        !(is_read_alone && of.way_back.snapshot == of.snapshot)) {
        back.snapshot = of.way_back.snapshot;
        back.arguments = of.way_back.arguments;
        done = bring_one(back);
    }
    auto const* const before = set_.previous ? set_.previous->find(of.name) : nullptr;
    if (!done && done.error().code == errc::store_damaged && before != nullptr && before->unloaded == 0 &&
        before->on_probation == 0) {
        auto older = *before;
        older.rolled_back_digest = back.rolled_back_digest;
        older.rolled_back_reason = back.rolled_back_reason;
        back = std::move(older);
        done = bring_one(back);
    }
    if (!done)
        return refuse(
            done.error().code, phase::persist,
            "{} was on probation when the process died, so it is suspect, and {}, which ran before, cannot "
            "be brought back: {}; set recover_options::trust_suspects to bring back {} anyway",
            of.module_name, of.previous_name.empty() ? "the release" : of.previous_name, done.error().message,
            of.module_name);
    brought_.back().is_changed = true;
    // The release before cannot use the later writes, but the next release may.
    if (back.snapshot != of.snapshot)
        if (auto aside = files_.set_aside(of); !aside) steps_.warn(phase::persist, aside.error().message);
    steps_.warn(
        phase::persist,
        fmt::format("{}: {} was on probation when the process died, so it is suspect: {} is back, with "
                    "its state as of {}; fix the release, or name the file to try it again",
                    of.name, of.module_name, back.release, utc_date(back.snapshot.taken_ns)));
    return {};
}

// Remembers the module for a revert, and holds its file open, because the store may sweep the file.
void set_recovery::remember(slot& slot, stored_module const& before, std::string const& name,
                            step_recorder& own) {
    auto const file = files_.module(before.digest);
    if (!file) return;
    auto copy = hold_module(*file, name, at_.policy);
    if (!copy) own.warn(phase::persist, "it cannot be reverted: " + copy.error().message);
    slot.remember({nullptr,
                   before.source,
                   copy ? std::move(*copy) : nullptr,
                   name,
                   before.release,
                   before.digest,
                   nullptr,
                   {before.contract, before.contract_number}});
}

result<void> set_recovery::load(stored_component const& of, first_module const& from, contract wanted,
                                std::span<std::byte const> frame) {
    step_recorder own(at_.sink, of.name, steps_.mark());
    auto const loaded = at_.loader.load_stored(of, from, wanted, frame, own);
    if (!loaded) return loaded.error();
    auto const& made = *loaded;
    made->operation().take_after_all();
    held_turn const turn(made->operation());
    auto const running = made->running().info();
    bool const is_stored = running.digest == of.digest;
    bool const same_contract = wanted.name == of.contract && wanted.number == of.contract_number;
    if (is_stored && !of.previous.digest.empty())
        remember(*made, of.previous, of.previous_name, own);
    else if (!is_stored && same_contract && how_.modules == recover_modules::newest)
        remember(*made, {of.digest, of.release, of.source, of.contract, of.contract_number}, of.module_name,
                 own);
    if (!of.rolled_back_reason.empty()) {
        auto why = refuse(errc::rolled_back, phase::probation, "{}", of.rolled_back_reason);
        why.component = of.name;
        made->note_rollback(std::move(why), of.rolled_back_digest);
    }
    made->publish_facts();
    brought_.push_back(
        {{made.get(), of.snapshot, of.arguments, of.rolled_back_digest, of.rolled_back_reason}, false});
    steps_.progress(phase::persist,
                    fmt::format("{} {} is back, with its state as of {} (snapshot {})", of.name,
                                running.release, utc_date(of.snapshot.taken_ns), of.snapshot.sequence));
    return {};
}

// Stores the set as it runs now. If the process dies before that, the next one finds the same set as this
// one.
result<void> set_recovery::make_durable() {
    for (auto const& each : brought_) files_.vouch_for(each.as.of->name());
    std::vector<recovered_slot> changed;
    for (auto& each : brought_)
        if (each.is_changed) changed.push_back(std::move(each.as));
    if (changed.empty() && how_.without.empty()) return {};
    return steps_.run(phase::persist, [&]() -> result<void> {
        for (auto const& name : how_.without) {
            if (auto aside = files_.set_aside(*set_.current.find(name)); !aside) return aside.error();
            auto const* const before = set_.previous ? set_.previous->find(name) : nullptr;
            if (before != nullptr)
                if (auto aside = files_.set_aside(*before); !aside) return aside.error();
            files_.vouch_for(name);
            steps_.warn(phase::persist, fmt::format("{} is not brought back: its state and module are in {}",
                                                    name, (files_.path() / "aside").string()));
        }
        return at_.store.durability()->commit_recovered(changed, how_.without);
    });
}

void set_recovery::undo() noexcept {
    files_.vouch_for_none();
    try {
        for (auto const& each : at_.components.last_loaded_first()) {
            component_loader::shut_down(each);
            at_.components.remove(each->name());
        }
    } catch (std::bad_alloc const&) {
        // The components stay loaded, and the next recover() says so.
    }
}

}  // namespace hotswap::detail
