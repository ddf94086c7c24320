// Failures of the store's files: the errno becomes a code, a sentence and an advice.
#pragma once

#include <hotswap/failure.hpp>

#include "base/failpoint.hpp"

#include <cerrno>
#include <filesystem>
#include <string_view>

namespace hotswap::detail {

/// `did` is the failed attempt, as in "cannot be written".
/// Errors:   store_full for ENOSPC and EDQUOT; store_read_only for EROFS, EACCES and EPERM; else store_failed.
failure store_failure(std::filesystem::path const& file, std::string_view did, int error);

/// The content of `file` differs from the written content; `found` describes the fault.
failure store_damage(std::filesystem::path const& file, std::string_view found);

/// One system call of the store: 0, or the errno of the failure. Tests make it fail at `point`.
template <class Call>
int attempt([[maybe_unused]] std::string_view point, Call&& call) {
    if (int const injected = HOTSWAP_FAILPOINT(point); injected != 0) return injected;
    return call() < 0 ? errno : 0;
}

}  // namespace hotswap::detail
