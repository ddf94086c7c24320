// A held shard: unlocks it at the end of the scope, and stops a thread that would wait for itself.
#pragma once

#include <hotswap/detail/state/table_shard.hpp>

#include <pthread.h>

#if !defined(NDEBUG)
#include <cstdio>
#include <cstdlib>
#endif

namespace hotswap::detail {

class table_guard {
public:
    explicit table_guard(table_shard& shard) noexcept : shard_(&shard) {
#if !defined(NDEBUG)
        auto const self = static_cast<std::uintptr_t>(pthread_self());
        if (shard.holder.load(std::memory_order_relaxed) == self) {
            std::fputs(
                "hotswap: a visitor (or a row function) of a table called that same table, and would wait "
                "for itself; collect the keys, and call the table after the visit\n",
                stderr);
            std::abort();
        }
#endif
        shard.lock.lock();
#if !defined(NDEBUG)
        shard.holder.store(self, std::memory_order_relaxed);
#endif
    }
    ~table_guard() {
        if (shard_ != nullptr) release();
    }
    table_guard(table_guard const&) = delete;
    table_guard& operator=(table_guard const&) = delete;

    table_shard& operator*() const noexcept { return *shard_; }
    table_shard* operator->() const noexcept { return shard_; }

    /// Returns whether a thread was waiting.
    bool release() noexcept {
#if !defined(NDEBUG)
        shard_->holder.store(0, std::memory_order_relaxed);
#endif
        auto* const shard = shard_;
        shard_ = nullptr;
        return shard->lock.unlock();
    }

private:
    table_shard* shard_;
};

/// Tells a shard's watcher of a change, also of a change that ended with an exception.
class table_change {
public:
    table_change(table_core& core, table_shard& shard, std::uint32_t slot) noexcept
        : watcher_(shard.watcher), core_(core), shard_(shard), slot_(slot) {
        if (watcher_ != nullptr && watcher_->before != nullptr) [[unlikely]]
            watcher_->before(watcher_, core_.number_of(shard_), slot_);
    }
    ~table_change() {
        if (watcher_ != nullptr) [[unlikely]]
            watcher_->changed(watcher_, core_.number_of(shard_), slot_);
    }
    table_change(table_change const&) = delete;
    table_change& operator=(table_change const&) = delete;

    /// Whether `f()` returns true, to erase the row; if so, tells the watcher.
    template <class F>
    bool unless_erased(F&& f) && {
        if (!f()) return false;
        if (watcher_ != nullptr) [[unlikely]]
            watcher_->erased(watcher_, core_.number_of(shard_), slot_);
        watcher_ = nullptr;
        return true;
    }

private:
    table_watcher* watcher_;
    table_core& core_;
    table_shard& shard_;
    std::uint32_t const slot_;
};

}  // namespace hotswap::detail
