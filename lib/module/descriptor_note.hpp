// The descriptor and the seal in a module's file.
#pragma once

#include "module/checked.hpp"
#include "module/elf_image.hpp"

#include <hotswap/detail/abi/descriptor.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

namespace hotswap::detail {

/// Reads the descriptor; a returned descriptor is consistent. Messages name the host, or, without one, the
/// package of the judging tool.
/// Errors:   no_descriptor, abi_mismatch, toolchain_mismatch.
checked<abi::descriptor> read_descriptor(elf_image const& image, std::string_view name, bool as_host);

/// The descriptor of a file that is not judged yet; empty if it cannot be read, or is of another ABI.
/// Cost:     some small reads.
std::optional<abi::descriptor> peek_descriptor(std::filesystem::path const& file);

/// The position of the seal in the file of an image whose descriptor was read.
std::span<std::byte const> seal_in(elf_image const& image);

/// Whether the file is sealed: it contains its own digest.
/// Errors:   damaged_module if it contains another digest.
checked<bool> read_seal(elf_image const& image, abi::descriptor const& said, std::string_view name);

}  // namespace hotswap::detail
