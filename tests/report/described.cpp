// The descriptions have every enumerator and every member: a missing one would be missing in texts and JSON.
#include "base/enum_name.hpp"

#include <hotswap/describe.hpp>

#include <boost/describe/members.hpp>
#include <boost/mp11/list.hpp>
#include <boost/pfr/core.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace hotswap;

/// Whether the value is an enumerator: then the compiler prints its name, otherwise a cast.
template <class E, E value>
constexpr bool is_enumerator() {
    std::string_view text = __PRETTY_FUNCTION__;
    text = text.substr(text.rfind("value = ") + 8);
    return text.front() != '(' && (text.front() < '0' || text.front() > '9');
}

/// The enumerator that is called "unknown", or a value that is none.
template <class E>
constexpr E its_unknown() {
    return static_cast<E>(255);
}
template <>
constexpr table_way its_unknown<table_way>() {
    return table_way::unknown;
}

template <class E, std::size_t... I>
std::string unnamed(std::index_sequence<I...>) {
    std::string found;
    auto const look = [&](E value, bool is_one, std::size_t number) {
        bool const has_name = to_string(value) != "unknown" || value == its_unknown<E>();
        if (is_one != has_name) found += std::to_string(number) + " ";
    };
    (look(static_cast<E>(I), is_enumerator<E, static_cast<E>(I)>(), I), ...);
    return found;
}

template <class E>
std::string unnamed() {
    return unnamed<E>(std::make_index_sequence<200>());
}

template <class T>
constexpr std::size_t described =
    boost::mp11::mp_size<boost::describe::describe_members<T, boost::describe::mod_public>>::value;

template <class T>
constexpr std::size_t left_out = 0;
template <>
constexpr std::size_t left_out<load_options> = 2;  // bytes: a frame, legacy data
template <>
constexpr std::size_t left_out<swap_options> =
    2;  // the contract that a host was compiled with, and the stop token
template <>
constexpr std::size_t left_out<set_options> = 2;  // the stop token and a function
template <>
constexpr std::size_t left_out<revert_options> = 2;  // likewise
template <>
constexpr std::size_t left_out<restore_options> = 1;  // likewise
template <>
constexpr std::size_t left_out<configure_options> = 1;  // likewise
template <>
constexpr std::size_t left_out<probation> = 1;  // a function
template <>
constexpr std::size_t left_out<rehearsal_options> = 1;  // a function
template <>
constexpr std::size_t left_out<swap_report> = 1;  // bytes: the state that a restore replaced

}  // namespace

TEST_CASE_TEMPLATE("descriptions: every enumerator has its name, and no other value has one", E, errc,
                   failure_kind, phase, operation, outcome, unload_verdict, transfer, rehearse,
                   recover_modules, table_way, direction, level) {
    CHECK(unnamed<E>() == "");
}

TEST_CASE("descriptions: names lead back to their enumerators") {
    CHECK(detail::enum_name(phase::export_) == "export");
    CHECK(detail::enum_of_name<phase>("export") == phase::export_);
    CHECK_FALSE(detail::enum_of_name<phase>("export_").has_value());
    CHECK(errc_named("rolled_back") == errc::rolled_back);
    CHECK_FALSE(errc_named("unknown").has_value());
}

TEST_CASE_TEMPLATE("descriptions: every member of options, reports and events is described", T,
                   generation_info, unload_report, probation, rehearsal_options, rehearsal_report,
                   load_options, swap_options, set_member, set_options, revert_options, restore_options,
                   unload_options, recover_options, configure_options, setting_change, configure_report,
                   placed_module, component_drift, failure, phase_report, table_report, discarded_writes,
                   swap_report, set_report, swap_plan, set_plan, event, failing_checkpoint, component_status,
                   finding, inspected_state, inspection) {
    CHECK(described<T> + left_out<T> == boost::pfr::tuple_size_v<T>);
}
