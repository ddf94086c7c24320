// A sink of the archives that appends to a vector.
#pragma once

#include <hotswap/detail/abi/module_api.hpp>

#include <cstddef>
#include <vector>

namespace hotswap::detail {

class memory_sink {
public:
    explicit memory_sink(std::vector<unsigned char>& memory) {
        out.memory = &memory;
        out.used = memory.size();
        out.grow = &grow;
    }
    memory_sink(memory_sink const&) = delete;
    memory_sink& operator=(memory_sink const&) = delete;

    /// Cuts the vector to the written bytes.
    void finish() { out.memory->resize(out.size()); }

    struct growing : abi::sink {
        std::vector<unsigned char>* memory = nullptr;
        std::size_t used = 0;  // before the first write

        std::size_t size() const noexcept {
            return cursor == nullptr ? used : static_cast<std::size_t>(cursor - memory->data());
        }
    } out;

private:
    static bool grow(abi::sink* self, std::uint64_t need) noexcept {
        auto& s = *static_cast<growing*>(self);
        std::size_t const used = s.size();
        try {
            s.memory->resize(2 * used + need);
        } catch (...) {
            return false;
        }
        s.cursor = s.memory->data() + used;
        s.end = s.memory->data() + s.memory->size();
        return true;
    }
};

}  // namespace hotswap::detail
