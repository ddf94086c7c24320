#include "slot/hold_sites.hpp"

#include <new>

namespace hotswap::detail {

hold_site* hold_sites::make(std::uint32_t index) noexcept {
    if (auto* const known = find(index)) return known;
    auto* const made = new (std::nothrow) block;
    if (made == nullptr) return nullptr;
    blocks_[index / block_size].store(made, std::memory_order_release);
    return &made->of[index % block_size];
}

hold_site* hold_sites::find(std::uint32_t index) const noexcept {
    auto* const in = blocks_[index / block_size].load(std::memory_order_acquire);
    return in == nullptr ? nullptr : &in->of[index % block_size];
}

void hold_sites::clear() noexcept {
    for (auto& each : blocks_) delete each.exchange(nullptr, std::memory_order_relaxed);
}

}  // namespace hotswap::detail
