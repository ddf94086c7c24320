// The process that owns an object: after a fork the child has a copy of the memory, but none of the object's
// threads, files or locks.
#pragma once

#include "base/refuse.hpp"

#include <hotswap/failure.hpp>

#include <unistd.h>

namespace hotswap::detail {

/// The process that made the object. An owner of resources outside of memory (threads, files, locks) checks
/// it before it uses or releases them.
/// Threads:  [any]
class owner_process {
public:
    bool is_this() const noexcept { return getpid() == number_; }
    /// Errors:   other_process, in a child that was forked from the owner.
    result<void> expect_this() const {
        if (is_this()) return {};
        return refuse(
            errc::other_process, phase::none,
            "this runtime belongs to process {}, and this is process {}, which was forked from it: its "
            "threads, its store and its copies of modules are not in this process; make a runtime after "
            "fork() or daemon()",
            number_, getpid());
    }

private:
    pid_t number_ = getpid();
};

}  // namespace hotswap::detail
