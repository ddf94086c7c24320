#include "demo/memory_watch.hpp"

#include <fstream>
#include <string>

#include <unistd.h>

namespace demo {

memory_watch::memory_watch(pid_t process)
    : watcher_([this, process](std::stop_token const& stop) { watch(process, stop); }) {}

std::vector<memory_sample> memory_watch::samples() const {
    std::lock_guard const lock(mutex_);
    return samples_;
}

void memory_watch::watch(pid_t process, std::stop_token const& stop) {
    auto const page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    auto const file = "/proc/" + std::to_string(process) + "/statm";
    for (auto next = clock::now(); !stop.stop_requested(); std::this_thread::sleep_until(next)) {
        next += std::chrono::milliseconds{100};
        std::ifstream pages(file);
        std::uint64_t mapped = 0;
        std::uint64_t resident = 0;
        if (!(pages >> mapped >> resident)) return;
        std::lock_guard const lock(mutex_);
        samples_.push_back({clock::now(), resident * page});
    }
}

}  // namespace demo
