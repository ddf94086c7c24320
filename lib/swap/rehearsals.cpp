#include "swap/rehearsals.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <system_error>
#include <utility>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

constexpr char helper_name[] = "hotswap-rehearse";

bool is_program(fs::path const& file) {
    std::error_code error;
    return fs::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0;
}

/// The directory of the file that this code is in: the library's, or the program's.
fs::path own_directory() {
    Dl_info about{};
    if (dladdr(reinterpret_cast<void const*>(&is_program), &about) == 0 || about.dli_fname == nullptr)
        return {};
    std::error_code error;
    return fs::canonical(about.dli_fname, error).parent_path();
}

fs::path directory_of_program() {
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error).parent_path();
}

}  // namespace

rehearsals::rehearsals(rehearsal_options options, std::optional<rehearse> usual, char const* helper)
    : options_(std::move(options)), usual_(usual), package_(helper == nullptr ? "" : helper) {}

bool rehearsals::want(std::optional<rehearse> by_swap, std::string const& digest) const {
    switch (by_swap.value_or(usual_.value_or(rehearse::when_new))) {
        case rehearse::never:
            return false;
        case rehearse::when_new: {
            std::lock_guard const lock(mutex_);
            return !passed_.contains(digest);
        }
        case rehearse::always:
            break;
    }
    return true;
}

void rehearsals::has_passed(std::string const& digest) {
    std::lock_guard const lock(mutex_);
    passed_.insert(digest);
}

fs::path rehearsals::find_helper() const {
    if (!options_.helper.empty()) return is_program(options_.helper) ? options_.helper : fs::path();
    for (fs::path const& each : {package_, fs::path(HOTSWAP_INSTALLED_HELPER)})
        if (is_program(each)) return each;
    for (fs::path const& directory : {own_directory(), directory_of_program()})
        for (fs::path const& each : {directory / helper_name, directory / ".." / "bin" / helper_name})
            if (!directory.empty() && is_program(each)) return each;
    return {};
}

bool rehearsals::is_first_without_helper() {
    std::lock_guard const lock(mutex_);
    return !std::exchange(warned_, true);
}

}  // namespace hotswap::detail
