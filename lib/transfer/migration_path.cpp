#include "transfer/migration_path.hpp"

#include "base/refuse.hpp"

#include <fmt/ranges.h>

#include <string_view>

namespace hotswap::detail {

namespace {

std::string schema_text(std::string_view name, std::uint32_t version) {
    return name.empty() ? fmt::format("legacy state (version {})", version)
                        : fmt::format("schema {} {}", name, version);
}

std::string layout_text_of(module_file const& file, std::uint32_t version) {
    auto const found = file.layouts.find(version);
    return found == file.layouts.end() ? std::string() : found->second;
}

origin origin_of(module_file const& file) {
    auto const version = file.descriptor.schema_version;
    return {std::string(file.schema().name), version, file.own_state().layout, layout_text_of(file, version)};
}

// What differs first, as the beginning of a sentence's rest; empty if one of the layouts is not known as text.
std::string difference_in_words(std::string const& given, std::string const& known) {
    auto const there = parse_layout(given);
    auto const here = parse_layout(known);
    if (!there || !here) return {};
    auto const what = layout_difference(*there, *here);
    return what.empty() ? what
                        : fmt::format(": {} (\"there\" is the given state, \"here\" the module)", what);
}

// A legacy state has no name: its layout stands in for it.
bool same_family(std::string_view a, std::string_view b) { return a.empty() || b.empty() || a == b; }

void set_versions(migration_path& path, std::uint32_t from, std::uint32_t to) {
    path.versions.push_back(from);
    while (from != to) path.versions.push_back(from = from < to ? from + 1 : from - 1);
    path.direction = path.versions.front() == to  ? direction::same
                     : path.versions.front() < to ? direction::upgrade
                                                  : direction::downgrade;
}

// The reason that the code of one module cannot use an object that the other made; empty if it can.
std::string difference_of_objects(abi::state_entry const& a, abi::state_entry const& b) {
    if (a.layout != b.layout)
        return fmt::format("its layout is {:016x}, the running one is {:016x}", b.layout, a.layout);
    if (auto const ours = a.flags >> abi::state_boost_shift, theirs = b.flags >> abi::state_boost_shift;
        ours != theirs)
        return fmt::format("its containers are those of Boost {}.{}, the running ones are of Boost {}.{}",
                           theirs / 1000, theirs % 1000, ours / 1000, ours % 1000);
    if (((a.flags | b.flags) & abi::state_opaque) != 0)
        return "the state holds a class whose fields are not known (one with its own serialize, or a "
               "container that is not the library's)";
    if (((a.flags | b.flags) & abi::state_bound) != 0)
        return "the state holds a container that may point into the module that made it (boost::unordered, "
               "or one with its own allocator)";
    return {};
}

}  // namespace

result<void> check_schema(origin const& from, module_file const& to, std::string_view to_name) {
    auto const to_schema = to.schema();
    if (!same_family(from.schema, to_schema.name))
        return refuse(errc::schema_mismatch, phase::verify,
                      "{} keeps {}, the given state is {}; load a module of the same schema", to_name,
                      schema_text(to_schema.name, to_schema.version), schema_text(from.schema, from.version));
    abi::state_entry const* const known = to.state(from.version);
    if (known != nullptr && known->layout != from.layout)
        return refuse(
            errc::layout_changed, phase::verify,
            "{} knows version {} of {} with layout {:016x}, the given state has layout {:016x}: the struct "
            "was edited after its release (a field, an enumerator or a type within it was added, removed, "
            "renamed or exchanged){}; put the released struct back and make a new version for the change",
            to_name, from.version, from.schema.empty() ? "the legacy state" : from.schema, known->layout,
            from.layout, difference_in_words(from.layout_text, layout_text_of(to, from.version)));
    return {};
}

result<void> check_states(module_file const& from, module_file const& to, std::string_view to_name) {
    auto const running = origin_of(from);
    std::uint32_t const target = to.descriptor.schema_version;
    if (target >= running.version || !from.goes_back_to(target)) return check_schema(running, to, to_name);
    // A downgrade ends at a state that the running module makes: the other module must know that state.
    std::string_view const name = target == 0 ? std::string_view{} : from.schema().name;
    if (!same_family(running.schema, to.schema().name)) return check_schema(running, to, to_name);
    return check_schema({std::string(name), target, from.state(target)->layout, layout_text_of(from, target)},
                        to, to_name);
}

result<migration_path> find_import_path(origin const& from, module_file const& to, std::string_view to_name) {
    if (auto checked = check_schema(from, to, to_name); !checked) return checked.error();
    auto const& d = to.descriptor;
    if (!to.starts_from(from.version))
        return refuse(
            errc::no_migration_path, phase::plan, "{} starts from {} {}, the given state is {}; {}", to_name,
            d.schema[0] == '\0' ? "legacy version" : d.schema,
            d.oldest_start == d.schema_version ? fmt::format("{}", d.schema_version)
                                               : fmt::format("{} to {}", d.oldest_start, d.schema_version),
            schema_text(from.schema, from.version),
            from.version > d.schema_version
                ? fmt::format("load a release that knows version {}", from.version)
                : fmt::format("load a release in between first, or give the module the migration {} → {}",
                              from.version, from.version + 1));
    migration_path path;
    path.exchange_version = from.version;
    set_versions(path, from.version, d.schema_version);
    return path;
}

result<migration_path> find_migration_path(module_file const& from, module_file const& to,
                                           std::string_view to_name) {
    auto const running = origin_of(from);
    std::uint32_t const target = to.descriptor.schema_version;
    if (target >= running.version) return find_import_path(running, to, to_name);

    if (auto checked = check_states(from, to, to_name); !checked) return checked.error();
    if (!from.goes_back_to(target))
        return refuse(
            errc::no_migration_path, phase::plan,
            "{} keeps {}, the running state is {} and release {} can go back to version {} at the oldest; "
            "give it the downgrade {} → {}, or load a newer module",
            to_name, schema_text(to.schema().name, target), schema_text(running.schema, running.version),
            from.release(), from.descriptor.oldest_back, from.descriptor.oldest_back,
            from.descriptor.oldest_back - 1);
    migration_path path;
    path.exchange_version = target;
    set_versions(path, running.version, target);
    for (std::uint32_t version = running.version; version != target; --version)
        if ((from.state(version)->flags & abi::state_lossy) != 0)
            path.losses.push_back(fmt::format("{} → {}", version, version - 1));
    return path;
}

result<migration_path> path_of_fresh_state(module_file const& to) {
    migration_path path;
    path.exchange_version = to.descriptor.schema_version;
    path.versions = {path.exchange_version};
    return path;
}

result<void> check_loss(migration_path const& path, bool allow_loss, std::string_view to_name) {
    if (path.losses.empty() || allow_loss) return {};
    return refuse(
        errc::lossy_refused, phase::plan,
        "the way to {} loses part of the state (the downgrade {} is marked lossy by its author); set "
        "allow_loss if that is wanted, and take a snapshot before",
        to_name, fmt::format("{}", fmt::join(path.losses, ", ")));
}

std::string reason_to_serialize(module_file const& from, module_file const& to, migration_path const& path,
                                bool has_budget) {
    auto const& now = from.own_state();
    auto const* const ours = from.state(path.exchange_version);
    auto const* const theirs = to.state(path.exchange_version);
    if (theirs == nullptr || ours == nullptr) return "the layouts cannot be compared";
    if (((now.flags | theirs->flags) & abi::state_tables) != 0) return "the state has tables";
    if (auto why = difference_of_objects(*ours, *theirs); !why.empty()) return why;
    // The running module copies its own object before it downgrades the copy.
    if (auto why = difference_of_objects(now, now); !why.empty()) return why;
    if (has_budget)
        return "a pause_budget is set, and the runtime could not abandon code that reads the running object";
    return {};
}

std::size_t states_read(module_file const& from, module_file const& to, migration_path const& path) {
    bool const goes_down = path.direction == direction::downgrade;
    auto const* const first = goes_down ? &from.own_state() : to.state(path.exchange_version);
    bool const is_lent =
        first != nullptr && (first->flags & (goes_down ? abi::state_lent_back : abi::state_lent)) != 0;
    return path.versions.size() - (is_lent ? 1 : 0);
}

std::size_t states_serialized(migration_path const& path) noexcept {
    return path.versions.size() + (path.direction == direction::downgrade ? 1 : 0);
}

failure handoff_refusal(std::string_view to_name, std::string_view reason, phase at) {
    return refuse(errc::handoff_refused, at,
                  "the state cannot be handed to {} as it is: {}; use transfer::snapshot", to_name, reason);
}

result<void> check_handoff(module_file const& from, module_file const& to, std::string_view to_name) {
    auto const refused = [&](std::string_view reason) {
        return handoff_refusal(to_name, reason, phase::plan);
    };
    auto const& a = from.own_state();
    auto const& b = to.own_state();
    if (a.version != b.version)
        return refused(fmt::format("its schema version is {}, the running one is {}", b.version, a.version));
    if (auto const why = difference_of_objects(a, b); !why.empty()) return refused(why);
    return {};
}

}  // namespace hotswap::detail
