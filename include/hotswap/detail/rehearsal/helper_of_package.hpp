// Tells the library where the package has hotswap-rehearse, the program that rehearses new modules. A static library that was
// moved after its installation cannot know that; the headers can, because they are installed with the program.
#pragma once

namespace hotswap::detail {

/// Remembers where the package that this program is built with has its helper. The first answer counts.
/// Effects:  `helper` is the program itself, or null; `header` is this file, from whose place the helper's follows if the
///           package was installed.
/// Threads:  [any]
bool name_helper_of_package(char const* helper, char const* header) noexcept;

namespace {
// A variable of each translation unit: no class and no inline function depends on the macro, which is defined for those that
// use the build tree.
#if defined(HOTSWAP_REHEARSE_HELPER)
[[maybe_unused]] bool const helper_of_package = name_helper_of_package(HOTSWAP_REHEARSE_HELPER, __FILE__);
#else
[[maybe_unused]] bool const helper_of_package = name_helper_of_package(nullptr, __FILE__);
#endif
}  // namespace

}  // namespace hotswap::detail
