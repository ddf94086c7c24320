// What a module leaves in its process when all of it has been destroyed.
#pragma once

#include "programs/rehearse/left_threads.hpp"

#include <cstddef>
#include <cstdint>

namespace hotswap::rehearse {

/// Made before the module is loaded; compares.
class leftovers {
public:
    leftovers() noexcept;

    /// Takes note of the module, a handle of dlopen: its threads are told from those of its libraries.
    void watch(void* module);
    /// Whether a host would keep the module mapped, because something in the process may still call it.
    bool module_stays() const noexcept;

    /// Ends the process, with words, if children are there that were not, or threads that are not a library's, or if
    /// descriptors are gone.
    void refuse_anything_left() noexcept;
    void refuse_lost_descriptors() const noexcept;
    /// Says what is left that refuses nothing: threads of libraries, keys, handlers.
    void say_what_is_left() const noexcept;

private:
    void refuse_threads() noexcept;
    void refuse_children() const noexcept;

    static constexpr std::size_t most_own_threads = 8;  // a sanitizer has one

    std::uint64_t const threads_;
    std::size_t const keys_;
    int own_[most_own_threads]{};
    std::size_t own_count_ = 0;
    code_extent code_{};
    bool leaves_without_trace_ = false;
    left_threads left_{};
};

/// The most memory that this process has had so far, in bytes.
std::uint64_t peak_memory() noexcept;

}  // namespace hotswap::rehearse
