// What is wrong with a shared object that the dynamic linker can read.
#pragma once

#include "module/elf_image.hpp"

#include <hotswap/detail/module/finding.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// Every finding about `image`. With `as_host`, what it needs is compared with what this process has loaded and defines;
/// otherwise symbols that are found nowhere are the host's to bring, and only warned of.
std::vector<finding> lint(elf_image const& image, std::string_view name, bool as_host);

/// What in it defeats dlclose, in words.
std::vector<std::string> what_keeps_mapped(elf_image const& image);

/// Whether some of that are callbacks that it may leave where nothing can be asked for them.
bool leaves_without_trace(elf_image const& image);

}  // namespace hotswap::detail
