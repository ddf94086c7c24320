#include "programs/rehearse/left_threads.hpp"

#include "module/linked_object.hpp"

#include <dirent.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iterator>

namespace hotswap::rehearse {

namespace {

// The C library uses this signal for setuid(), and therefore leaves it out of every mask: even a library
// whose threads block all signals answers to it. This process never calls setuid() or the like.
constexpr int unblockable = 33;

constexpr int no_answer = 0;
constexpr int in_nothing_known = 1;
constexpr int in_module = 2;
constexpr int first_library = 3;

struct code {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char name[64]{};

    bool contains(std::uintptr_t address) const noexcept { return begin <= address && address < end; }
};
// Written while no thread answers. A thread that answers late may read a mixture, which is not used and does
// no harm.
constinit code module_code{};
constinit code libraries[left_threads::most_libraries]{};
constinit std::atomic<std::size_t> library_count{0};

struct asked_thread {
    std::atomic<int> number{0};
    std::atomic<int> answer{no_answer};
};
constinit asked_thread asked[512]{};
constinit std::atomic<std::size_t> asked_count{0};

struct walk {
    int place = in_nothing_known;
    bool is_whole = false;  ///< whether the walk reached the thread's beginning
};

// The thread works for the outermost library in its stack.
_Unwind_Reason_Code look_at_frame(_Unwind_Context* frame, void* self) {
    auto& so_far = *static_cast<walk*>(self);
    int is_before = 0;
    auto const next = static_cast<std::uintptr_t>(_Unwind_GetIPInfo(frame, &is_before));
    so_far.is_whole = next == 0;
    // A return address may be that of the instruction after the function.
    auto const address = is_before != 0 ? next : next - 1;
    if (module_code.contains(address)) {
        so_far.place = in_module;
        return _URC_END_OF_STACK;
    }
    auto const count = library_count.load();
    for (std::size_t i = 0; i != count; ++i)
        if (libraries[i].contains(address)) so_far.place = first_library + static_cast<int>(i);
    return _URC_NO_REASON;
}

int place_of_this_thread() noexcept {
    walk done;
    _Unwind_Backtrace(&look_at_frame, &done);
    // Beyond code without unwind tables there may be any code, also the module's own.
    return done.is_whole || done.place == in_module ? done.place : in_nothing_known;
}

void when_asked(int) {
    int const before = errno;
    auto const self = gettid();
    auto const count = asked_count.load();
    for (std::size_t i = 0; i != count; ++i)
        if (asked[i].number.load() == self) asked[i].answer.store(place_of_this_thread());
    errno = before;
}

/// The C library's sigaction refuses the signal, the kernel does not: copies the kernel's form of another
/// signal's handler.
bool take_signal() noexcept {
    constexpr int pattern = SIGURG;
    unsigned long kernel_form[8]{};
    struct sigaction ours {};
    struct sigaction before {};
    ours.sa_handler = when_asked;
    ours.sa_flags = SA_RESTART | SA_ONSTACK;
    sigemptyset(&ours.sa_mask);
    if (sigaction(pattern, &ours, &before) != 0) return false;
    bool const is_taken = syscall(SYS_rt_sigaction, pattern, nullptr, kernel_form, 8) == 0 &&
                          syscall(SYS_rt_sigaction, unblockable, kernel_form, nullptr, 8) == 0;
    sigaction(pattern, &before, nullptr);
    place_of_this_thread();  // the unwinder's first-time setup must not run in a signal handler
    return is_taken;
}

void note(code& into, detail::linked_object const& object) noexcept {
    into.begin = object.begin;
    into.end = object.end;
    std::snprintf(into.name, sizeof into.name, "%.*s", static_cast<int>(object.name().size()),
                  object.name().data());
}

bool look_at_libraries(code_extent const& module) noexcept {
    try {
        auto const now = detail::linked_objects::now();
        library_count.store(0);
        module_code.begin = module.begin;
        module_code.end = module.end;
        std::size_t count = 0;
        for (auto const& each : now.all) {
            if (each.begin == module.begin || each.path.empty() || detail::is_of_the_system(each.name()))
                continue;
            if (count == std::size(libraries)) break;
            note(libraries[count++], each);
        }
        library_count.store(count);
        return true;
    } catch (std::exception const&) {
        return false;
    }
}

/// Signals each thread that exists now; false if the threads cannot be listed.
bool ask_all(int const* own, std::size_t own_count) noexcept {
    DIR* const tasks = opendir("/proc/self/task");
    if (tasks == nullptr) return false;
    std::size_t count = 0;
    asked_count.store(0);
    while (auto const* const entry = readdir(tasks)) {
        int const number = std::atoi(entry->d_name);
        bool const is_known =
            number == gettid() || std::find(own, own + own_count, number) != own + own_count;
        if (number == 0 || is_known || count == std::size(asked)) continue;
        asked[count].number.store(number);
        asked[count].answer.store(no_answer);
        ++count;
    }
    closedir(tasks);
    asked_count.store(count);
    for (std::size_t i = 0; i != count; ++i)
        syscall(SYS_tgkill, getpid(), asked[i].number.load(), unblockable);
    return count != std::size(asked);
}

bool has_ended(int thread) noexcept { return syscall(SYS_tgkill, getpid(), thread, 0) != 0; }

bool is_settled(asked_thread const& each) noexcept {
    return each.answer.load() != no_answer || has_ended(each.number.load());
}

void wait_for_answers() noexcept {
    timespec const moment{0, 200'000};
    for (int look = 0; look != 100; ++look) {
        if (std::all_of(asked, asked + asked_count.load(), is_settled)) return;
        nanosleep(&moment, nullptr);
    }
}

left_threads count_answers() noexcept {
    left_threads left;
    unsigned of_library[std::size(libraries)]{};
    for (std::size_t i = 0; i != asked_count.load(); ++i) {
        int const answer = asked[i].answer.load();
        if (answer == in_module)
            ++left.in_module;
        else if (answer >= first_library)
            ++of_library[answer - first_library];
        else if (!has_ended(asked[i].number.load()))
            ++left.unknown;
    }
    auto* into = left.libraries;
    for (std::size_t i = 0; i != std::size(libraries); ++i)
        if (of_library[i] != 0) *into++ = {libraries[i].name, of_library[i]};
    return left;
}

}  // namespace

left_threads find_left_threads(code_extent const& module, int const* own, std::size_t own_count) noexcept {
    left_threads nothing_known;
    nothing_known.unknown = 1;
    static bool const is_taken = take_signal();
    if (!is_taken || !look_at_libraries(module) || !ask_all(own, own_count)) return nothing_known;
    wait_for_answers();
    return count_answers();
}

}  // namespace hotswap::rehearse
