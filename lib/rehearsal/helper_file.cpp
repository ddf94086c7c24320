#include "rehearsal/helper_file.hpp"

#include "module/exposure.hpp"
#include "module/module_source.hpp"

#include <hotswap/detail/rehearsal/helper_of_package.hpp>

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <string_view>
#include <system_error>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

// Set by lib/CMakeLists.txt: the helper's place at the configured prefix, and its paths relative to the
// library and the headers.
constexpr char helper_name[] = "hotswap-rehearse";
constexpr char helper_of_prefix[] = HOTSWAP_HELPER;
constexpr char helper_from_library[] = HOTSWAP_HELPER_FROM_LIBRARY;
constexpr char helper_from_programs[] = HOTSWAP_HELPER_FROM_PROGRAMS;
constexpr char helper_from_headers[] = HOTSWAP_HELPER_FROM_HEADERS;

// Literals of the program, or null; a path that was relative for the compiler is not valid here and is not
// kept. Initialised at compile time, so that the initialisers of other translation units can set them.
constinit std::atomic<char const*> named_helper{nullptr};
constinit std::atomic<char const*> named_header{nullptr};

bool is_program(fs::path const& file) {
    std::error_code error;
    return !file.empty() && fs::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0;
}

/// Whether only root and this process's user can write the file, or replace it: the same check as for
/// modules.
bool is_ours(fs::path const& file) {
    struct stat about {};
    if (lstat(file.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) return false;
    if ((about.st_uid != 0 && about.st_uid != geteuid()) || (about.st_mode & S_IWOTH) != 0) return false;
    if ((about.st_mode & S_IWGRP) != 0 && !is_trusted_group(about.st_gid)) return false;
    return !who_can_fill(file.parent_path());
}

/// The directory of the file that contains this code: the library's, or the program's.
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

/// The helper as found from the package's headers, included from
/// INCLUDE/hotswap/detail/rehearsal/helper_of_package.hpp.
fs::path helper_beside_headers() {
    char const* const header = named_header.load(std::memory_order_relaxed);
    if (header == nullptr) return {};
    auto const headers = fs::path(header).parent_path().parent_path().parent_path().parent_path();
    return (headers / helper_from_headers).lexically_normal();
}

fs::path helper_as_named() {
    char const* const helper = named_helper.load(std::memory_order_relaxed);
    return helper == nullptr ? fs::path() : fs::path(helper);
}

}  // namespace

bool name_helper_of_package(char const* helper, char const* header) noexcept {
    char const* none = nullptr;
    if (helper != nullptr) named_helper.compare_exchange_strong(none, helper, std::memory_order_relaxed);
    none = nullptr;
    if (*header != '/') return false;
    return named_header.compare_exchange_strong(none, header, std::memory_order_relaxed);
}

fs::path find_program_of_package(std::string_view name) {
    auto const library = own_directory();
    auto const program = directory_of_program();
    auto const of_this_name = [name](fs::path const& helper) {
        return helper.empty() ? helper : helper.parent_path() / name;
    };
    if (!library.empty())
        for (fs::path const& each :
             {library / name, of_this_name((library / helper_from_library).lexically_normal())})
            if (is_program(each)) return each;
    if (!program.empty())
        for (fs::path const& each : {program / name, program.parent_path() / "bin" / name,
                                     of_this_name((program / helper_from_programs).lexically_normal())})
            if (is_program(each)) return each;
    for (fs::path const& helper : {helper_as_named(), helper_beside_headers(), fs::path(helper_of_prefix)})
        if (auto const each = of_this_name(helper); is_program(each) && is_ours(each)) return each;
    return {};
}

fs::path find_helper_file(fs::path const& wanted) {
    if (!wanted.empty()) return is_program(wanted) ? wanted : fs::path();
    return find_program_of_package(helper_name);
}

}  // namespace hotswap::detail
