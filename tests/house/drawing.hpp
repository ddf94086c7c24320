// The house as a picture: docs/architecture.svg.
#pragma once

#include "house/includes.hpp"

#include <map>
#include <string>
#include <string_view>

namespace house {

/// What each room holds, in the words of docs/design.md, "The house", by the rooms' names.
/// Errors:   std::runtime_error if the document has no such block.
std::map<std::string, std::string> words_of_rooms(std::string_view design);

/// An SVG, readable on light and on dark grounds: a box for each room, its level next to it, and an arrow to each room that
/// another includes. The same plan and words give the same text. `plan` is without what others imply.
/// Errors:   std::runtime_error if a room has no words, or an arrow would go through a box.
std::string draw(house_plan const& plan, std::map<std::string, std::string> const& words);

/// What docs/architecture.svg must be: drawn from the includes and docs/design.md as they are.
std::string draw_library();

}  // namespace house
