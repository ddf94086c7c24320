// The memory into which a module serializes a state.
#pragma once

#include <hotswap/abi/module_api.hpp>

#include <cstddef>
#include <cstdlib>
#include <span>

namespace hotswap::detail {

/// A growing buffer that never clears what it is about to overwrite.
class byte_buffer {
public:
    byte_buffer() noexcept { sink_.grow = &grow; }
    ~byte_buffer() { std::free(sink_.memory); }
    byte_buffer(byte_buffer const&) = delete;
    byte_buffer& operator=(byte_buffer const&) = delete;

    abi::sink* sink() noexcept { return &sink_; }
    std::size_t size() const noexcept { return static_cast<std::size_t>(sink_.cursor - sink_.memory); }
    std::span<std::byte const> bytes() const noexcept {
        return {reinterpret_cast<std::byte const*>(sink_.memory), size()};
    }

private:
    struct growing_sink : abi::sink {
        unsigned char* memory = nullptr;
    };

    static bool grow(abi::sink* self, std::uint64_t need) noexcept {
        auto& s = *static_cast<growing_sink*>(self);
        auto const used = static_cast<std::size_t>(s.cursor - s.memory);
        auto const capacity = static_cast<std::size_t>(s.end - s.memory);
        std::size_t const wanted = used + need > 2 * capacity ? used + need + 256 : 2 * capacity;
        auto* const moved = static_cast<unsigned char*>(std::realloc(s.memory, wanted));
        if (moved == nullptr) return false;
        s.memory = moved;
        s.cursor = moved + used;
        s.end = moved + wanted;
        return true;
    }

    growing_sink sink_;
};

}  // namespace hotswap::detail
