#include "state/allocations.hpp"

#include <malloc.h>

#include <cstdlib>
#include <new>

namespace {

struct counters {
    std::size_t largest = 0;
    std::size_t peak = 0;
    std::ptrdiff_t live = 0;
};
thread_local constinit counters counted;

void count(void* memory, std::size_t size) noexcept {
    counted.live += static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
    if (size > counted.largest) counted.largest = size;
    if (counted.live > 0 && static_cast<std::size_t>(counted.live) > counted.peak)
        counted.peak = static_cast<std::size_t>(counted.live);
}

void forget(void* memory) noexcept {
    counted.live -= static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
    std::free(memory);
}

}  // namespace

// The standard library's other forms call these four.
void* operator new(std::size_t size) {
    void* const memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) throw std::bad_alloc();
    count(memory, size);
    return memory;
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    auto const step = static_cast<std::size_t>(alignment);
    void* const memory = std::aligned_alloc(step, (size + step - 1) / step * step);
    if (memory == nullptr) throw std::bad_alloc();
    count(memory, size);
    return memory;
}
void operator delete(void* memory) noexcept { forget(memory); }
void operator delete(void* memory, std::size_t) noexcept { forget(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { forget(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { forget(memory); }

namespace hotswap_test {

allocation_meter::allocation_meter() noexcept { counted = {}; }
std::size_t allocation_meter::largest() const noexcept { return counted.largest; }
std::size_t allocation_meter::peak() const noexcept { return counted.peak; }

}  // namespace hotswap_test
