// A mutex whose guarded fields name it: clang refuses code that accesses them without the mutex
// (-Wthread-safety).
#pragma once

#include <mutex>

#if defined(__clang__)
#define HOTSWAP_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define HOTSWAP_THREAD_SAFETY(attribute)
#endif
/// On a field: read and written only with that mutex held.
#define HOTSWAP_GUARDED_BY(mutex) HOTSWAP_THREAD_SAFETY(guarded_by(mutex))
/// On a function: called only with that mutex held.
#define HOTSWAP_REQUIRES(mutex) HOTSWAP_THREAD_SAFETY(requires_capability(mutex))
/// On a function: it takes that mutex, which its caller must not hold.
#define HOTSWAP_EXCLUDES(mutex) HOTSWAP_THREAD_SAFETY(locks_excluded(mutex))
/// On a function whose locking the compiler cannot follow; a comment says why the locking is right.
#define HOTSWAP_UNCHECKED_LOCKING HOTSWAP_THREAD_SAFETY(no_thread_safety_analysis)

namespace hotswap::detail {

/// A std::mutex or std::recursive_mutex that the compiler can check.
template <class Standard>
class HOTSWAP_THREAD_SAFETY(capability("mutex")) checked_mutex {
public:
    constexpr checked_mutex() noexcept = default;
    checked_mutex(checked_mutex const&) = delete;
    checked_mutex& operator=(checked_mutex const&) = delete;

    void lock() HOTSWAP_THREAD_SAFETY(acquire_capability()) { standard_.lock(); }
    bool try_lock() HOTSWAP_THREAD_SAFETY(try_acquire_capability(true)) { return standard_.try_lock(); }
    void unlock() HOTSWAP_THREAD_SAFETY(release_capability()) { standard_.unlock(); }
    /// For a condition, which needs the standard mutex.
    Standard& standard() noexcept { return standard_; }

private:
    Standard standard_;
};

using mutex = checked_mutex<std::mutex>;
using recursive_mutex = checked_mutex<std::recursive_mutex>;

/// Holds a mutex until it goes out of scope.
template <class Standard>
class HOTSWAP_THREAD_SAFETY(scoped_lockable) mutex_lock {
public:
    explicit mutex_lock(checked_mutex<Standard>& of) HOTSWAP_THREAD_SAFETY(acquire_capability(of))
        : held_(of.standard()) {}
    ~mutex_lock() HOTSWAP_THREAD_SAFETY(release_capability()) {}
    mutex_lock(mutex_lock const&) = delete;
    mutex_lock& operator=(mutex_lock const&) = delete;

    void lock() HOTSWAP_THREAD_SAFETY(acquire_capability()) { held_.lock(); }
    void unlock() HOTSWAP_THREAD_SAFETY(release_capability()) { held_.unlock(); }
    std::unique_lock<Standard>& standard() noexcept { return held_; }

private:
    std::unique_lock<Standard> held_;
};

}  // namespace hotswap::detail
