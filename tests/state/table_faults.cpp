#include "state/table_faults.hpp"

#include <cstdlib>

// operator new of this executable ends in these two. They go on to the sanitizer's, where there is one.
extern "C" {
[[gnu::weak]] void* __interceptor_malloc(std::size_t size);
[[gnu::weak]] void* __interceptor_aligned_alloc(std::size_t alignment, std::size_t size);
void* __libc_malloc(std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

thread_local constinit std::size_t left = 0;

// Called before a sanitizer is ready.
[[gnu::no_sanitize("address", "thread", "undefined")]] bool fails() noexcept {
    return left != 0 && --left == 0;
}

}  // namespace

extern "C" {
[[gnu::no_sanitize("address", "thread", "undefined")]] void* malloc(std::size_t size) noexcept {
    if (fails()) return nullptr;
    return __interceptor_malloc != nullptr ? __interceptor_malloc(size) : __libc_malloc(size);
}
[[gnu::no_sanitize("address", "thread", "undefined")]] void* aligned_alloc(std::size_t alignment,
                                                                           std::size_t size) noexcept {
    if (fails()) return nullptr;
    return __interceptor_aligned_alloc != nullptr ? __interceptor_aligned_alloc(alignment, size)
                                                  : __libc_memalign(alignment, size);
}
}

namespace hotswap_test {

failing_allocation::failing_allocation(std::size_t spared) noexcept { left = spared + 1; }
failing_allocation::~failing_allocation() { left = 0; }
bool failing_allocation::happened() const noexcept { return left == 0; }

}  // namespace hotswap_test
