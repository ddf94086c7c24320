// Where the dynamic linker would find a library, without opening it as one.
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

/// A file that the linker would take for a library.
struct library_file {
    std::filesystem::path path{};
    dev_t device = 0;
    ino_t inode = 0;
    bool by_own_path = false;  ///< found by the RUNPATH or RPATH of what needs it
    std::shared_ptr<std::vector<std::byte> const> bytes{};
    std::optional<elf_image> image{};  ///< nothing if it contradicts itself; of `bytes` and `path_text`
    std::shared_ptr<std::string const> path_text{};
};

/// The order in which the linker looks for what one object needs.
struct search_order {
    std::vector<std::string> first{};  ///< RPATH, where there is no RUNPATH
    std::vector<std::string> then{};   ///< RUNPATH, after LD_LIBRARY_PATH

    /// That of an object whose copy lies in `origin`; without one, places that are relative to it are left out.
    static search_order of(elf_image const& object, std::filesystem::path const& origin);
    bool empty() const noexcept { return first.empty() && then.empty(); }
};

/// Finds libraries as the linker of this process does: RPATH, LD_LIBRARY_PATH, RUNPATH, the linker's cache, the system's
/// directories.
/// Threads:  [any] each its own.
/// Cost:     reads every file that it finds, and the linker's cache if that is needed.
class library_search {
public:
    /// The file of that name; nothing if there is none, or none of this machine's kind.
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
