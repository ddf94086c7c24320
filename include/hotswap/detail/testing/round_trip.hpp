// Checks that the migrations of a history keep what they promise to keep.
#pragma once

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/detail/sdk/component_class.hpp>
#include <hotswap/detail/state/copying.hpp>
#include <hotswap/detail/testing/difference.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace hotswap::testing {

/// Thrown by `check_round_trip`: a step that is not marked lossy lost something.
class round_trip_loss : public std::logic_error {
public:
    round_trip_loss(std::string const& words, std::uint32_t from, std::uint32_t to, std::string place)
        : std::logic_error(words), from_(from), to_(to), place_(std::move(place)) {}

    /// The downgrade that loses; equal numbers: the state's own form in a snapshot loses.
    std::uint32_t from() const noexcept { return from_; }
    std::uint32_t to() const noexcept { return to_; }
    /// The place of the first difference: `field 2, calls (unsigned long)`.
    std::string const& place() const noexcept { return place_; }

private:
    std::uint32_t from_;
    std::uint32_t to_;
    std::string place_;
};

}  // namespace hotswap::testing

namespace hotswap::detail {

/// The walks of one check through the history of the component class `T`.
template <class T>
class round_trip {
public:
    using walk = typename sdk::component_class<T>::walk;
    template <std::uint32_t Version>
    using state_of = typename walk::template state_of<Version>;

    explicit round_trip(arguments const& with) : with_(with) {}

    /// From the state up to the newest version, and then, as from the state itself, down to the oldest.
    template <std::uint32_t Version>
    void go(state_of<Version> const& from) const {
        check_written<Version>(from);
        if constexpr (Version != walk::version) climb<Version>(from);
        descend<Version>(from);
    }

private:
    static std::string number(std::uint32_t version) { return std::to_string(version); }
    static std::string arrow(std::uint32_t from, std::uint32_t to) {
        return number(from) + " → " + number(to);
    }
    static std::string title() {
        auto const name = schema_of<typename T::state>().name;
        return (name.empty() ? std::string(own_name<T>()) : std::string(name)) + ": ";
    }

    template <std::uint32_t From, std::uint32_t To>
    state_of<To> step(state_of<From> const& from) const {
        return walk::template apply<From, To>(copy_of(from), with_);
    }

    // The form in a snapshot: a `serialize` of the author's may leave a member out.
    template <std::uint32_t Version>
    void check_written(state_of<Version> const& value) const {
        state_of<Version> read{};
        auto const bytes = written(value);
        input_archive in({bytes.data(), bytes.size()});
        in >> read;
        if (auto const lost = comparison::between(value, read))
            throw testing::round_trip_loss(title() + "a state of version " + number(Version) +
                                               " that is written and read again has changed: " + lost->place +
                                               ": " + lost->words + ". Have its `serialize` keep that",
                                           Version, Version, lost->place);
    }

    template <std::uint32_t Version>
    void climb(state_of<Version> const& from) const {
        if constexpr (Version < walk::version && Version >= walk::oldest_start) {
            auto const up = step<Version, Version + 1>(from);
            check_written<Version + 1>(up);
            if constexpr (walk::template has<Version + 1, Version>) {
                auto const back = step<Version + 1, Version>(up);
                if constexpr (!walk::template is_lossy<Version + 1, Version>)
                    expect_same<Version>(from, back, Version + 1, Version);
            }
            if constexpr (Version + 1 == walk::version)
                descend<Version + 1>(up);
            else
                climb<Version + 1>(up);
        }
    }

    template <std::uint32_t Version>
    void descend(state_of<Version> const& from) const {
        if constexpr (Version > walk::oldest_back) {
            auto const down = step<Version, Version - 1>(from);
            check_written<Version - 1>(down);
            if constexpr (walk::template has<Version - 1, Version>) {
                auto const back = step<Version - 1, Version>(down);
                if constexpr (!walk::template is_lossy<Version, Version - 1>)
                    expect_same<Version>(from, back, Version, Version - 1);
            }
            descend<Version - 1>(down);
        }
    }

    // `from` → `to` is the downgrade of the way out and back.
    template <std::uint32_t Version>
    static void expect_same(state_of<Version> const& before, state_of<Version> const& after,
                            std::uint32_t from, std::uint32_t to) {
        auto const lost = comparison::between(before, after);
        if (!lost) return;
        bool const is_down_first = Version == from;
        auto const way = is_down_first ? "goes down " + arrow(from, to) + " and up again"
                                       : "goes up " + arrow(to, from) + " and down again";
        throw testing::round_trip_loss(
            title() + "a state of version " + number(Version) + " that " + way + " comes back changed: " +
                lost->place + ": " + lost->words + ". Have the downgrade " + arrow(from, to) +
                " keep that in a form that the other version can hold; if it cannot, mark it "
                "hotswap::lossy in the history: then a swap over it is refused unless the host allows the "
                "loss",
            from, to, lost->place);
    }

    arguments const& with_;
};

}  // namespace hotswap::detail

namespace hotswap::testing {

/// Takes `state`, a state of any version in the history of the component class `T`, along every migration that
/// the history reaches from it, up and down, each step there and back, and compares.
/// Effects:  steps that are marked lossy are taken and not compared. Containers and tables are compared by
///           their entries, whatever their order. Give it a state in which every field has a value of its own:
///           a loss of nothing is not seen.
/// Errors:   throws round_trip_loss for a downgrade that is not marked lossy and loses something; the message
///           names versions, field and remedy. Exceptions of a migration.
template <class T, class State>
void check_round_trip(State const& state, hotswap::arguments const& with = {}) {
    using walk = typename detail::round_trip<T>::walk;
    constexpr std::uint32_t version = schema_of<State>().version;
    static_assert(version >= walk::oldest && version <= walk::version,
                  "hotswap: check_round_trip takes a state whose version is in the component's history");
    static_assert(std::is_same_v<State, typename walk::template state_of<version>>,
                  "hotswap: check_round_trip takes the struct that the component's history names for that "
                  "version");
    detail::round_trip<T>(with).template go<version>(state);
}

/// As above, with a fresh state of `T`.
template <class T>
void check_round_trip() {
    check_round_trip<T>(typename T::state{});
}

}  // namespace hotswap::testing
