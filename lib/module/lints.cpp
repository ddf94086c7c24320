#include "module/lints.hpp"

#include "module/dependency_lints.hpp"
#include "module/left_behind.hpp"
#include "module/module_source.hpp"
#include "module/needed_libraries.hpp"
#include "module/runtime_lints.hpp"
#include "module/static_block.hpp"

#include <hotswap/detail/abi/descriptor.hpp>

#include <boost/archive/basic_archive.hpp>
#include <boost/core/demangle.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace hotswap::detail {

namespace {

// Modules bind to the host's copy of Boost.Serialization. With --as-needed, the default of some
// distributions, the linker would leave out a library that the host itself, or hotswap-lint, does not use.
[[gnu::used]] constinit auto* const keeps_serialization_linked = &boost::archive::BOOST_ARCHIVE_SIGNATURE;

std::string readable(std::string_view symbol) { return boost::core::demangle(std::string(symbol).c_str()); }

/// The leftover of an undefined symbol of a module; null if there is none.
registration const* registration_by(elf_symbol const& symbol) {
    return symbol.defined ? nullptr : find_registration(symbol.name);
}

std::string in_words(registration const& untraced) {
    return fmt::format("it calls {}, {}", untraced.name, untraced.left);
}

std::vector<std::string> reasons_of_linkage(elf_image const& image) {
    std::vector<std::string> reasons;
    if (image.never_unloads()) reasons.emplace_back("it is linked with -z nodelete");
    auto const symbols = image.symbols();
    if (std::any_of(symbols.begin(), symbols.end(), [](elf_symbol const& s) {
            return !s.defined && s.name.starts_with("__cxa_thread_atexit");
        }))
        reasons.emplace_back("it has thread_local objects with destructors");
    return reasons;
}

class linter {
public:
    linter(elf_image const& image, std::string_view name, bool as_host)
        : image_(image), name_(name), as_host_(as_host), symbols_(image.symbols()) {}

    std::vector<finding> run() && {
        look_for_unique_symbols();
        look_at_exports();
        look_at_segments();
        look_at_search_paths();
        look_at_libraries();
        look_for_what_keeps_it_mapped();
        look_for_callbacks();
        if (image_.build_id().empty())
            warn("the build id",
                 fmt::format("{} has no build id, so reports cannot distinguish its builds", name_),
                 "link it with --build-id, as hotswap_add_component does");
        return std::move(found_);
    }

private:
    void add(severity weight, errc code, std::string offender, std::string message, std::string remedy) {
        found_.push_back({weight, code, std::move(offender), std::move(message), std::move(remedy)});
    }
    void refuse(std::string offender, std::string message, std::string remedy) {
        add(severity::refuse, errc::lint_refused, std::move(offender), std::move(message), std::move(remedy));
    }
    void warn(std::string offender, std::string message, std::string remedy) {
        add(severity::warn, errc::lint_refused, std::move(offender), std::move(message), std::move(remedy));
    }

    void look_for_unique_symbols() {
        auto const is_unique = [](elf_symbol const& s) { return s.defined && s.unique; };
        // One of the author's own symbols, if there is any: hotswap's headers define some too, which the
        // author does not know.
        auto first = std::find_if(symbols_.begin(), symbols_.end(), [&is_unique](elf_symbol const& s) {
            return is_unique(s) && !s.name.starts_with("_ZN7hotswap");
        });
        if (first == symbols_.end()) first = std::find_if(symbols_.begin(), symbols_.end(), is_unique);
        if (first == symbols_.end()) return;
        auto const count = std::count_if(symbols_.begin(), symbols_.end(), is_unique);
        add(severity::refuse, errc::unique_symbols, readable(first->name),
            fmt::format(
                "{} defines {} unique symbol{} (one for the whole process, so that this release would run "
                "code of another release and could never be unloaded), the first is {}",
                name_, count, count == 1 ? "" : "s", readable(first->name)),
            "compile with -fno-gnu-unique -fvisibility=hidden, as hotswap_add_component does");
    }

    void look_at_exports() {
        std::size_t others = 0;
        std::string_view first;
        bool enters = false;
        for (elf_symbol const& s : symbols_) {
            if (!s.defined || s.hidden) continue;
            if (s.name == abi::entry_symbol)
                enters = true;
            else if (others++ == 0)
                first = s.name;
        }
        if (!enters)
            add(severity::refuse, errc::load_failed, abi::entry_symbol,
                fmt::format("{} does not export {}", name_, abi::entry_symbol),
                "build it with hotswap_add_component, whose version script keeps it");
        if (others != 0)
            warn(readable(first),
                 fmt::format(
                     "{} exports {} symbol{} next to {}, the first is {}: another library may bind to them, "
                     "which keeps it mapped",
                     name_, others, others == 1 ? "" : "s", abi::entry_symbol, readable(first)),
                 "build it with hotswap_add_component, whose version script hides them");
    }

    void look_at_segments() {
        bool stack_is_harmless = false;
        for (std::size_t i = 0; i != image_.segments().size(); ++i) {
            Elf64_Phdr const& s = image_.segments()[i];
            if (s.p_type == PT_GNU_STACK) stack_is_harmless = (s.p_flags & PF_X) == 0;
            if (s.p_type == PT_LOAD && (s.p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
                refuse(fmt::format("segment {}", i),
                       fmt::format("{} has memory that is writable and executable at once (segment {})",
                                   name_, i),
                       "link it without -N, -z rwx and linker scripts that join code with data");
        }
        if (!stack_is_harmless)
            refuse(
                "the stack",
                fmt::format("{} asks for an executable stack, and loading it would make every stack of the "
                            "host executable",
                            name_),
                "link it with -z noexecstack, and mark assembly sources with .section .note.GNU-stack");
        if (image_.changes_code())
            refuse(
                "text relocations",
                fmt::format("{} has text relocations: its code would be writable while it is loaded", name_),
                "compile all of it with -fPIC");
    }

    void look_at_search_paths() {
        for (std::string_view const path : image_.search_paths()) {
            std::string const shown = path.empty() ? "(empty)" : std::string(path);
            constexpr char remedy[] =
                "link it with the install RPATH, to absolute directories that only root or the "
                "host's user can write";
            if (path.starts_with("$ORIGIN") || path.starts_with("${ORIGIN}"))
                warn(shown,
                     fmt::format("{} searches for libraries in {}, which is the staging directory for its "
                                 "private copy",
                                 name_, shown),
                     "link the libraries that it needs to the host, or name the directory");
            else if (!path.starts_with('/'))
                refuse(shown,
                       fmt::format("{} searches for libraries in the host's current directory (RPATH {})",
                                   name_, shown),
                       remedy);
            else if (auto const who = who_can_fill(path))
                refuse(shown,
                       fmt::format("{} searches for libraries in a directory whose files other users can "
                                   "replace ({})",
                                   name_, *who),
                       remedy);
        }
    }

    void look_at_libraries() {
        needed_libraries const libraries(image_, name_, as_host_);
        for (auto& found : lint_runtimes(image_, libraries, name_, as_host_))
            found_.push_back(std::move(found));
        for (auto& found : lint_static_block(image_, libraries, name_, as_host_))
            found_.push_back(std::move(found));
        for (auto& found : lint_dependencies(image_, libraries, name_, as_host_))
            found_.push_back(std::move(found));
    }

    void look_for_what_keeps_it_mapped() {
        for (auto const& reason : reasons_of_linkage(image_))
            warn(reason, fmt::format("{} will stay mapped after it is retired: {}", name_, reason),
                 "link it without -z nodelete, and keep such objects in the component");
    }

    void look_for_callbacks() {
        for (elf_symbol const& s : symbols_) {
            auto const* const known = registration_by(s);
            if (known == nullptr) continue;
            if (known->can_be_asked)
                warn(std::string(known->name),
                     fmt::format("{} calls {}: {} that it does not remove keeps it mapped", name_,
                                 known->name, known->left),
                     "undo the call in the component's destructor");
            else
                warn(std::string(known->name),
                     fmt::format("{} will stay mapped after it is retired: {}", name_, in_words(*known)),
                     "make the call in the host, or accept that each release stays mapped");
        }
    }

    elf_image const& image_;
    std::string_view name_;
    bool as_host_;
    std::vector<elf_symbol> symbols_;
    std::vector<finding> found_;
};

}  // namespace

std::vector<std::string> what_keeps_mapped(elf_image const& image) {
    auto reasons = reasons_of_linkage(image);
    for (elf_symbol const& s : image.symbols())
        if (auto const* const known = registration_by(s); known != nullptr && !known->can_be_asked)
            reasons.push_back(in_words(*known));
    return reasons;
}

bool leaves_without_trace(elf_image const& image) {
    auto const symbols = image.symbols();
    return std::any_of(symbols.begin(), symbols.end(), [](elf_symbol const& s) {
        auto const* const known = registration_by(s);
        return known != nullptr && !known->can_be_asked;
    });
}

std::vector<finding> lint(elf_image const& image, std::string_view name, bool as_host) {
    return linter(image, name, as_host).run();
}

}  // namespace hotswap::detail
