// The bytes of a module that a host will need again, held by an open descriptor.
#pragma once

#include "module/file_io.hpp"
#include "module/module_source.hpp"

#include <hotswap/detail/module/policy.hpp>
#include <hotswap/failure.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace hotswap::detail {

/// A file that other processes may rename or remove (a cleaner of the temporary directory, a logout): its
/// content stays readable during this object's lifetime. Costs one descriptor, closed on exec.
/// Threads:  [any]
class module_copy {
public:
    module_copy(file_descriptor file, std::string name, std::string digest, std::uint64_t size,
                std::optional<std::string> signature) noexcept
        : file_(std::move(file)),
          name_(std::move(name)),
          digest_(std::move(digest)),
          size_(size),
          signature_(std::move(signature)) {}

    /// The name of the copied file, without its directory: for people.
    std::string const& name() const noexcept { return name_; }
    /// BLAKE2b-256 of the content, hexadecimal.
    std::string const& digest() const noexcept { return digest_; }
    std::uint64_t size() const noexcept { return size_; }
    /// The signature that came with the file, if the policy requires one.
    std::optional<std::string> const& signature() const noexcept { return signature_; }

    /// The content, read through the descriptor.
    /// Errors:   damaged_module: the content no longer has that digest; staging_failed if it cannot be read.
    result<module_source> read() const;

private:
    file_descriptor const file_;
    std::string const name_;
    std::string const digest_;
    std::uint64_t const size_;
    std::optional<std::string> const signature_;
};

/// Opens a module's file for later use, under the name `name`, judged by `policy` like a file that is about
/// to be staged.
/// Errors:   no_such_file, not_regular_file, staging_failed, untrusted_path.
result<std::shared_ptr<module_copy const>> hold_module(std::filesystem::path const& file, std::string name,
                                                       module_policy const& policy);

}  // namespace hotswap::detail
