#include "state/table_faults.hpp"

#include <cstdlib>
#include <new>

// operator new of this executable calls these two. They call the sanitizer's functions, if there is a
// sanitizer.
extern "C" {
[[gnu::weak]] void* __interceptor_malloc(std::size_t size);
[[gnu::weak]] void* __interceptor_aligned_alloc(std::size_t alignment, std::size_t size);
void* __libc_malloc(std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

thread_local constinit std::size_t countdown = 0;
thread_local constinit bool for_good = false;
thread_local constinit bool has_happened = false;

// May be called before a sanitizer is ready.
[[gnu::no_sanitize("address", "thread", "undefined")]] bool fails() noexcept {
    if (countdown == 0 || --countdown != 0) return false;
    has_happened = true;
    if (for_good) countdown = 1;
    return true;
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

// A sanitizer's own operator would not call operator new.
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete[](void* memory) noexcept { operator delete(memory); }
void operator delete[](void* memory, std::size_t size) noexcept { operator delete(memory, size); }

namespace hotswap_test {

failing_allocation::failing_allocation(std::size_t spared, lasting how) noexcept {
    has_happened = false;
    for_good = how == lasting::for_good;
    countdown = spared + 1;
}
failing_allocation::~failing_allocation() { countdown = 0; }
bool failing_allocation::happened() const noexcept { return has_happened; }
std::size_t failing_allocation::left() const noexcept { return has_happened ? 0 : countdown - 1; }

}  // namespace hotswap_test
