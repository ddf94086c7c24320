// The one check of a module's bytes, on which loading, inspecting and the tools are based.
#pragma once

#include "module/layout_type.hpp"

#include <hotswap/detail/abi/descriptor.hpp>
#include <hotswap/detail/module/policy.hpp>
#include <hotswap/inspect.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hotswap::detail {

/// A module's content, with its name, digest and signature.
struct module_bytes {
    std::span<std::byte const> content;
    std::string_view name;                 ///< for messages
    std::string digest;                    ///< of the content, hexadecimal
    std::optional<std::string> signature;  ///< the content of the signature file next to the module
};

struct verdict {
    hotswap::inspection inspection;
    abi::descriptor descriptor;            ///< as far as it could be read
    bool leaves_without_trace = false;     ///< it may leave callbacks that cannot be found later
    layout_texts layouts{};                ///< of the states, by version
    std::uint64_t static_block_bytes = 0;  ///< of the static block of thread-local memory, at each load
};

/// Reads all of a module's bytes without running any code. A damaged file has one finding, which stopped the
/// reading.
verdict inspect_bytes(module_bytes const& file, module_policy const& policy, bool as_host);

}  // namespace hotswap::detail
