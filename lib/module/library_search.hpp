// Finds the file that the dynamic linker would load as a library, without loading it.
#pragma once

#include "module/elf_image.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// A file that the linker would load as a library.
struct library_file {
    std::filesystem::path path{};
    dev_t device = 0;
    ino_t inode = 0;
    bool by_own_path = false;  ///< found by the RUNPATH or RPATH of the object that needs it
    std::shared_ptr<std::vector<std::byte> const> bytes{};
    /// Empty if the file contradicts itself; refers to `bytes` and `path_text`.
    std::optional<elf_image> image{};
    std::shared_ptr<std::string const> path_text{};
};

/// The order in which the linker searches for the libraries of one object.
struct search_order {
    std::vector<std::string> first{};  ///< RPATH, if there is no RUNPATH
    std::vector<std::string> then{};   ///< RUNPATH, after LD_LIBRARY_PATH

    /// The order for an object whose copy lies in `origin`; without an origin, relative entries are left out.
    static search_order of(elf_image const& object, std::filesystem::path const& origin);
    bool empty() const noexcept { return first.empty() && then.empty(); }
};

/// Finds libraries as the linker of this process does: RPATH, LD_LIBRARY_PATH, RUNPATH, the linker's cache, the system's
/// directories.
/// Threads:  [any] each with its own object.
/// Cost:     reads every file that it finds, and the linker's cache if the search reaches it.
class library_search {
public:
    /// The file of that name; empty if there is none, or none for this machine.
    std::optional<library_file> find(std::string_view name, search_order const& order);

private:
    void read_system_paths();
    std::vector<std::filesystem::path> cached(std::string_view name);

    bool is_ready_ = false;
    std::vector<std::string> variable_{};     // LD_LIBRARY_PATH
    std::vector<std::string> directories_{};  // the system's
    std::optional<std::vector<std::byte>> cache_{};
};

}  // namespace hotswap::detail
