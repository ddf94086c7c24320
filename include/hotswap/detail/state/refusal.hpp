// The refusals, in words, of types that cannot be a state.
#pragma once

#include <hotswap/detail/state/local_thing.hpp>
#include <hotswap/detail/state/value.hpp>

#include <type_traits>

namespace hotswap::detail {

template <class T>
inline constexpr bool is_view = requires(T& v) {
    v.remove_prefix(std::size_t{});
}
|| requires(T const& v) {
    v.size_bytes();
    v.subspan(0);
};
template <class T>
inline constexpr bool is_shared = requires(T& p) {
    typename T::element_type;
    p.use_count();
};

/// Instantiated for every type within a state: if the type is not a value, compilation fails with its name
/// and the remedy.
template <class T>
struct state_value {
    static constexpr bool is_user_class =
        std::is_class_v<T> && (kind_of<T>() == kind::refused || kind_of<T>() == kind::aggregate);
    static constexpr bool is_code_pointer =
        std::is_member_pointer_v<T> || (std::is_pointer_v<T> && std::is_function_v<std::remove_pointer_t<T>>);
    static constexpr local_thing local = [] {
        if constexpr (std::is_class_v<T> && !std::is_polymorphic_v<T> && kind_of<T>() == kind::refused)
            return local_thing_of<T>();
        else
            return local_thing::none;
    }();

    static_assert(!has_clock_of_this_process<T>(),
                  "hotswap: a state cannot hold a time point of this clock, which counts from another moment "
                  "in every process or boot; keep one of std::chrono::system_clock, or the remaining "
                  "duration (for your own clock with a fixed epoch, specialize hotswap::has_fixed_epoch)");
    static_assert(
        local != local_thing::lock,
        "hotswap: a state cannot hold a lock, a condition variable or an atomic, which threads of one "
        "process share; keep it in the component class, and the plain value in the state");
    static_assert(
        local != local_thing::thread,
        "hotswap: a state cannot hold a thread, its id or its result, which end with this process; keep "
        "them in the component class, and a number or a name of your own in the state");
    static_assert(local != local_thing::error,
                  "hotswap: a state cannot hold an error code or an exception, which refers to an object of "
                  "this process; keep the number and the name of its category, or the message");
    static_assert(
        local != local_thing::type,
        "hotswap: a state cannot hold a std::type_index, which refers to an object of this process; keep an "
        "enumerator or a name");
    static_assert(
        local != local_thing::location,
        "hotswap: a state cannot hold a std::source_location, which points into a module's memory; keep the "
        "file's name as a std::string, and the line");
    static_assert(
        local != local_thing::code,
        "hotswap: a state cannot hold a std::function, a coroutine or a reference, which refer to code and "
        "objects of this process; keep an enumerator or a name that says which one is meant");
    static_assert(!std::is_reference_v<T>, "hotswap: a state cannot hold a reference; hold the value itself");
    static_assert(!is_code_pointer,
                  "hotswap: a state cannot hold a pointer to a function or a member, which points to code "
                  "that is unmapped after a swap; keep an enumerator or a name that says which one is meant");
    static_assert(
        is_code_pointer || (!std::is_pointer_v<T> && !std::is_null_pointer_v<T>),
        "hotswap: a state cannot hold a raw pointer, which means nothing after a swap; hold the value "
        "itself, a std::unique_ptr, or the key under which it is found");
    static_assert(!is_shared<T>,
                  "hotswap: a state cannot hold a shared or weak pointer, whose sharing would be lost "
                  "in a snapshot; hold the value itself, a std::unique_ptr, or a key");
    static_assert(!is_view<T>,
                  "hotswap: a state cannot hold a view of another owner's memory; hold a std::string "
                  "or a std::vector");
    static_assert(!std::is_array_v<T>, "hotswap: a state cannot hold a C array; hold a std::array");
    static_assert(!std::is_union_v<T>, "hotswap: a state cannot hold a union; hold a std::variant");
    static_assert(!std::is_polymorphic_v<T>,
                  "hotswap: a state cannot hold a polymorphic type, whose vtable dies with "
                  "its module; hold a std::variant of plain structs");
    static_assert(
        !std::is_const_v<T> && !std::is_volatile_v<T>,
        "hotswap: a field of a state cannot be const or volatile, nor a reference to such a value; hold a "
        "plain value");
    static_assert(!unique_ptr_like<T> || is_plain_unique_ptr<T>(),
                  "hotswap: a state's std::unique_ptr must own one object by the default deleter");

    static constexpr bool hidden_serialize = [] {
        if constexpr (is_user_class)
            return has_serialize_name<T>();
        else
            return false;
    }();
    static_assert(!hidden_serialize,
                  "hotswap: this class has a `serialize` that cannot be used, because it is private or has "
                  "another signature; declare it in the public part: `template <class Archive> void "
                  "serialize(Archive& archive, unsigned version)`");
    static_assert(
        !is_user_class || hidden_serialize || local != local_thing::none || std::is_polymorphic_v<T> ||
            is_shared<T> || is_view<T> || std::is_aggregate_v<T>,
        "hotswap: this class is neither an aggregate nor serializable; make it a plain struct or give it a "
        "public `template <class Archive> void serialize(Archive& archive, unsigned version)`; keep an "
        "object of this process (a lock, a socket, a thread) in the component class");
};

/// As `state_value`, for faults that only an aggregate can have; checked before its fields are read.
template <class T>
struct state_aggregate {
    static_assert(!has_base_class<T>,
                  "hotswap: a state struct cannot have base classes; make the base a field");
    static_assert(!has_reference<T>(), "hotswap: a state cannot hold a reference; hold the value itself");
    static_assert(!has_union<T>(), "hotswap: a state cannot hold a union; hold a std::variant");
    static_assert(!has_c_array<T>(), "hotswap: a state cannot hold a C array; hold a std::array");
    static_assert(
        field_count<T> <= max_fields,
        "hotswap: a state struct has at most 40 fields; group some of them in structs of their own");
    static_assert(!can_be_taken_apart<T>() || has_plain_fields<T>(),
                  "hotswap: a state cannot hold a bit-field; hold a whole integer or a bool");
};

/// As `state_aggregate`, checked after the fields have passed.
template <class T>
struct state_struct {
    static_assert(std::is_default_constructible_v<T>,
                  "hotswap: a state must be default constructible: give each field an initialiser");
    static_assert(std::is_move_constructible_v<T> && std::is_move_assignable_v<T>,
                  "hotswap: a state must be movable");
};

}  // namespace hotswap::detail
