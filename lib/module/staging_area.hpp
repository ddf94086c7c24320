// Private copies of module files: unique for each generation, read-only, removed with their generation.
#pragma once

#include "module/module_copy.hpp"
#include "module/module_source.hpp"
#include "module/staging_base.hpp"

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/module/policy.hpp>
#include <hotswap/failure.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hotswap::detail {

/// One private copy; removed from disk with its owner. It is loaded by its path. `copy` holds its content,
/// also after the path is gone: it is needed as long as the generation may be stored or reverted to.
class staged_file {
public:
    staged_file(std::filesystem::path path, std::shared_ptr<module_copy const> copy,
                std::vector<std::byte> bytes);
    ~staged_file();
    staged_file(staged_file&& other) noexcept;
    staged_file& operator=(staged_file&& other) noexcept;

    std::filesystem::path const& path() const noexcept { return path_; }
    std::shared_ptr<module_copy const> const& copy() const noexcept { return copy_; }
    std::string const& name() const noexcept { return copy_->name(); }
    std::string const& digest() const noexcept { return copy_->digest(); }
    std::uint64_t size() const noexcept { return copy_->size(); }
    /// As `module_copy::signature`; a file with it lies next to the private copy.
    std::optional<std::string> const& signature() const noexcept { return copy_->signature(); }
    /// Whether the path no longer exists.
    bool is_gone() const noexcept;
    /// Whether the private copy still equals the written bytes and is read-only; call it before the bytes are
    /// freed.
    bool is_unchanged() const;
    /// The content, until it is freed.
    std::span<std::byte const> bytes() const noexcept { return bytes_; }
    void let_go_of_bytes() noexcept {
        bytes_.clear();
        bytes_.shrink_to_fit();
    }

private:
    std::filesystem::path path_;
    std::shared_ptr<module_copy const> copy_;
    std::vector<std::byte> bytes_;
};

/// A directory of one process for its staged files, below one that it shares with other processes of the same
/// user. A lock on the directory shows that the process is alive; the directories of dead processes are
/// removed. systemd-tmpfiles skips directories with such a lock.
/// Threads:  [any]
class staging_area {
public:
    /// `base` empty: the first usable one of `staging_bases`. `policy` applies to files that are staged here.
    explicit staging_area(std::filesystem::path base, module_policy policy = {});
    ~staging_area();
    staging_area(staging_area const&) = delete;
    staging_area& operator=(staging_area const&) = delete;

    /// Copies the regular file `source`, which may be replaced or removed afterwards; messages call it
    /// `name`.
    /// Effects:  the first call makes the directory and removes the directories of dead processes; so does a
    ///           call that finds the directory gone.
    /// Errors:   no_such_file, not_regular_file, staging_failed; untrusted_path, by the policy.
    result<staged_file> stage(std::filesystem::path const& source, std::string name);
    /// Copies a module that was staged, or held, before.
    /// Errors:   staging_failed, damaged_module.
    result<staged_file> stage(module_copy const& earlier, std::string name);
    /// Makes the copy again, under another path, if it was removed before it was loaded.
    /// Effects:  none if the copy, or another file, is in its place.
    /// Errors:   staging_failed.
    result<void> put_back(staged_file& copy);

    /// For debuggers: from now on no file is removed from the disk, and loaded code stays mapped
    /// (`load_staged`).
    void keep_files() noexcept { keeps_files_ = true; }
    bool keeps_files() const noexcept { return keeps_files_; }

    /// New warnings for the host since the last call: the directory is not in its expected place.
    std::vector<std::string> take_warnings();

    /// The policy for modules: `stage` checks it, and callers pass it to `verify_module`.
    module_policy const& policy() const noexcept { return policy_; }

private:
    result<void> be_ready() HOTSWAP_REQUIRES(mutex_);
    result<void> prepare() HOTSWAP_REQUIRES(mutex_);
    result<void> settle_in(std::filesystem::path const& base) HOTSWAP_REQUIRES(mutex_);
    result<staged_file> write(module_source source, std::string name) HOTSWAP_REQUIRES(mutex_);

    module_policy const policy_;
    std::filesystem::path const wanted_;
    mutex mutex_;
    std::filesystem::path own_ HOTSWAP_GUARDED_BY(mutex_);  // empty until prepared
    file_descriptor lock_ HOTSWAP_GUARDED_BY(mutex_){-1};   // of the directory `own_`
    std::uint64_t next_ HOTSWAP_GUARDED_BY(mutex_) = 1;
    std::vector<std::string> warnings_ HOTSWAP_GUARDED_BY(mutex_);
    std::string last_warning_ HOTSWAP_GUARDED_BY(mutex_);
    bool keeps_files_ = false;  // set before the first file is staged
};

}  // namespace hotswap::detail
