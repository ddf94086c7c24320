#include "transfer/failing_memory.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local constinit std::size_t left = 0;  // 0: no allocation fails

void* take(std::size_t size, std::size_t alignment) {
    if (left != 0 && --left == 0) throw std::bad_alloc();
    void* const memory = alignment == 0
                             ? std::malloc(size == 0 ? 1 : size)
                             : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

// The standard library's other forms call these.
void* operator new(std::size_t size) { return take(size, 0); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return take(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
    try {
        return take(size, 0);
    } catch (std::bad_alloc const&) {
        return nullptr;
    }
}
void operator delete(void* memory, std::nothrow_t const&) noexcept { std::free(memory); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace hotswap_test {

failing_allocation::failing_allocation(std::size_t n) noexcept { left = n; }
failing_allocation::~failing_allocation() { left = 0; }
bool failing_allocation::has_failed() const noexcept { return left == 0; }

}  // namespace hotswap_test
