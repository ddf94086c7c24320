#include "house/rooms.hpp"

#include <algorithm>

namespace house {

namespace {

struct face {
    std::string_view file;
    std::string_view room;
};

/// The headers that users include, each of which belongs to a room.
constexpr std::array faces{
    face{"contract.hpp", "abi"},      face{"version.hpp", "abi"},     face{"failure.hpp", "base"},
    face{"inspect.hpp", "module"},    face{"event.hpp", "report"},    face{"json.hpp", "report"},
    face{"options.hpp", "report"},    face{"describe.hpp", "report"}, face{"format.hpp", "base"},
    face{"module_ref.hpp", "module"}, face{"plan.hpp", "report"},     face{"report.hpp", "report"},
    face{"runtime.hpp", "runtime"},   face{"component.hpp", "sdk"},   face{"table.hpp", "sdk"},
    face{"settings.hpp", "sdk"},      face{"asio.hpp", "slot"},       face{"draining.hpp", "sdk"},
    face{"testing.hpp", "testing"},   face{"control.hpp", "control"}, face{"pool.hpp", "pool"}};

}  // namespace

std::optional<room> room_of(std::string_view path) {
    if (path.starts_with("detail/")) path.remove_prefix(std::string_view{"detail/"}.size());
    auto const slash = path.find('/');
    auto name = path.substr(0, std::min(slash, path.size()));
    if (slash == path.npos) {
        auto const known = std::ranges::find(faces, path, &face::file);
        if (known == faces.end()) return {};
        name = known->room;
    }
    auto const found = std::ranges::find(rooms, name, &room::name);
    return found == rooms.end() ? std::nullopt : std::optional{*found};
}

bool may_include(room const& from, room const& to) {
    if (from.level == top_level || from.name == to.name) return true;
    if (from.level == sdk_level) return to.level <= 2;
    if (from.level == testing_level) return to.level <= 2 || to.level == sdk_level;
    return to.level < from.level;
}

}  // namespace house
