#include "report/indented_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstddef>
#include <utility>

namespace hotswap::detail {

namespace {

constexpr std::size_t longest_line = 120;

void print(std::string& to, boost::json::value const& what, std::size_t indent) {
    auto const* const members = what.if_object();
    auto const* const elements = what.if_array();
    auto const on_one_line = boost::json::serialize(what);
    if (on_one_line.size() + indent < longest_line || (members == nullptr && elements == nullptr)) {
        to += on_one_line;
        return;
    }
    std::string const space(indent + 2, ' ');
    bool is_first = true;
    auto const begin = [&] { to += (std::exchange(is_first, false) ? "\n" : ",\n") + space; };
    to += members != nullptr ? '{' : '[';
    if (members != nullptr)
        for (auto const& each : *members) {
            begin();
            to += boost::json::serialize(boost::json::value(each.key())) + ": ";
            print(to, each.value(), indent + 2);
        }
    else
        for (auto const& each : *elements) {
            begin();
            print(to, each, indent + 2);
        }
    to += '\n' + std::string(indent, ' ') + (members != nullptr ? '}' : ']');
}

}  // namespace

std::string indented(boost::json::value const& what) {
    std::string text;
    print(text, what, 0);
    return text;
}

}  // namespace hotswap::detail
