// Estimates the size of a state in microseconds: only the first elements of each container are written.
#pragma once

#include <hotswap/detail/state/memory_sink.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hotswap::detail {

/// The counts that an archive keeps while it writes samples.
struct sampling {
    static constexpr std::size_t elements_of_each = 256;

    std::vector<unsigned char> memory{};
    memory_sink sink{memory};
    std::uint64_t skipped_bytes = 0;
    std::uint64_t elements = 0;  ///< of all containers, including containers within elements

    std::uint64_t bytes() const noexcept { return sink.out.size() + skipped_bytes; }

    /// Calls `save` for the first elements of `range`, and assumes that the others are of the same size.
    template <class Range, class Save>
    void take(Range const& range, std::size_t count, Save save) {
        std::uint64_t const bytes_before = bytes();
        std::uint64_t const elements_before = elements;
        std::size_t taken = 0;
        for (auto const& element : range) {
            if (taken == elements_of_each) break;
            save(element);
            ++taken;
        }
        elements += taken;
        if (taken == 0) return;
        double const others = static_cast<double>(count - taken) / static_cast<double>(taken);
        skipped_bytes += static_cast<std::uint64_t>(static_cast<double>(bytes() - bytes_before) * others);
        elements += static_cast<std::uint64_t>(static_cast<double>(elements - elements_before) * others);
    }
};

}  // namespace hotswap::detail
