#include "programs/hotswap/component_template.hpp"

#include "programs/hotswap/project_files.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <string_view>

namespace hotswap::cli {

namespace {

std::string filled(std::string_view text, std::string const& name) {
    std::string made(text);
    constexpr std::string_view place = "@NAME@";
    for (std::size_t at = 0; (at = made.find(place, at)) != std::string::npos; at += name.size())
        made.replace(at, place.size(), name);
    return made;
}

void check_name(std::string const& name) {
    auto const is_part = [](unsigned char c) {
        return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
    };
    constexpr std::array<std::string_view, 8> taken{"hotswap", "std",   "main",     "component",
                                                    "host",    "state", "contract", "tests"};
    bool const is_good = !name.empty() && name.size() <= 40 &&
                         std::islower(static_cast<unsigned char>(name.front())) != 0 &&
                         std::ranges::all_of(name, is_part) && std::ranges::find(taken, name) == taken.end();
    if (!is_good)
        throw std::invalid_argument(
            "\"" + name +
            "\" cannot be the name: it is also that of a namespace, so it has lower-case letters, digits and "
            "_, begins with a letter, has 40 characters at most, and is none of hotswap's words");
}

}  // namespace

void add_component_project(file_changes& to, std::string const& name) {
    check_name(name);
    for (auto const& each : project_files()) to.create(filled(each.path, name), filled(each.content, name));
}

}  // namespace hotswap::cli
