// Encodes and decodes states in memory, with the functions of host and module.
#pragma once

#include <hotswap/detail/state/archive.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace hotswap_test {

using buffer = std::vector<unsigned char>;

/// A sink of the host's side: a buffer that grows.
class memory_sink {
public:
    explicit memory_sink(std::size_t limit = static_cast<std::size_t>(-1)) : limit_(limit) {
        out_.owner = this;
        out_.grow = &grow;
    }
    memory_sink(memory_sink const&) = delete;

    hotswap::abi::sink& sink() { return out_; }
    buffer bytes() && {
        memory_.resize(used());
        return std::move(memory_);
    }

private:
    struct owned_sink : hotswap::abi::sink {
        memory_sink* owner = nullptr;
    };

    static bool grow(hotswap::abi::sink* self, std::uint64_t need) noexcept {
        auto& owner = *static_cast<owned_sink*>(self)->owner;
        std::size_t const used = owner.used();
        if (used + need > owner.limit_) return false;
        owner.memory_.resize(2 * (used + need));
        self->cursor = owner.memory_.data() + used;
        self->end = owner.memory_.data() + owner.memory_.size();
        return true;
    }
    std::size_t used() const {
        return memory_.empty() ? 0 : static_cast<std::size_t>(out_.cursor - memory_.data());
    }

    std::size_t limit_;
    buffer memory_;
    owned_sink out_;
};

template <class T>
buffer encode(T const& value) {
    memory_sink memory;
    hotswap::output_archive(memory.sink()) << value;
    return std::move(memory).bytes();
}

/// Reads into `value`, which may hold any old value; returns the number of unread bytes.
template <class T>
std::size_t decode_into(T& value, std::span<unsigned char const> bytes) {
    hotswap::input_archive in({bytes.data(), bytes.size()});
    in >> value;
    return in.left();
}

template <class T>
T decode(std::span<unsigned char const> bytes) {
    T value{};
    if (decode_into(value, bytes) != 0) throw hotswap::archive_error("trailing bytes");
    return value;
}

template <class T>
T round_trip(T const& value) {
    return decode<T>(encode(value));
}

}  // namespace hotswap_test
