// The static block of thread-local memory: the bytes that modules take at each load, and the bytes that are
// left.
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

/// The remedy for a module that takes static bytes, or does not fit.
inline constexpr char static_block_remedy[] =
    "compile it, and the libraries that are linked to it, with -ftls-model=global-dynamic and without the "
    "attribute tls_model; or restart the host with GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384";

/// The bytes that each load of the object takes of the block that every thread gets when it begins; 0 if the
/// object's thread-local memory may lie anywhere.
std::uint64_t static_block_bytes(elf_image const& object);

/// Findings about these bytes, also for libraries that would be loaded; with `as_host`, about the bytes left
/// in this process.
std::vector<finding> lint_static_block(elf_image const& image, needed_libraries const& libraries,
                                       std::string_view name, bool as_host);

/// Whether a swap from a module that takes `running` bytes to the one called `name`, which takes `next`, leaves room for a revert.
/// Errors:   load_failed.
result<void> expect_room_for_revert(std::uint64_t running, std::uint64_t next, std::string_view name);

/// The bytes that the modules of a process have taken. The linker appends a loaded object, and frees bytes
/// only at the end.
/// Threads:  [any]
class static_block {
public:
    /// The block of this process, with the size that glibc gives it.
    static static_block& of_process();

    explicit static_block(std::uint64_t size) : size_(size) {}

    /// Records that the object `owner` was loaded, with that many bytes of the block.
    /// Errors:   throws std::bad_alloc.
    void took(void const* owner, std::uint64_t bytes);
    /// Records that the object was unloaded.
    void gave_back(void const* owner) noexcept;
    /// Records that the linker refused that many bytes.
    void refused(std::uint64_t bytes) noexcept;

    /// Whether the linker refused that many bytes, and nothing was unloaded since.
    bool is_known_to_refuse(std::uint64_t bytes) const noexcept;
    /// How often an object of that many bytes could still be loaded: an estimate, because other libraries
    /// take bytes as well.
    std::uint64_t loads_left(std::uint64_t bytes) const noexcept;
    /// Whether that many bytes are left, if no other library has taken any.
    bool has_room_for(std::uint64_t bytes) const noexcept;

private:
    struct part {
        void const* owner;  // null once unloaded while later parts remain
        std::uint64_t bytes;
    };

    std::uint64_t left() const noexcept HOTSWAP_REQUIRES(mutex_);

    std::uint64_t const size_;
    mutable mutex mutex_;
    std::vector<part> parts_ HOTSWAP_GUARDED_BY(mutex_){};
    std::uint64_t refused_ HOTSWAP_GUARDED_BY(mutex_) = 0;  // the fewest bytes, 0: none
};

}  // namespace hotswap::detail
