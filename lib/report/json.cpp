#include <hotswap/json.hpp>

#include "report/json_reader.hpp"
#include "report/json_writer.hpp"

#include <hotswap/describe.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <utility>

namespace hotswap {

template <json_type T>
boost::json::value to_json_value(T const& from) {
    return detail::json_writer()(from);
}

template <json_type T>
std::string to_json(T const& from) {
    return boost::json::serialize(to_json_value(from));
}

namespace {

// Also correct if the value's type is itself `failure`.
template <class T>
result<T> not_read(std::string message) {
    return result<T>(boost::system::in_place_error,
                     detail::refuse(errc::invalid_argument, phase::none, "{}", message));
}

}  // namespace

template <json_type T>
result<T> from_json_value(boost::json::value const& from) {
    detail::json_reader reader(json_options<T>);
    T made{};
    if (!reader.read(from, made)) return not_read<T>(reader.wrong());
    return result<T>(boost::system::in_place_value, std::move(made));
}

template <json_type T>
result<T> from_json(std::string_view text) {
    boost::json::error_code error;
    auto const value = boost::json::parse({text.data(), text.size()}, error);
    if (error)
        return not_read<T>(
            fmt::format("expected JSON, found {} bytes that are not JSON: {}", text.size(), error.message()));
    return from_json_value<T>(value);
}

#define HOTSWAP_JSON(type)                                                  \
    template boost::json::value to_json_value<type>(type const&);           \
    template std::string to_json<type>(type const&);                        \
    template result<type> from_json_value<type>(boost::json::value const&); \
    template result<type> from_json<type>(std::string_view)

HOTSWAP_JSON(load_options);
HOTSWAP_JSON(swap_options);
HOTSWAP_JSON(set_member);
HOTSWAP_JSON(component_set);
HOTSWAP_JSON(set_options);
HOTSWAP_JSON(revert_options);
HOTSWAP_JSON(restore_options);
HOTSWAP_JSON(unload_options);
HOTSWAP_JSON(recover_options);
HOTSWAP_JSON(configure_options);
HOTSWAP_JSON(configure_report);
HOTSWAP_JSON(rehearsal_options);
HOTSWAP_JSON(probation);
HOTSWAP_JSON(swap_report);
HOTSWAP_JSON(set_report);
HOTSWAP_JSON(unload_report);
HOTSWAP_JSON(swap_plan);
HOTSWAP_JSON(set_plan);
HOTSWAP_JSON(failure);
HOTSWAP_JSON(component_status);
HOTSWAP_JSON(event);
HOTSWAP_JSON(generation_info);
HOTSWAP_JSON(inspection);
#undef HOTSWAP_JSON

}  // namespace hotswap
