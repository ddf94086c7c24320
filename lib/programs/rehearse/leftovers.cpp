#include "programs/rehearse/leftovers.hpp"

#include "module/left_behind.hpp"
#include "module/linked_object.hpp"
#include "programs/rehearse/process_status.hpp"
#include "programs/rehearse/reporter.hpp"

#include <hotswap/detail/base/library_thread.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <new>
#include <string>
#include <vector>

namespace hotswap::rehearse {

namespace wire = detail::wire;

namespace {

std::uint64_t count_threads() noexcept { return number_in_status("Threads:"); }

/// The number of keys for thread-specific data that can still be made.
std::size_t count_free_keys() noexcept {
    static pthread_key_t made[PTHREAD_KEYS_MAX];
    std::size_t count = 0;
    while (count != std::size(made) && pthread_key_create(&made[count], nullptr) == 0) ++count;
    for (std::size_t i = 0; i != count; ++i) pthread_key_delete(made[i]);
    return count;
}

std::uint64_t count_threads_before() noexcept {
#if defined(__SANITIZE_THREAD__)
    detail::library_thread(detail::thread_name("rehearsal"), []() noexcept {
    }).join();  // with the first thread the sanitizer starts its own thread
#endif
    return count_threads();
}

constexpr std::size_t longest_words = 256;

std::string callbacks_in(code_extent const& module) noexcept {
    try {
        return detail::what_calls_into(module.begin, module.end);
    } catch (std::bad_alloc const&) {
        return {};
    }
}

/// The numbers of the existing threads.
std::vector<int> list_threads() {
    std::vector<int> all;
    DIR* const tasks = opendir("/proc/self/task");
    if (tasks == nullptr) return all;
    while (auto const* const entry = readdir(tasks))
        if (int const number = std::atoi(entry->d_name); number != 0) all.push_back(number);
    closedir(tasks);
    return all;
}

[[noreturn]] void refuse(char const* words, int size) noexcept {
    reporter::say(wire::kind::misbehaved, 0, 0, {words, static_cast<std::size_t>(size)});
    reporter::end();
}

}  // namespace

watched_module watched_module::of(void* module) {
    auto const now = detail::linked_objects::now();
    auto const* const object = now.of(module);
    if (object == nullptr) return {};
    return {{object->begin, object->end}, detail::any_import(*object, &detail::leaves_without_trace)};
}

bool watched_module::stays() const noexcept { return leaves_without_trace || !callbacks_in(code).empty(); }

leftovers::leftovers() : threads_(count_threads_before()), keys_(count_free_keys()) {
    if (threads_ > 1) own_ = list_threads();
    admitted_ = own_;
}

void leftovers::admit_running() {
    refuse_lost_descriptors();
    refuse_children();
    if (count_threads() > threads_) admitted_ = list_threads();
    auto const now = count_free_keys();
    keys_of_running_ = keys_ > now ? keys_ - now : 0;
    keys_ = now;
}

void leftovers::before_running_goes() noexcept { keys_before_it_went_ = count_free_keys(); }

bool leftovers::after_running_went(code_extent const& running) noexcept {
    auto const now = count_free_keys();
    if (now > keys_before_it_went_) keys_ += std::min(now - keys_before_it_went_, keys_of_running_);
    return count_threads() <= threads_ || find_left_threads(running, own_.data(), own_.size()).in_module == 0;
}

void leftovers::refuse_anything_left() noexcept {
    refuse_lost_descriptors();
    refuse_threads();
    refuse_children();
}

void leftovers::refuse_lost_descriptors() const noexcept {
    char which[64];
    if (reporter::descriptors_are_whole(which, sizeof which)) return;
    char words[128];
    refuse(words, std::snprintf(words, sizeof words, "closed descriptors that are not its own (%s)", which));
}

// A joined thread may stay in the kernel's count for a moment longer.
void leftovers::refuse_threads() noexcept {
    std::uint64_t left = 0;
    for (int look = 0; look != 50; ++look) {
        left_ = {};
        std::uint64_t const now = count_threads();
        if (now <= threads_) return;
        left_ = find_left_threads(module_.code, admitted_.data(), admitted_.size());
        if (left_.are_all_of_libraries()) return;
        left = left_.in_module + left_.unknown;
        timespec const moment{0, 1'000'000};
        nanosleep(&moment, nullptr);
    }
    char words[128];
    refuse(words, std::snprintf(
                      words, sizeof words, "started %lu thread%s that %s still running when it was destroyed",
                      static_cast<unsigned long>(left), left == 1 ? "" : "s", left == 1 ? "was" : "were"));
}

void leftovers::say_what_is_left() const noexcept {
    auto const say = [](char const* words, int size) {
        reporter::say(wire::kind::left, 0, 0, {words, static_cast<std::size_t>(size)});
    };
    char words[longest_words];
    for (auto const& each : left_.libraries)
        if (each.threads != 0)
            say(words, std::snprintf(words, sizeof words, "%u thread%s of %s", each.threads,
                                     each.threads == 1 ? "" : "s", each.name));
    if (auto const now = count_free_keys(); now < keys_)
        say(words, std::snprintf(words, sizeof words, "%zu key%s of pthread_key_create", keys_ - now,
                                 keys_ - now == 1 ? "" : "s"));
    auto const handlers = callbacks_in(module_.code);
    if (!handlers.empty()) say(handlers.c_str(), static_cast<int>(handlers.size()));
}

void leftovers::refuse_children() const noexcept {
    pid_t found = 0;
    while ((found = waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    if (found < 0) return;  // there are no children
    constexpr char words[] = "left a child process";
    reporter::say(wire::kind::misbehaved, 0, 0, words);
    // Also processes that left the process group: as the reaper of all descendants, this process sees the
    // remaining ones.
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    for (int round = 0; round != 100; ++round) {
        int const fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) break;
        char text[1024];
        auto const size = read(fd, text, sizeof text - 1);
        close(fd);
        if (size <= 0) break;
        text[size] = '\0';
        char* rest = text;
        for (long child = std::strtol(rest, &rest, 10); child > 0; child = std::strtol(rest, &rest, 10))
            kill(static_cast<pid_t>(child), SIGKILL);
        while (waitpid(-1, nullptr, 0) > 0) {
        }
    }
    reporter::end();
}

std::uint64_t peak_memory() noexcept { return number_in_status("VmHWM:") * 1024; }

}  // namespace hotswap::rehearse
