// The C functions of a module that take a state along a path: from the running object if it can be read in
// place, else from its serialized form.
#pragma once

#include <hotswap/detail/sdk/read_arguments.hpp>
#include <hotswap/detail/sdk/used_up.hpp>
#include <hotswap/detail/state/archive.hpp>
#include <hotswap/detail/state/clone.hpp>
#include <hotswap/detail/state/heap_bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace hotswap::sdk {

/// Whether the migration From → To can read a state in place, its own module's or another's.
template <class Walk, std::uint32_t From, std::uint32_t To>
constexpr bool is_lent() {
    if constexpr (Walk::template only_reads<From, To>) {
        using source = typename Walk::template state_of<From>;
        return detail::is_readable_in_place<source>() && detail::how_to_read<source>.is_lendable;
    } else {
        return false;
    }
}

/// `Functions` is the `module_functions` of a component class.
template <class Functions>
struct path_functions {
    using state = typename Functions::state;
    using walk = typename Functions::walk;
    using journey = typename Functions::journey;
    template <std::uint32_t Version>
    using state_of = typename walk::template state_of<Version>;
    template <std::uint32_t Version>
    using kept = std::unique_ptr<used_up<state_of<Version>>>;

    // The journey owns `at` from here on.
    template <std::uint32_t Version>
    static state_of<Version>& keep(journey& j, kept<Version> at) {
        auto& value = at->value;
        at->before = std::move(j.used);
        j.used = std::move(at);
        return value;
    }

    // The result of a step on `old`: a new state at the end of a path, a kept one before that.
    template <std::uint32_t From, std::uint32_t To, class Old>
    static auto* arrive(journey& j, Old&& old) {
        return new state_of<To>(Functions::template take_step<From, To>(j, std::forward<Old>(old)));
    }
    template <std::uint32_t From, std::uint32_t To, class Old>
    static kept<To> pass(journey& j, Old&& old) {
        return std::make_unique<used_up<state_of<To>>>(
            [&] { return Functions::template take_step<From, To>(j, std::forward<Old>(old)); });
    }

    // The step may use up `old`, unless it only reads `old` in place.
    template <std::uint32_t Version, class Old>
    static state* climb(journey& j, Old&& old) {
        if constexpr (Version + 1 == walk::version)
            return arrive<Version, Version + 1>(j, std::forward<Old>(old));
        else
            return climb<Version + 1>(
                j, std::move(keep<Version + 1>(j, pass<Version, Version + 1>(j, std::forward<Old>(old)))));
    }
    template <std::uint32_t Version, class Old>
    static void* descend(journey& j, Old&& old, std::uint32_t to, bool lends) {
        if constexpr (Version == walk::oldest_back) {
            return nullptr;
        } else {
            bool const is_last = to + 1 == Version;
            if (is_last && !lends) return arrive<Version, Version - 1>(j, std::forward<Old>(old));
            auto& older = keep<Version - 1>(j, pass<Version, Version - 1>(j, std::forward<Old>(old)));
            return is_last ? &older : descend<Version - 1>(j, std::move(older), to, lends);
        }
    }

    template <std::uint32_t Version>
    static kept<Version> clone_of(state_of<Version> const& original) {
        auto copy = std::make_unique<used_up<state_of<Version>>>();
        detail::cloning().copy(original, copy->value);
        return copy;
    }

    template <std::uint32_t Version>
    static state* from_object(journey& j, state_of<Version> const& original) {
        if constexpr (!detail::is_readable_in_place<state_of<Version>>()) {
            throw archive_error("a state of that version is not read in place");
        } else if constexpr (Version == walk::version) {
            auto copy = std::make_unique<state>();
            detail::cloning().copy(original, *copy);
            return copy.release();
        } else if constexpr (is_lent<walk, Version, Version + 1>()) {
            return climb<Version>(j, original);
        } else {
            return climb<Version>(j, std::move(keep<Version>(j, clone_of<Version>(original))));
        }
    }
    template <std::uint32_t Version>
    static state* from_bytes(journey& j, abi::bytes payload) {
        if constexpr (Version == walk::version) {
            auto made = std::make_unique<state>();
            Functions::read_into(*made, payload);
            return made.release();
        } else {
            auto read = std::make_unique<used_up<state_of<Version>>>();
            Functions::read_into(read->value, payload);
            return climb<Version>(j, std::move(keep<Version>(j, std::move(read))));
        }
    }

    // Tries the versions from the oldest on; `Version` is a constant in the code that handles it.
    template <std::uint32_t Version>
    static bool upgrade_from(abi::old_state from, journey& j, state*& out) {
        if (from.version == Version) {
            out = from.object == nullptr
                      ? from_bytes<Version>(j, from.payload)
                      : from_object<Version>(j, *static_cast<state_of<Version> const*>(from.object));
            return true;
        }
        if constexpr (Version < walk::version)
            return upgrade_from<Version + 1>(from, j, out);
        else
            return false;
    }

    static abi::status upgrade_state(abi::old_state from, abi::argument_list const* with, void** out,
                                     void** left, abi::error* why) noexcept {
        journey j;
        try {
            if constexpr (walk::takes_arguments) j.with = read_arguments(with);
            j.failure = abi::status::bad_snapshot;
            state* result = nullptr;
            if (from.version < walk::oldest_start || !upgrade_from<walk::oldest_start>(from, j, result))
                return Functions::unsupported(from.version, why);
            *out = result;
            *left = j.used.release();
            return abi::status::ok;
        } catch (...) {
            return j.explain(why);
        }
    }

    static abi::status import_state(std::uint32_t version, abi::bytes payload, abi::argument_list const* with,
                                    void** out, abi::error* why) noexcept {
        void* left = nullptr;
        auto const outcome = upgrade_state({version, payload, nullptr}, with, out, &left, why);
        if (outcome == abi::status::ok) free_remains(left);
        return outcome;
    }

    static void* descend_from(journey& j, state const& current, std::uint32_t to, bool lends) {
        if constexpr (!detail::is_readable_in_place<state>()) {
            throw archive_error("the state is not read in place");
        } else if constexpr (walk::oldest_back == walk::version) {
            return nullptr;
        } else if constexpr (is_lent<walk, walk::version, walk::version - 1>()) {
            return descend<walk::version>(j, current, to, lends);
        } else {
            return descend<walk::version>(
                j, std::move(keep<walk::version>(j, clone_of<walk::version>(current))), to, lends);
        }
    }

    static abi::status downgrade_state(void const* object, std::uint32_t version,
                                       abi::argument_list const* with, bool lends, void** out, void** left,
                                       abi::error* why) noexcept {
        journey j;
        try {
            if (version < walk::oldest_back || version >= walk::version)
                return Functions::unsupported(version, why);
            if constexpr (walk::takes_arguments) j.with = read_arguments(with);
            j.failure = abi::status::bad_snapshot;
            *out = descend_from(j, *static_cast<state const*>(object), version, lends);
            *left = j.used.release();
            return abi::status::ok;
        } catch (...) {
            return j.explain(why);
        }
    }

    static void free_remains(void* left) noexcept { delete static_cast<remains*>(left); }

    static std::uint64_t measure_memory(void const* object) noexcept {
        // Blocks above this size malloc takes directly from the kernel, one by one.
        return detail::heap_bytes(*static_cast<state const*>(object), {256, std::size_t{128} << 10});
    }
};

}  // namespace hotswap::sdk
