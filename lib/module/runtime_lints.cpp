#include "module/runtime_lints.hpp"

#include "module/checked.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace hotswap::detail {

namespace {

/// A sanitizer whose runtime must be loaded when a process begins. The runtime for undefined behaviour need
/// not be.
struct sanitizer {
    std::string_view library;  ///< "asan" of libasan.so.8, libclang_rt.asan-x86_64.so
    std::string_view prefix;   ///< of the functions that it provides to code built with it
    std::string_view flag;
};

constexpr std::array sanitizers{
    sanitizer{"asan", "__asan_", "address"},    sanitizer{"hwasan", "__hwasan_", "hwaddress"},
    sanitizer{"tsan", "__tsan_", "thread"},     sanitizer{"msan", "__msan_", "memory"},
    sanitizer{"lsan", "__lsan_", "leak"},       sanitizer{"rtsan", "__rtsan_", "realtime"},
    sanitizer{"tysan", "__tysan_", "type"},     sanitizer{"nsan", "__nsan_", "numerical"},
    sanitizer{"dfsan", "__dfsan_", "dataflow"},
};

sanitizer const* sanitizer_of_library(std::string_view library) {
    constexpr std::string_view clangs = "libclang_rt.";
    if (library.starts_with(clangs))
        library.remove_prefix(clangs.size());
    else if (library.starts_with("lib"))
        library.remove_prefix(3);
    auto const found = std::find_if(sanitizers.begin(), sanitizers.end(), [library](sanitizer const& each) {
        auto const rest = library.substr(std::min(each.library.size(), library.size()));
        return library.starts_with(each.library) && !rest.empty() &&
               (rest.front() == '.' || rest.front() == '-' || rest.front() == '_');
    });
    return found == sanitizers.end() ? nullptr : &*found;
}

sanitizer const* sanitizer_of_symbol(std::string_view symbol) {
    auto const found = std::find_if(sanitizers.begin(), sanitizers.end(), [symbol](sanitizer const& each) {
        return symbol.starts_with(each.prefix);
    });
    return found == sanitizers.end() ? nullptr : &*found;
}

/// The sanitizers' runtimes that this process has loaded, in words.
std::string own_sanitizers(linked_objects const& process) {
    std::string text;
    for (linked_object const& each : process.all)
        if (sanitizer_of_library(each.name()) != nullptr)
            text += fmt::format("{}{}", text.empty() ? "" : ", ", each.name());
    return text.empty() ? "none" : text;
}

finding of_sanitizer(sanitizer const& which, std::string_view brought, std::string_view by, bool as_host,
                     std::string_view name, linked_objects const& process) {
    auto const via = by == name ? std::string() : fmt::format(" (by {})", by);
    auto const remedy = fmt::format(
        "build the module without -fsanitize={0}, or the host with it, by the same compiler", which.flag);
    if (!as_host)
        return warning(errc::lint_refused, std::string(brought),
                       fmt::format("{} needs the runtime of -fsanitize={}, {}{}: only a host that was built "
                                   "with it can load the module",
                                   name, which.flag, brought, via),
                       remedy);
    return refusing(
        errc::lint_refused, std::string(brought),
        fmt::format("{} needs the runtime of -fsanitize={}, {}{}, and this process is not built with it (the "
                    "sanitizers' runtimes in it: {}): to load it into a running process would end "
                    "the process",
                    name, which.flag, brought, via, own_sanitizers(process)),
        remedy);
}

/// The missing sanitizer's runtime that the module needs, by a library or by its imports.
std::optional<finding> find_sanitizer(elf_image const& image, needed_libraries const& libraries,
                                      std::string_view name, bool as_host) {
    for (needed_library const& each : libraries.all())
        if (auto const* const which = sanitizer_of_library(each.name))
            if (!each.is_loaded || !as_host)
                return of_sanitizer(*which, each.name, each.needed_by, as_host, name, libraries.process());
    for (elf_symbol const& each : image.symbols()) {
        auto const* const which = each.defined || each.weak ? nullptr : sanitizer_of_symbol(each.name);
        if (which != nullptr && !libraries.defines(std::string(each.name)))
            return of_sanitizer(*which, each.name, name, as_host, name, libraries.process());
    }
    return std::nullopt;
}

std::string path_of_runtime(linked_objects const& process, bool as_host) {
    if (as_host)
        for (linked_object const& each : process.all)
            if (each.name().starts_with("libstdc++.so") || each.name().starts_with("libc++.so"))
                return "this process has " + each.path;
    return "a host has its own";
}

/// The sign of a C++ runtime within the module: the flag that links it; empty if the module uses the
/// process's.
std::optional<std::string_view> own_cxx_runtime(elf_image const& image) {
    constexpr std::string_view of_cxx = "-static-libstdc++", of_gcc = "-static-libgcc";
    bool imports_cxx = false, imports_unwinder = false, finds_frames = false;
    for (elf_symbol const& each : image.symbols()) {
        bool const is_cxx = each.name == "__gxx_personality_v0" || each.name == "__cxa_begin_catch";
        bool const is_unwinder = each.name.starts_with("_Unwind_");
        if (each.defined && (is_cxx || is_unwinder)) return is_cxx ? of_cxx : of_gcc;
        imports_cxx = imports_cxx || is_cxx;
        imports_unwinder = imports_unwinder || is_unwinder;
        // An unwinder that is hidden in the module finds the frames of other objects by one of these
        // functions.
        finds_frames = finds_frames || each.name == "_dl_find_object" || each.name == "dl_iterate_phdr";
    }
    // Code that catches exceptions has this table and needs the runtime's functions: they are within the
    // module if it imports none.
    if (!image.has_section(".gcc_except_table")) return std::nullopt;
    if (!imports_cxx) return of_cxx;
    return finds_frames && !imports_unwinder ? std::optional(of_gcc) : std::nullopt;
}

std::optional<finding> find_cxx_runtime(elf_image const& image, needed_libraries const& libraries,
                                        std::string_view name, bool as_host) {
    auto const side = [&] { return path_of_runtime(libraries.process(), as_host); };
    if (auto const flag = own_cxx_runtime(image))
        return refusing(errc::lint_refused, std::string(*flag),
                        fmt::format("{} contains its own C++ runtime (the effect of {}), and {}: an "
                                    "exception of one ends the process in the other",
                                    name, *flag, side()),
                        "link it without -static-libstdc++, -static-libgcc and -static");
    for (needed_library const& each : libraries.all())
        if ((each.name.starts_with("libc++.so") || each.name.starts_with("libc++abi.so")) &&
            each.needed_by == name && !each.is_loaded && as_host)
            return refusing(errc::lint_refused, each.name,
                            fmt::format("{} brings its own C++ runtime, {}, and {}: an exception of one ends "
                                        "the process in the other",
                                        name, each.name, side()),
                            "build it, and the libraries that it is linked to, with the standard library of "
                            "the host");
    return std::nullopt;
}

}  // namespace

std::vector<finding> lint_runtimes(elf_image const& image, needed_libraries const& libraries,
                                   std::string_view name, bool as_host) {
    std::vector<finding> found;
    if (auto sanitized = find_sanitizer(image, libraries, name, as_host))
        found.push_back(std::move(*sanitized));
    if (auto own = find_cxx_runtime(image, libraries, name, as_host)) found.push_back(std::move(*own));
    return found;
}

std::string path_of_sanitizer(linked_objects const& process) {
    auto const found = std::find_if(process.all.begin(), process.all.end(), [](linked_object const& each) {
        return sanitizer_of_library(each.name()) != nullptr;
    });
    return found == process.all.end() ? std::string() : found->path;
}

bool is_of_a_sanitizer(std::string_view symbol) noexcept { return sanitizer_of_symbol(symbol) != nullptr; }

}  // namespace hotswap::detail
