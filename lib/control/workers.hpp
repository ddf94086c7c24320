// Threads that run what is given to them.
#pragma once

#include <hotswap/detail/base/library_thread.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <vector>

namespace hotswap::detail {

/// Runs an event loop to its end. What throws, which is what has no memory, ends alone, and the loop goes on.
inline void run_to_end(boost::asio::io_context& io) noexcept {
    for (;;) try {
            io.run();
            return;
        } catch (...) {
            continue;
        }
}

/// What is posted to the executor runs on one of these threads, and must not throw.
class workers {
public:
    /// Errors:   throws std::system_error, std::bad_alloc.
    workers(unsigned threads, thread_name const& name) : io_(static_cast<int>(threads)) {
        for (unsigned i = 0; i != threads; ++i)
            threads_.emplace_back(name, [this]() noexcept { run_to_end(io_); });
    }
    /// Waits for what was posted.
    ~workers() { join(); }
    workers(workers const&) = delete;
    workers& operator=(workers const&) = delete;

    boost::asio::io_context::executor_type executor() noexcept { return io_.get_executor(); }

    /// Waits for what was posted; what is posted later does not run.
    void join() noexcept {
        work_.reset();
        for (auto& each : threads_) each.join();
    }

private:
    boost::asio::io_context io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
    std::vector<library_thread> threads_;
};

}  // namespace hotswap::detail
