// Faults of the libraries that a module needs, in the process that would load the module.
#pragma once

#include "module/elf_image.hpp"
#include "module/needed_libraries.hpp"

#include <hotswap/detail/module/finding.hpp>

#include <string_view>
#include <vector>

namespace hotswap::detail {

/// The findings about the needed libraries and the imports of `image`; see `lint` for `as_host`.
std::vector<finding> lint_dependencies(elf_image const& image, needed_libraries const& libraries,
                                       std::string_view name, bool as_host);

}  // namespace hotswap::detail
