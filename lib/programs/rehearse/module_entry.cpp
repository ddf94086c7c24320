#include "programs/rehearse/module_entry.hpp"

#include <dlfcn.h>

#include <cstring>

namespace hotswap::rehearse {

abi::module_api const* find_functions(void* library) noexcept {
    auto* const entry = reinterpret_cast<abi::module_entry*>(dlsym(library, abi::entry_symbol));
    abi::module_api const* const api = entry == nullptr ? nullptr : entry();
    return api == nullptr || api->abi != abi::number || api->size != sizeof *api ? nullptr : api;
}

std::vector<abi::argument> read_arguments(std::uint32_t count, std::span<std::byte const> bytes) {
    std::vector<abi::argument> all;
    auto const* at = reinterpret_cast<char const*>(bytes.data());
    for (std::uint32_t i = 0; i != count; ++i) {
        std::uint64_t sizes[2];
        std::memcpy(sizes, at, sizeof sizes);
        at += sizeof sizes;
        all.push_back({{at, sizes[0]}, {at + sizes[0], sizes[1]}});
        at += sizes[0] + sizes[1];
    }
    return all;
}

}  // namespace hotswap::rehearse
