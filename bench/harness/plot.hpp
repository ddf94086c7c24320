// The curve as a picture.
#pragma once

#include "harness/curve.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace bench {

/// An SVG with both axes logarithmic, readable on light and on dark grounds. The same curve gives the same text.
std::string draw_plot(std::vector<series> const& curve);

/// Writes the picture to a file.
/// Errors:   std::runtime_error if it cannot be written.
void write_plot(std::vector<series> const& curve, std::filesystem::path const& file);

}  // namespace bench
