// The libraries that a module needs: which of them this process has, and which the linker would bring.
#pragma once

#include "module/library_search.hpp"
#include "module/linked_object.hpp"

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace hotswap::detail {

/// One library that a module needs, directly or through another one.
struct needed_library {
    std::string name;        ///< as it is asked for
    std::string needed_by;   ///< the module, or the library that asks for it
    bool is_loaded = false;  ///< otherwise the linker has to bring it
    /// What the linker gives under that name; null if it is not loaded, or belongs to the system.
    linked_object const* loaded = nullptr;
    bool is_the_hosts = false;           ///< the program itself needs what is loaded
    std::optional<library_file> file{};  ///< where the search leads, as far as that is of interest
    bool is_another = false;             ///< `file` is another library than `loaded`

    /// Whether what is loaded came from the very place to which the search leads, where another file lies by now.
    bool was_replaced() const { return is_another && loaded->path == file->path; }
};

/// All of them.
class needed_libraries {
public:
    /// `search`: whether this process is the host, so that what is not loaded, or may be another file, is looked for. Otherwise
    /// only names without a path are looked up among what is loaded.
    /// Lifetime: `module` and `name` outlive it; what is loaded stays so as long as it lives.
    needed_libraries(elf_image const& module, std::string_view name, bool search);
    ~needed_libraries();
    needed_libraries(needed_libraries const&) = delete;
    needed_libraries& operator=(needed_libraries const&) = delete;

    std::list<needed_library> const& all() const noexcept { return all_; }
    /// The names that are paths, which are opened by the linker alone.
    std::vector<std::string> const& paths() const noexcept { return paths_; }
    /// What this process has loaded.
    /// Errors:   throws std::bad_alloc.
    /// Cost:     some 20 µs the first time, which most modules do not need.
    linked_objects const& process() const;
    /// Whether `defines` can be trusted: each library is loaded, or its file could be read.
    bool are_known() const noexcept { return are_known_; }
    /// Whether the process, or a library that would be brought, defines the symbol.
    bool defines(std::string const& symbol) const;

private:
    void add(elf_image const& of, std::string const& by, search_order const& order);
    void look_up(needed_library& wanted, search_order const& order);
    bool is_the_hosts(linked_object const& object);

    bool search_;
    bool are_known_ = true;
    mutable std::optional<linked_objects> process_{};
    std::vector<linked_object const*> hosts_{};  // what the program needs, once it was asked for
    std::vector<void*> handles_{};
    library_search finder_{};
    std::list<needed_library> all_{};
    std::unordered_set<std::string_view> brought_{};  // what the files that the linker has to bring define
    std::vector<std::string> paths_{};
};

/// Whether the file has the exported symbol.
bool defines(library_file const& file, std::string_view symbol);

}  // namespace hotswap::detail
