// Faults of a shared object that the dynamic linker can read.
#pragma once

#include "module/elf_image.hpp"

#include <hotswap/detail/module/finding.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// All findings about `image`. With `as_host`, its needs are compared with the objects and symbols of this
/// process; otherwise the host is expected to define symbols that are not found, and they cause only
/// warnings.
std::vector<finding> lint(elf_image const& image, std::string_view name, bool as_host);

/// The parts of the image that prevent an unload, in words.
std::vector<std::string> what_keeps_mapped(elf_image const& image);

/// Whether the image may leave callbacks that cannot be found later.
bool leaves_without_trace(elf_image const& image);

}  // namespace hotswap::detail
