// Described types as JSON.
#pragma once

#include "base/enum_name.hpp"
#include "report/json_names.hpp"

#include <hotswap/detail/base/errc.hpp>
#include <hotswap/module_ref.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>

#include <concepts>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::detail {

/// Times are whole nanoseconds (a point in time: since 1970, UTC), enumerators and paths are texts; an empty
/// optional is left out.
struct json_writer {
    using value = boost::json::value;

    value operator()(bool yes) const { return yes; }
    value operator()(std::integral auto number) const { return number; }
    value operator()(std::string_view text) const { return boost::json::string(text.data(), text.size()); }
    value operator()(std::string const& text) const { return (*this)(std::string_view(text)); }
    value operator()(std::filesystem::path const& path) const { return (*this)(path.native()); }
    value operator()(module_ref const& module) const { return (*this)(to_string(module)); }
    value operator()(errc code) const { return (*this)(to_string(code)); }
    value operator()(described_enum auto each) const { return (*this)(enum_name(each)); }
    value operator()(std::chrono::nanoseconds time) const { return time.count(); }
    value operator()(std::chrono::system_clock::time_point when) const {
        return (*this)(std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()));
    }
    value operator()(std::map<std::string, std::string, std::less<>> const& texts) const {
        boost::json::object all;
        for (auto const& [name, text] : texts) all[name] = text;
        return all;
    }
    template <class T>
    value operator()(std::vector<T> const& list) const {
        boost::json::array all;
        for (auto const& each : list) all.push_back((*this)(each));
        return all;
    }
    template <described_struct T>
    value operator()(T const& whole) const {
        boost::json::object all;
        boost::mp11::mp_for_each<described_members<T>>(
            [&](auto member) { add(all, member.name, whole.*member.pointer); });
        return all;
    }

private:
    template <class T>
    void add(boost::json::object& to, char const* name, T const& member) const {
        to[json_name<T>(name)] = (*this)(member);
    }
    template <class T>
    void add(boost::json::object& to, char const* name, std::optional<T> const& member) const {
        if (member) add(to, name, *member);
    }
};

}  // namespace hotswap::detail
