// The size of a state, found out in microseconds: of each container only the first elements are written.
#pragma once

#include <hotswap/detail/state/memory_sink.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hotswap::detail {

/// What is counted while an archive writes samples.
struct sampling {
    static constexpr std::size_t elements_of_each = 256;

    std::vector<unsigned char> memory{};
    memory_sink sink{memory};
    std::uint64_t skipped_bytes = 0;
    std::uint64_t elements = 0;  ///< of all containers, those within elements included

    std::uint64_t bytes() const noexcept { return sink.out.size() + skipped_bytes; }

    /// Calls `save` for the first elements of `range`, and counts the others as if they were like those.
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
