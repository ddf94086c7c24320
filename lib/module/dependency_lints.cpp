#include "module/dependency_lints.hpp"

#include "module/checked.hpp"
#include "module/module_source.hpp"
#include "module/runtime_lints.hpp"

#include <boost/core/demangle.hpp>

#include <algorithm>
#include <filesystem>
#include <string>

namespace hotswap::detail {

namespace {

constexpr char by_soname[] =
    "give that library a SONAME for each release, or link it to the module statically; the loaded library "
    "stays as long as a module uses it, and often until the host is restarted";

class dependency_linter {
public:
    dependency_linter(elf_image const& image, needed_libraries const& libraries, std::string_view name,
                      bool as_host)
        : image_(image), libraries_(libraries), name_(name), as_host_(as_host) {}

    std::vector<finding> run() && {
        for (std::string const& path : libraries_.paths()) look_at_path(path);
        for (needed_library const& each : libraries_.all()) {
            if (each.is_another) look_at_another(each);
            if (!each.is_loaded && each.needed_by == name_ && as_host_) look_at_brought(each);
        }
        // The symbols of a missing library are unknown.
        if (libraries_.are_known()) look_for_undefined_symbols();
        return std::move(found_);
    }

private:
    void add(finding what) { found_.push_back(std::move(what)); }

    void look_at_path(std::string_view library) {
        auto const who = library.starts_with('/')
                             ? who_can_fill(std::filesystem::path(library).parent_path())
                             : std::optional<std::string>("relative to the host's current directory");
        if (who)
            add(refusing(errc::lint_refused, std::string(library),
                         fmt::format("{} needs {} from a directory whose files other users can replace ({})",
                                     name_, library, *who),
                         "link it with the library's name only"));
        else if (as_host_)
            add(warning(errc::lint_refused, std::string(library),
                        fmt::format("{} needs {} by its path", name_, library),
                        "link it with the library's name only"));
    }

    void look_at_brought(needed_library const& library) {
        add(warning(errc::lint_refused, library.name,
                    fmt::format("{} needs {}, which the host has not loaded: it is loaded with the module, "
                                "and stays loaded permanently if it may have its own threads or callbacks",
                                name_, library.name),
                    "link it to the host"));
    }

    std::string wanted_by(needed_library const& library) const {
        return library.needed_by == name_ ? std::string(name_)
                                          : fmt::format("{}, which {} needs,", library.needed_by, name_);
    }

    // The linker identifies a library only by its name, and uses the one that is loaded under that name.
    void look_at_another(needed_library const& library) {
        auto const& file = library.file->path.string();
        auto const& loaded = library.loaded->path;
        if (library.was_replaced()) {
            auto message = fmt::format(
                "{} needs {}, and {} was replaced since this process loaded it: the module would run with "
                "the loaded file, not with the file that is there now",
                wanted_by(library), library.name, loaded);
            bool const is_private = library.file->by_own_path && !library.is_the_hosts;
            return add(is_private ? refusing(errc::lint_refused, library.name, std::move(message), by_soname)
                                  : warning(errc::lint_refused, library.name, std::move(message),
                                            "restart the host, so that it loads the new one"));
        }
        if (library.is_the_hosts)
            return add(warning(
                errc::lint_refused, library.name,
                fmt::format("{} needs {} and would find {}, but the host has {} loaded: the module runs with "
                            "the host's",
                            wanted_by(library), library.name, file, loaded),
                "build it against the host's, or link the library to the module statically"));
        add(refusing(errc::lint_refused, library.name,
                     fmt::format("{} needs {} and would find {}, but this process has {} loaded under that "
                                 "name: the module would run with that one",
                                 wanted_by(library), library.name, file, loaded),
                     by_soname));
    }

    void look_for_undefined_symbols() {
        std::size_t count = 0;
        std::string first;
        for (elf_symbol const& s : image_.symbols()) {
            // The symbols of sanitizers have their own finding.
            if (s.defined || s.weak || is_of_a_sanitizer(s.name)) continue;
            std::string symbol(s.name);
            if (libraries_.defines(symbol)) continue;
            if (count++ == 0) first = std::move(symbol);
        }
        if (count == 0) return;
        auto const readable = boost::core::demangle(first.c_str());
        auto const more = count == 1 ? "" : fmt::format(", and {} more", count - 1);
        if (!as_host_)
            return add(warning(errc::unresolved_symbols, first,
                               fmt::format("{} has an undefined symbol that the host must define: {} ({}){}",
                                           name_, first, readable, more),
                               "if the host does not export it, link the library that defines it to "
                               "the module"));
        auto message = fmt::format(
            "{} has an undefined symbol that neither the host nor a library it has loaded defines: {} ({}){}",
            name_, first, readable, more);
        auto const& all = libraries_.all();
        auto const other = std::find_if(all.begin(), all.end(), [&first](needed_library const& each) {
            return each.is_another && defines(*each.file, first);
        });
        if (other == all.end())
            return add(refusing(errc::unresolved_symbols, first, std::move(message),
                                "link the library that defines it to the module, or to the host "
                                "with -rdynamic"));
        message += fmt::format(". {} defines it, but this process has {} loaded under the name {}",
                               other->file->path.string(), other->loaded->path, other->name);
        add(refusing(errc::unresolved_symbols, first, std::move(message), by_soname));
    }

    elf_image const& image_;
    needed_libraries const& libraries_;
    std::string_view name_;
    bool as_host_;
    std::vector<finding> found_;
};

}  // namespace

std::vector<finding> lint_dependencies(elf_image const& image, needed_libraries const& libraries,
                                       std::string_view name, bool as_host) {
    return dependency_linter(image, libraries, name, as_host).run();
}

}  // namespace hotswap::detail
