// Tells the library the package's path of hotswap-rehearse, the program that rehearses new modules. A static
// library that was moved after its installation cannot know this path; the headers can, because they are
// installed with the program.
#pragma once

namespace hotswap::detail {

/// Records the helper's path in the package that this program is built with. The first call counts.
/// Effects:  `helper` is the program itself, or null; `header` is this file: its path leads to the helper if
///           the package was installed.
/// Threads:  [any]
bool name_helper_of_package(char const* helper, char const* header) noexcept;

namespace {
// A variable of each translation unit: no class and no inline function depends on the macro, which is defined
// only for users of the build tree.
#if defined(HOTSWAP_REHEARSE_HELPER)
[[maybe_unused]] bool const helper_of_package = name_helper_of_package(HOTSWAP_REHEARSE_HELPER, __FILE__);
#else
[[maybe_unused]] bool const helper_of_package = name_helper_of_package(nullptr, __FILE__);
#endif
}  // namespace

}  // namespace hotswap::detail
