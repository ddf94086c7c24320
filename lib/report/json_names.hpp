// The JSON names of the members of described types.
#pragma once

#include <boost/describe/members.hpp>

#include <chrono>
#include <string>
#include <type_traits>

namespace hotswap::detail {

template <class T>
using described_members = boost::describe::describe_members<T, boost::describe::mod_public>;

template <class T>
concept described_enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

template <class T>
concept described_struct = boost::describe::has_describe_members<T>::value;

template <class T>
inline constexpr bool is_time = false;
template <class R, class P>
inline constexpr bool is_time<std::chrono::duration<R, P>> = true;
template <class C, class D>
inline constexpr bool is_time<std::chrono::time_point<C, D>> = true;

/// A time is a whole number of nanoseconds, and its name shows the unit: "pause_ns".
template <class Member>
std::string json_name(char const* name) {
    return is_time<Member> ? std::string(name) + "_ns" : std::string(name);
}

}  // namespace hotswap::detail
