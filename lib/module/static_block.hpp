// The static block of thread-local memory: what modules take of it at each load, and what is left for them.
#pragma once

#include "module/elf_image.hpp"
#include "module/needed_libraries.hpp"

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/module/finding.hpp>
#include <hotswap/failure.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// What to do about a module that takes some of it, or does not fit.
inline constexpr char static_block_remedy[] =
    "compile it, and what is linked to it, with -ftls-model=global-dynamic and without the attribute "
    "tls_model; or restart the host with GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384";

/// The bytes that each load of the object takes of the block that every thread got when it began; 0 for one whose thread-local
/// memory may lie anywhere.
std::uint64_t static_block_bytes(elf_image const& object);

/// Findings about that, also of libraries that would be brought; with `as_host`, about what is left in this process.
std::vector<finding> lint_static_block(elf_image const& image, needed_libraries const& libraries,
                                       std::string_view name, bool as_host);

/// Whether a swap from a module that takes `running` bytes to the one called `name`, which takes `next`, leaves room for a revert.
/// Errors:   load_failed.
result<void> expect_room_for_revert(std::uint64_t running, std::uint64_t next, std::string_view name);

/// What the modules of a process have taken of it. The linker appends what is loaded, and takes back only from the end.
/// Threads:  [any]
class static_block {
public:
    /// That of this process, as large as glibc makes it.
    static static_block& of_process();

    explicit static_block(std::uint64_t size) : size_(size) {}

    /// The object `owner` was loaded, with that many bytes of it.
    /// Errors:   throws std::bad_alloc.
    void took(void const* owner, std::uint64_t bytes);
    /// It was unloaded.
    void gave_back(void const* owner) noexcept;
    /// The linker refused that many.
    void refused(std::uint64_t bytes) noexcept;

    /// Whether the linker refused so many, and nothing was unloaded since.
    bool is_known_to_refuse(std::uint64_t bytes) const noexcept;
    /// How often an object of that many bytes could still be loaded: an estimate, because others take of it as well.
    std::uint64_t loads_left(std::uint64_t bytes) const noexcept;
    /// Whether so many bytes are left, if no other library has taken any.
    bool has_room_for(std::uint64_t bytes) const noexcept;

private:
    struct part {
        void const* owner;  // null once it was unloaded before what came later
        std::uint64_t bytes;
    };

    std::uint64_t left() const noexcept HOTSWAP_REQUIRES(mutex_);

    std::uint64_t const size_;
    mutable mutex mutex_;
    std::vector<part> parts_ HOTSWAP_GUARDED_BY(mutex_){};
    std::uint64_t refused_ HOTSWAP_GUARDED_BY(mutex_) = 0;  // the fewest bytes, 0: none
};

}  // namespace hotswap::detail
