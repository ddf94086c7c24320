// The libraries that a module needs: those that this process has loaded, and those that the linker would
// load.
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
    std::string name;        ///< the name that the module requires
    std::string needed_by;   ///< the module, or the library that needs it
    bool is_loaded = false;  ///< otherwise the linker must load it
    /// The linker's object under that name; null if the library is not loaded, or belongs to the system.
    linked_object const* loaded = nullptr;
    bool is_the_hosts = false;           ///< the program itself needs the loaded library
    std::optional<library_file> file{};  ///< the result of the search, if it was needed
    bool is_another = false;             ///< `file` is another library than `loaded`

    /// Whether the loaded library came from the path that the search finds, and that path now holds another
    /// file.
    bool was_replaced() const { return is_another && loaded->path == file->path; }
};

/// All needed libraries of one module.
class needed_libraries {
public:
    /// `search`: whether this process is the host: then libraries that are not loaded, or may be other files,
    /// are searched for. Otherwise only names without a path are looked up among the loaded libraries.
    /// Lifetime: `module` and `name` outlive this object; loaded libraries stay loaded during its lifetime.
    needed_libraries(elf_image const& module, std::string_view name, bool search);
    ~needed_libraries();
    needed_libraries(needed_libraries const&) = delete;
    needed_libraries& operator=(needed_libraries const&) = delete;

    std::list<needed_library> const& all() const noexcept { return all_; }
    /// The names that are paths; only the linker opens them.
    std::vector<std::string> const& paths() const noexcept { return paths_; }
    /// The objects that this process has loaded.
    /// Errors:   throws std::bad_alloc.
    /// Cost:     some 20 µs for the first call, which most modules do not need.
    linked_objects const& process() const;
    /// Whether `defines` can be trusted: each library is loaded, or its file could be read.
    bool are_known() const noexcept { return are_known_; }
    /// Whether the process, or a library that would be loaded, defines the symbol.
    bool defines(std::string const& symbol) const;

private:
    void add(elf_image const& of, std::string const& by, search_order const& order);
    void look_up(needed_library& wanted, search_order const& order);
    bool is_the_hosts(linked_object const& object);

    bool search_;
    bool are_known_ = true;
    mutable std::optional<linked_objects> process_{};
    std::vector<linked_object const*> hosts_{};  // the needs of the program, after the first request
    std::vector<void*> handles_{};
    library_search finder_{};
    std::list<needed_library> all_{};
    std::unordered_set<std::string_view> brought_{};  // the symbols of the files that the linker must load
    std::vector<std::string> paths_{};
};

/// Whether the file has the exported symbol.
bool defines(library_file const& file, std::string_view symbol);

}  // namespace hotswap::detail
