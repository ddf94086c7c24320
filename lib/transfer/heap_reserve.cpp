#include "transfer/heap_reserve.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

namespace hotswap::detail {

namespace {

// malloc takes a block of this size from the heap; larger ones may be mapped.
constexpr std::size_t piece = std::size_t{96} << 10;
// The heap has less than this free after a few swaps anyway.
constexpr std::size_t too_little = std::size_t{128} << 10;
// Too large for the lists from which malloc reuses a block before it merges it with its neighbours.
constexpr std::size_t lid = 2048;
constexpr std::uintptr_t page = 4096;
// Sizes of free blocks in the heap, from large to small, so that no large block is split for a small one.
constexpr std::size_t sizes[] = {49144, 24568, 12280, 6136, 4088, 3064, 2040, 1528, 1016,
                                 760,   504,   376,   248,  232,  216,  200,  184,  168,
                                 152,   136,   120,   104,  88,   72,   56,   40,   24};
// This many blocks, each next to the one before, come from one piece of memory.
constexpr unsigned in_a_row = 8;
// The bytes that the C library uses of each block, and the step of sizes.
constexpr std::size_t head = 8;
constexpr std::size_t step = 16;

void touch(void* memory) noexcept {
    auto const begin = reinterpret_cast<std::uintptr_t>(memory);
    auto const first = (begin + page - 1) / page * page;
    auto const last = (begin + piece) / page * page;
    // Kernels before 5.14 refuse; then the pages come one by one.
    if (madvise(reinterpret_cast<void*>(first), last - first, MADV_POPULATE_WRITE) == 0) return;
    for (auto at = begin; at < begin + piece; at += page) *reinterpret_cast<unsigned char volatile*>(at) = 0;
}

}  // namespace

class heap_reserve::blocks {
public:
    blocks() = default;
    ~blocks() {
        while (all_ != nullptr) std::free(std::exchange(all_, all_->next));
    }
    blocks(blocks const&) = delete;
    blocks& operator=(blocks const&) = delete;

    /// Null if there is no memory.
    void* add(std::size_t size) noexcept {
        auto* const memory = static_cast<link*>(std::malloc(size));
        if (memory == nullptr) return nullptr;
        memory->next = all_;
        return all_ = memory;
    }

private:
    struct link {
        link* next;
    };
    link* all_ = nullptr;
};

heap_reserve::heap_reserve() noexcept = default;
heap_reserve::~heap_reserve() = default;

void heap_reserve::take(std::size_t size) noexcept {
    if (size < too_little || scattered_) return;
    pieces_.reset(new (std::nothrow) blocks);
    scattered_.reset(new (std::nothrow) blocks);
    if (!pieces_ || !scattered_) return;
    for (std::size_t taken = 0; taken < size; taken += piece) {
        void* const memory = pieces_->add(piece);
        if (memory == nullptr) break;
        touch(memory);
    }
    take_scattered(size / piece * (piece / 64));
    static_cast<void>(scattered_->add(lid));  // so that memory freed below it stays in the heap
}

void heap_reserve::release() noexcept { pieces_.reset(); }

// malloc would take small scattered free blocks first: neighbours in a container would lie far apart.
void heap_reserve::take_scattered(std::size_t most) noexcept {
    for (std::size_t const size : sizes) {
        std::size_t const distance = (size + head + step - 1) / step * step;
        std::uintptr_t last = 0;
        for (unsigned row = 0; row != in_a_row && most != 0; --most) {
            auto const at = reinterpret_cast<std::uintptr_t>(scattered_->add(size));
            if (at == 0) return;
            row = at == last + distance ? row + 1 : 0;
            last = at;
        }
    }
}

}  // namespace hotswap::detail
