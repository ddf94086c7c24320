// What a module leaves in its process when all of it has been destroyed.
#pragma once

#include <cstdint>

namespace hotswap::rehearse {

/// Made before the module is loaded; compares.
class leftovers {
public:
    leftovers() noexcept;

    /// Ends the process, with words, if threads or children are there that were not, or if descriptors are gone.
    void refuse_anything_left() const noexcept;
    void refuse_lost_descriptors() const noexcept;

private:
    void refuse_threads() const noexcept;
    void refuse_children() const noexcept;

    std::uint64_t const threads_;
};

/// The most memory that this process has had so far, in bytes.
std::uint64_t peak_memory() noexcept;

}  // namespace hotswap::rehearse
