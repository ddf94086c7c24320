// The lock of one shard of a table: spins briefly, then sleeps.
//
// Every module that works on the table reads and writes the lock's word, so it is part of the table's layout.
// std::atomic::wait cannot be used: each module has its own table of waiters. Source: Drepper, "Futexes Are
// Tricky" (2011), the mutex with three states.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace hotswap::detail {

class table_lock {
public:
    void lock() noexcept {
        std::uint32_t seen = open;
        if (!word_.compare_exchange_strong(seen, closed, std::memory_order_acquire,
                                           std::memory_order_relaxed)) [[unlikely]]
            wait();
    }
    /// Returns whether a thread was waiting; that thread is then awake.
    bool unlock() noexcept {
        if (word_.exchange(open, std::memory_order_release) == closed) [[likely]]
            return false;
        syscall(SYS_futex, &word_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
        return true;
    }

    /// Gives a thread that spins on an open lock the time to take it.
    static void leave_open() noexcept {
        for (int i = 0; i != 8; ++i) pause();
    }

private:
    enum : std::uint32_t { open, closed, contended };

    static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#endif
    }

    [[gnu::cold, gnu::noinline]] void wait() noexcept {
        for (int look = 0; look != 200; ++look) {
            std::uint32_t seen = open;
            if (word_.load(std::memory_order_relaxed) == open &&
                word_.compare_exchange_strong(seen, closed, std::memory_order_acquire,
                                              std::memory_order_relaxed))
                return;
            pause();
        }
        while (word_.exchange(contended, std::memory_order_acquire) != open)
            syscall(SYS_futex, &word_, FUTEX_WAIT_PRIVATE, contended, nullptr, nullptr, 0);
    }

    std::atomic<std::uint32_t> word_{open};
};

}  // namespace hotswap::detail
