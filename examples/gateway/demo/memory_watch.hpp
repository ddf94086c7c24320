// The memory of a process over time.
#pragma once

#include "demo/load.hpp"

#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include <sys/types.h>

namespace demo {

/// The resident memory of a process at one moment, in bytes.
struct memory_sample {
    clock::time_point at{};
    std::uint64_t bytes = 0;
};

/// Reads the resident memory of a process ten times a second, from its construction to its destruction.
class memory_watch {
public:
    explicit memory_watch(pid_t process);

    std::vector<memory_sample> samples() const;

private:
    void watch(pid_t process, std::stop_token const& stop);

    mutable std::mutex mutex_;
    std::vector<memory_sample> samples_;  // guarded by mutex_
    std::jthread watcher_;
};

}  // namespace demo
