// Reads, migrates and constructs behind closed gates, on a thread that can be abandoned.
#pragma once

#include "slot/abandoned_work.hpp"
#include "slot/closed_here.hpp"
#include "transfer/byte_buffer.hpp"
#include "transfer/module_calls.hpp"

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/detail/base/condition.hpp>
#include <hotswap/detail/base/library_thread.hpp>
#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/failure.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string_view>

namespace hotswap::detail {

/// The steps that use nothing of the old generation. They can be given up at any moment.
class abandonable_work final : public abandoned_work {
public:
    /// The serialized state, which `migrate` reads if the generation has no state yet.
    std::unique_ptr<byte_buffer> payload;
    std::uint32_t version = 0;
    hotswap::arguments arguments;
    std::uint32_t behind = set_closed_here();  ///< of the thread that made this work
    bool stops_before_construct = false;       ///< a second run constructs

    // Valid once `run` has returned.
    result<void> migrated;
    result<void> constructed;
    std::chrono::nanoseconds migrate_took{0};
    std::chrono::nanoseconds construct_took{0};

    /// Runs both steps, on a thread that works for the thread behind the gates.
    void run() noexcept;
    void migrate() noexcept;
    void construct() noexcept;
};

/// A thread that starts before the pause and waits for one piece of work.
class abandonable_thread {
public:
    /// Errors:   throws std::system_error if there is no thread.
    explicit abandonable_thread(std::string_view component);
    /// Effects:  does not wait for a thread whose work was given up.
    ~abandonable_thread();
    abandonable_thread(abandonable_thread const&) = delete;
    abandonable_thread& operator=(abandonable_thread const&) = delete;

    /// Runs `work`; false if the work is not done by `until`, or when `stop` is requested. The thread then
    /// finishes the work alone, destroys its results, and sets `over`.
    bool run(std::shared_ptr<abandonable_work> const& work, std::chrono::steady_clock::time_point until,
             std::stop_token const& stop);

private:
    // One decision, made by the thread that comes first: the work is done, or it is given up.
    enum class verdict : std::uint8_t { open, done, given_up };

    struct shared {
        detail::mutex mutex;
        condition changed;
        std::shared_ptr<abandonable_work> work HOTSWAP_GUARDED_BY(mutex);
        bool leaving HOTSWAP_GUARDED_BY(mutex) = false;
        verdict how HOTSWAP_GUARDED_BY(mutex) = verdict::open;
        int thread HOTSWAP_GUARDED_BY(mutex) = 0;  // the kernel's number of the thread
    };
    static void serve(std::shared_ptr<shared> at) noexcept;

    std::shared_ptr<shared> shared_ = std::make_shared<shared>();
    library_thread thread_;
};

}  // namespace hotswap::detail
