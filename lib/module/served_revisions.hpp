// The revisions of its contract that a module serves, from its descriptor.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/detail/abi/descriptor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hotswap::detail {

/// The revisions and the functions of each. Copying allocates no memory.
class served_revisions {
public:
    served_revisions() = default;
    /// From a consistent descriptor.
    explicit served_revisions(abi::descriptor const& from) noexcept
        : all_{from.oldest_contract, from.contract_number} {
        functions_[0] = abi::count_functions(from.contract_end);
        for (std::size_t i = 0; i != all_.newest - all_.oldest; ++i)
            functions_[i + 1] = abi::count_functions(from.older_ends[i]);
    }

    contract_revisions all() const noexcept { return all_; }
    bool has(std::uint32_t number) const noexcept { return number >= all_.oldest && number <= all_.newest; }
    /// The number of vtable entries of a revision in the range; 0: unknown.
    std::uint32_t functions_of(std::uint32_t number) const noexcept {
        return functions_[all_.newest - number];
    }

private:
    contract_revisions all_{};
    std::array<std::uint32_t, abi::max_older_revisions + 1> functions_{};  // from the newest down
};

/// The contract that a module implements.
/// Lifetime: as the name.
struct implemented_contract {
    std::string_view name;
    served_revisions revisions;
};

/// "2", or "1 to 2".
inline std::string in_words(contract_revisions which) {
    auto const newest = std::to_string(which.newest);
    return which.oldest == which.newest ? newest : std::to_string(which.oldest) + " to " + newest;
}

}  // namespace hotswap::detail
