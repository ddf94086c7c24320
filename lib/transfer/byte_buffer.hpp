// The memory into which a module serializes a state.
#pragma once

#include <hotswap/detail/abi/module_api.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

namespace hotswap::detail {

/// A growing buffer that never clears memory before it overwrites the memory.
/// Cost:     a small state costs one malloc; a large one takes a page fault for every 2 MiB, or none after
///           `prepare`.
class byte_buffer {
public:
    byte_buffer() noexcept { sink_.grow = &grow; }
    ~byte_buffer() { sink_.release(); }
    byte_buffer(byte_buffer const&) = delete;
    byte_buffer& operator=(byte_buffer const&) = delete;

    abi::sink* sink() noexcept { return &sink_; }
    std::size_t size() const noexcept { return sink_.used(); }
    std::span<std::byte const> bytes() const noexcept {
        return {reinterpret_cast<std::byte const*>(sink_.memory), size()};
    }

    /// Makes room for `expected` bytes and has the kernel hand out that memory now. Call it while the
    /// callers are still served. Does nothing if there is no memory; `grow` then reports the failure.
    void prepare(std::size_t expected) noexcept {
        if (expected <= sink_.capacity() || expected > SIZE_MAX / 2) return;
        if (!sink_.resize(expected)) return;
        if (sink_.mapped)
            // Kernels before 5.14 refuse; then the pages come one by one, as without `prepare`.
            static_cast<void>(madvise(sink_.cursor, sink_.capacity() - sink_.used(), MADV_POPULATE_WRITE));
        else
            std::memset(sink_.cursor, 0, sink_.capacity() - sink_.used());
    }

private:
    static constexpr std::size_t huge_page = std::size_t{2} << 20;

    static constexpr std::size_t whole_huge_pages(std::size_t size) noexcept {
        return (size + huge_page - 1) / huge_page * huge_page;
    }

    /// From the size of a huge page on, the memory is a separate mapping, because page faults then cost more
    /// than the copying: with small pages they take longer than all the serializing.
    struct growing_sink : abi::sink {
        unsigned char* memory = nullptr;
        bool mapped = false;

        std::size_t used() const noexcept { return static_cast<std::size_t>(cursor - memory); }
        std::size_t capacity() const noexcept { return static_cast<std::size_t>(end - memory); }

        void release() noexcept {
            if (mapped)
                munmap(memory, capacity());
            else
                std::free(memory);
        }

        bool resize(std::size_t wanted) noexcept {
            bool const map = mapped || wanted >= huge_page;
            if (map) wanted = whole_huge_pages(wanted);
            void* const moved = !map     ? std::realloc(memory, wanted)
                                : mapped ? remap(wanted)
                                         : map_copy(wanted);
            if (moved == nullptr) return false;
            cursor = static_cast<unsigned char*>(moved) + used();
            memory = static_cast<unsigned char*>(moved);
            end = memory + wanted;
            mapped = map;
            return true;
        }

        void* map_copy(std::size_t wanted) const noexcept {
            void* const fresh = map_aligned(wanted);
            if (fresh == nullptr) return nullptr;
            if (used() != 0) std::memcpy(fresh, memory, used());
            std::free(memory);
            return fresh;
        }

        // The kernel moves huge pages without splitting them only between aligned addresses.
        void* remap(std::size_t wanted) const noexcept {
            if (mremap(memory, capacity(), wanted, 0) != MAP_FAILED) return memory;
            void* const fresh = map_aligned(wanted);
            if (fresh == nullptr) return nullptr;
            if (mremap(memory, capacity(), wanted, MREMAP_MAYMOVE | MREMAP_FIXED, fresh) != MAP_FAILED)
                return fresh;
            munmap(fresh, wanted);
            return nullptr;
        }

        static void* map_aligned(std::size_t size) noexcept {
            void* const found =
                mmap(nullptr, size + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (found == MAP_FAILED) return nullptr;
            auto* const begin = static_cast<unsigned char*>(found);
            std::size_t const before = whole_huge_pages(reinterpret_cast<std::uintptr_t>(begin)) -
                                       reinterpret_cast<std::uintptr_t>(begin);
            if (before != 0) munmap(begin, before);
            munmap(begin + before + size, huge_page - before);
            madvise(begin + before, size, MADV_HUGEPAGE);  // refused where huge pages are switched off
            return begin + before;
        }
    };

    static bool grow(abi::sink* self, std::uint64_t need) noexcept {
        auto& s = *static_cast<growing_sink*>(self);
        if (need > SIZE_MAX / 4) return false;
        std::size_t const least = s.used() + need;
        // If there is no memory for twice the size, there may be some for a little more.
        return s.resize(std::max(2 * s.capacity(), least + 256)) || s.resize(least);
    }

    growing_sink sink_;
};

}  // namespace hotswap::detail
