#include "rehearsal/helper_environment.hpp"

#include "module/linked_object.hpp"
#include "module/runtime_lints.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace hotswap::detail {

namespace {

// Variables for the search of libraries and for the sanitizers; and variables that change the result of a
// migration and reveal nothing.
constexpr std::array<std::string_view, 7> always{
    "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "TZ", "LANG", "LANGUAGE"};

bool is_handed_on(std::string_view name, rehearsal_options const& options) {
    return options.whole_environment || name.starts_with("LC_") ||
           std::find(always.begin(), always.end(), name) != always.end() ||
           std::find(options.environment.begin(), options.environment.end(), name) !=
               options.environment.end();
}

std::string environment_in_words(rehearsal_options const& options) {
    if (options.whole_environment) return "the environment is the host's";
    if (options.environment.empty()) return "the environment is empty but for TZ, LANG and LC_*";
    return fmt::format("the environment is empty but for TZ, LANG, LC_* and {}",
                       fmt::join(options.environment, ", "));
}

}  // namespace

std::vector<std::string> helper_environment(rehearsal_options const& options) {
    std::vector<std::string> all;
    for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
        std::string_view const variable(*each);
        auto const end = variable.find('=');
        if (end != variable.npos && is_handed_on(variable.substr(0, end), options))
            all.emplace_back(variable);
    }
    // A sanitizer's runtime must be loaded first: without this variable, this host's modules could not be
    // rehearsed.
    if (auto const runtime = path_of_sanitizer(linked_objects::now()); !runtime.empty()) {
        std::erase_if(all, [](std::string const& each) { return each.starts_with("LD_PRELOAD="); });
        all.push_back("LD_PRELOAD=" + runtime);
    }
    return all;
}

std::string what_differs(rehearsal_options const& options) {
    return fmt::format(
        "; in a rehearsal {}, there are no sockets, no neighbours and no descriptors of the host, and "
        "memory, files and threads are limited: pass the variables that it needs in "
        "rehearsal_options::environment, raise a limit there, skip the action if host.rehearsing(), or swap "
        "with rehearse::never",
        environment_in_words(options));
}

}  // namespace hotswap::detail
