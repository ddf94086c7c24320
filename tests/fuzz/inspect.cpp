// Reads any bytes as a module's file: a clean refusal, or a consistent description.
#include "module/digest.hpp"
#include "module/inspect_bytes.hpp"

#include <hotswap/detail/abi/descriptor.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

namespace {

/// Gives the input this toolchain, because the comparison of toolchains would refuse nearly every input.
void give_own_toolchain(std::vector<std::byte>& file) {
    auto const magic = std::as_bytes(std::span(&hotswap::abi::descriptor_magic, 1));
    auto const found = std::search(file.begin(), file.end(), magic.begin(), magic.end());
    if (static_cast<std::size_t>(file.end() - found) < sizeof(hotswap::abi::descriptor)) return;
    std::memcpy(&*found + offsetof(hotswap::abi::descriptor, toolchain), hotswap::abi::toolchain,
                sizeof hotswap::abi::toolchain);
}

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const* const begin = reinterpret_cast<std::byte const*>(data);
    std::vector<std::byte> file(begin, begin + size);
    file.shrink_to_fit();
    give_own_toolchain(file);
    auto const verdict =
        hotswap::detail::inspect_bytes({file, "fuzzed.so", std::string(64, '0'), std::nullopt}, {}, false);
    for (auto const& found : verdict.inspection.findings)
        require(!found.message.empty() && !found.remedy.empty());
    if (verdict.inspection.refusal() == nullptr)
        require(!verdict.inspection.component.empty() && !verdict.inspection.states.empty() &&
                verdict.inspection.states.size() <= hotswap::abi::max_states);
    return 0;
}
