// The audit: who asked for which change, why, and how it ended.
#pragma once

#include "control/audit_chain.hpp"

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/failure.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace hotswap::detail {

/// Appends lines to a file, each on disk before `write` returns. Several processes may share the file.
/// Threads:  [any]
class audit_log {
public:
    audit_log(std::filesystem::path file, std::uint64_t file_bytes);
    ~audit_log();
    audit_log(audit_log const&) = delete;
    audit_log& operator=(audit_log const&) = delete;

    /// Opens the file, and makes it and its directories (0700) if they are not there.
    /// Errors:   control_failed; audit_damaged, if its last line is none of an audit.
    result<void> open();

    /// Appends a line, with time, number and hash added. At its size the file is renamed to FILE.N, with N the number of its
    /// last line, and the chain goes on in a new one.
    /// Errors:   control_failed, audit_damaged: nothing was appended, and the chain is as before.
    result<void> write(boost::json::object content);

private:
    result<void> open_locked() HOTSWAP_REQUIRES(mutex_);
    result<void> lock_file() HOTSWAP_REQUIRES(mutex_);
    void unlock_file() HOTSWAP_REQUIRES(mutex_);
    result<void> catch_up() HOTSWAP_REQUIRES(mutex_);
    result<void> append(std::string const& line) HOTSWAP_REQUIRES(mutex_);
    result<void> begin_new_file() HOTSWAP_REQUIRES(mutex_);
    void close() noexcept HOTSWAP_REQUIRES(mutex_);
    failure cannot(std::string_view what) const;

    std::filesystem::path const path_;
    std::uint64_t const file_bytes_;

    mutex mutex_;
    int file_ HOTSWAP_GUARDED_BY(mutex_) = -1;
    std::uint64_t size_ HOTSWAP_GUARDED_BY(mutex_) = 0;  // of the file as far as `head_` knows it
    audit_head head_ HOTSWAP_GUARDED_BY(mutex_);
};

}  // namespace hotswap::detail
