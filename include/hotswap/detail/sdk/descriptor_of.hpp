// Builds a component's descriptor at compile time.
#pragma once

#include <hotswap/detail/abi/descriptor.hpp>
#include <hotswap/detail/base/release_text.hpp>
#include <hotswap/detail/sdk/component_class.hpp>
#include <hotswap/detail/sdk/path_functions.hpp>
#include <hotswap/detail/state/layout_text.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hotswap::sdk {

template <std::size_t N>
constexpr void put_text(char (&field)[N], std::string_view text) {
    for (std::size_t i = 0; i != text.size() && i + 1 < N; ++i) field[i] = text[i];
}

/// Whether `text` is a release as in Semantic Versioning.
constexpr bool is_release(std::string_view text) { return release_text::parse(text).valid; }

/// Whether the descriptor's field is large enough for the release.
constexpr bool fits_descriptor(std::string_view release) { return release.size() <= release_text::longest; }

template <class Walk, std::uint32_t Version>
constexpr abi::state_entry describe_version() {
    using state = typename Walk::template state_of<Version>;
    constexpr layout l = layout_of<state>();
    abi::state_entry entry;
    entry.layout = l.fingerprint;
    entry.version = Version;
    if (Walk::template has<Version, Version + 1> && Version >= Walk::oldest_start)
        entry.flags |= abi::state_upgrades;
    if constexpr (Version > 0) {
        if (Walk::template has<Version, Version - 1>) entry.flags |= abi::state_downgrades;
        if (Walk::template is_lossy<Version, Version - 1>) entry.flags |= abi::state_lossy;
    }
    if (l.opaque) entry.flags |= abi::state_opaque;
    if (l.bound) entry.flags |= abi::state_bound;
    if (l.tables) entry.flags |= abi::state_tables;
    if (l.own_order) entry.flags |= abi::state_own_order;
    if (is_lent<Walk, Version, Version + 1>()) entry.flags |= abi::state_lent;
    if constexpr (Version > 0)
        if (is_lent<Walk, Version, Version - 1>()) entry.flags |= abi::state_lent_back;
    entry.flags |= l.boost / 100 << abi::state_boost_shift;
    if (!detail::has_schema<state>) entry.flags |= abi::state_legacy;
    return entry;
}

template <class Walk, std::uint32_t... I>
constexpr void describe_versions(abi::descriptor& d, std::integer_sequence<std::uint32_t, I...>) {
    ((d.states[I] = describe_version<Walk, Walk::oldest + I>()), ...);
}

/// The revisions before `T`: a contract, or, if the contract is not known, a component class.
template <class T, std::size_t I = 0>
constexpr void describe_revisions(abi::descriptor& d) {
    d.oldest_contract = T::contract.number;
    if constexpr (detail::extends_contract<T> && I != abi::max_older_revisions) {
        static_assert(sizeof(detail::extension<T>) != 0);
        using before = typename T::extends;
        detail::check_revisions<before>();
        d.older_ends[I] = abi::end_of_functions<before>();
        describe_revisions<before, I + 1>(d);
    }
}

/// The layouts of the states of the component class `T`, as text.
template <class T>
constexpr auto layouts_of() {
    using lines = detail::layout_lines<typename component_class<T>::walk>;
    abi::layouts_note<(lines::size + 8) / 8 * 8> made;
    detail::layout_writer to(made.content);
    lines::write(to, typename lines::versions{});
    return made;
}

/// The descriptor of the component class `T`.
template <class T>
constexpr abi::descriptor descriptor_of(std::string_view component, std::string_view release) {
    using checked = component_class<T>;
    using walk = typename checked::walk;
    static_assert(T::contract.name.size() > 0 && T::contract.name.size() < sizeof(abi::descriptor::contract),
                  "hotswap: a contract's name has 1 to 63 characters");
    constexpr std::uint32_t count = walk::version - walk::oldest + 1;
    static_assert(count <= abi::max_states, "hotswap: a history reaches back at most 63 versions");

    abi::descriptor d;
    if (validates<T>) d.flags |= abi::module_validates;
    if (adopts<T>) d.flags |= abi::module_adopts;
    d.contract_number = T::contract.number;
    if constexpr (!std::is_same_v<contract_of<T>, T>) {
        detail::check_revisions<contract_of<T>>();
        d.contract_end = abi::end_of_functions<contract_of<T>>();
    }
    describe_revisions<contract_of<T>>(d);
    d.schema_version = walk::version;
    d.oldest_start = walk::oldest_start;
    d.oldest_back = walk::oldest_back;
    d.state_count = count;
    put_text(d.component, component);
    put_text(d.release, release);
    put_text(d.contract, T::contract.name);
    put_text(d.schema, schema_of<typename T::state>().name);
    put_text(d.toolchain, abi::toolchain);
    describe_versions<walk>(d, std::make_integer_sequence<std::uint32_t, count>{});
    return d;
}

}  // namespace hotswap::sdk
