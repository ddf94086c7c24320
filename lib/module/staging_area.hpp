// Private copies of module files: unique for each generation, read-only, gone when their generation is.
#pragma once

#include "module/module_source.hpp"

#include <hotswap/base/result.hpp>
#include <hotswap/module/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hotswap::detail {

/// One private copy; removed from disk with its owner.
class staged_file {
public:
    staged_file(std::filesystem::path path, std::string name, std::string digest,
                std::vector<std::byte> bytes, std::optional<std::string> signature);
    ~staged_file();
    staged_file(staged_file&& other) noexcept;
    staged_file& operator=(staged_file&&) = delete;

    std::filesystem::path const& path() const noexcept { return path_; }
    /// The name of the file that was copied, without its directory: for people.
    std::string const& name() const noexcept { return name_; }
    /// BLAKE2b-256 of the content, hexadecimal.
    std::string const& digest() const noexcept { return digest_; }
    std::uint64_t size() const noexcept { return size_; }
    /// The signature that lay beside the file, if the policy asked for one; a copy lies beside the private copy.
    std::optional<std::string> const& signature() const noexcept { return signature_; }
    /// Whether the private copy still is what was written, byte by byte, and read-only; before the bytes are let go.
    bool is_unchanged() const;
    /// The content, for as long as it has not been let go.
    std::span<std::byte const> bytes() const noexcept { return bytes_; }
    void let_go_of_bytes() noexcept {
        bytes_.clear();
        bytes_.shrink_to_fit();
    }

private:
    std::filesystem::path path_;
    std::string name_;
    std::string digest_;
    std::uint64_t size_;
    std::vector<std::byte> bytes_;
    std::optional<std::string> signature_;
};

/// A directory of one process for its staged files, below one that it shares with other processes of the same
/// user. A lock on a file in it says that the process lives; the directories of dead ones are removed.
/// Threads:  [any]
class staging_area {
public:
    /// `base` empty: hotswap below $XDG_RUNTIME_DIR, or hotswap-UID in the system's temporary directory.
    /// `policy` is for what is staged here.
    explicit staging_area(std::filesystem::path base, module_policy policy = {});
    ~staging_area();
    staging_area(staging_area const&) = delete;
    staging_area& operator=(staging_area const&) = delete;

    /// Copies the regular file `source`, which may be replaced or removed afterwards; people will know it as
    /// `name`.
    /// Effects:  the first call makes the directory and removes those of processes that are gone.
    /// Errors:   no_such_file, not_regular_file, staging_failed; untrusted_path, by the policy.
    result<staged_file> stage(std::filesystem::path const& source, std::string name);

    /// Which modules are let in: what `stage` checks, and `verify_module` is to be asked with.
    module_policy const& policy() const noexcept { return policy_; }

private:
    result<void> prepare();
    result<staged_file> write(module_source source, std::string name);

    module_policy const policy_;
    std::mutex mutex_;
    std::filesystem::path base_;
    std::filesystem::path own_;  // guarded by mutex_; empty until prepared
    int lock_ = -1;              // guarded by mutex_
    std::uint64_t next_ = 1;     // guarded by mutex_
};

}  // namespace hotswap::detail
