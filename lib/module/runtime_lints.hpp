// Modules that bring a runtime of which a process may have only one: a sanitizer's, or that of C++.
#pragma once

#include "module/elf_image.hpp"
#include "module/needed_libraries.hpp"

#include <hotswap/detail/module/finding.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// The findings about runtimes that `image` brings; see `lint` for `as_host`.
std::vector<finding> lint_runtimes(elf_image const& image, needed_libraries const& libraries,
                                   std::string_view name, bool as_host);

/// The file of the sanitizer's runtime that the process has loaded as a library; empty if there is none.
std::string path_of_sanitizer(linked_objects const& process);

/// Whether the symbol is one that sanitized code imports from its runtime.
bool is_of_a_sanitizer(std::string_view symbol) noexcept;

}  // namespace hotswap::detail
