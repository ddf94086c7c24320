#include "slot/thread_probe.hpp"

#include "base/refuse.hpp"

#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/base/open_signals.hpp>

#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>
#include <deque>
#include <filesystem>
#include <fstream>
#include <new>
#include <string_view>
#include <thread>
#include <vector>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

constexpr long patience_ns = 100'000'000;
constexpr int rounds = 3;  // the next round asks threads that begin meanwhile

constexpr std::uintptr_t no_answer = 0;
constexpr std::uintptr_t not_in_it = 1;

/// A walk over the frames of the calling thread. Takes no memory and no lock: since GCC 12 and glibc 2.35 the
/// unwinder finds its tables without either.
struct walk {
    code_range code;
    std::uintptr_t found = not_in_it;

    static _Unwind_Reason_Code look(_Unwind_Context* frame, void* self) {
        auto& of = *static_cast<walk*>(self);
        int is_before = 0;
        auto const address = static_cast<std::uintptr_t>(_Unwind_GetIPInfo(frame, &is_before));
        // A return address may be that of the instruction behind the function.
        if (!of.code.contains(is_before != 0 ? address : address - 1)) return _URC_NO_REASON;
        of.found = address;
        return _URC_END_OF_STACK;
    }
    std::uintptr_t over_this_thread() noexcept {
        _Unwind_Backtrace(&look, this);
        return found;
    }
};

struct asked {
    explicit asked(int number) noexcept : thread(number) {}
    int thread;
    std::atomic<std::uintptr_t> answer{no_answer};
};

/// Asks threads, and collects their answers; lives until no thread uses it any more.
struct question {
    explicit question(code_range of) noexcept : code(of) { sem_init(&answers, 0, 0); }
    ~question() { sem_destroy(&answers); }
    question(question const&) = delete;
    question& operator=(question const&) = delete;

    void answer() noexcept {
        auto const self = gettid();
        for (asked& each : threads) {
            if (each.thread != self || each.answer.load() != no_answer) continue;
            each.answer.store(walk{code}.over_this_thread());
            sem_post(&answers);
        }
    }

    code_range const code;
    std::deque<asked> threads;
    sem_t answers;
};

std::atomic<question*> asked_now{nullptr};
std::atomic<int> answering{0};
static_assert(std::atomic<question*>::is_always_lock_free &&
              std::atomic<std::uintptr_t>::is_always_lock_free);

void on_signal(int, siginfo_t*, void*) {
    int const before = errno;
    answering.fetch_add(1);
    if (auto* const asking = asked_now.load()) asking->answer();
    answering.fetch_sub(1);
    errno = before;
}

/// While it lives, threads that are signalled answer the question.
class asking {
public:
    explicit asking(question& what) noexcept { asked_now.store(&what); }
    ~asking() {
        asked_now.store(nullptr);
        while (answering.load() != 0) std::this_thread::yield();
    }
    asking(asking const&) = delete;
    asking& operator=(asking const&) = delete;
};

std::vector<int> threads_of_process() {
    std::vector<int> found;
    std::error_code error;
    for (fs::directory_iterator each("/proc/self/task", error), end; !error && each != end;
         each.increment(error)) {
        auto const name = each->path().filename().string();
        int number = 0;
        std::from_chars(name.data(), name.data() + name.size(), number);
        if (number != gettid()) found.push_back(number);  // this thread need not be asked
    }
    return found;
}

std::string name_of(int thread) {
    std::ifstream file(fmt::format("/proc/self/task/{}/comm", thread));
    std::string name;
    std::getline(file, name);
    return name;
}

bool is_there(int thread) { return syscall(SYS_tgkill, getpid(), thread, 0) == 0; }

// Adds the threads that have not been asked, and returns their number. No thread may be answering.
std::size_t add_new_ones(question& what) {
    auto const before = what.threads.size();
    for (int const thread : threads_of_process())
        if (std::ranges::none_of(what.threads, [thread](asked const& each) { return each.thread == thread; }))
            what.threads.emplace_back(thread);
    return what.threads.size() - before;
}

// Asks the last `last` threads, and waits for as many answers.
void ask(question& what, std::size_t last, int signal) {
    asking const now(what);
    for (auto each = what.threads.end() - static_cast<std::ptrdiff_t>(last); each != what.threads.end();
         ++each)
        if (syscall(SYS_tgkill, getpid(), each->thread, signal) != 0) {
            each->answer.store(not_in_it);  // the thread has ended
            sem_post(&what.answers);
        }
    timespec until{};
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += patience_ns;
    until.tv_sec += until.tv_nsec / 1'000'000'000;
    until.tv_nsec %= 1'000'000'000;
    for (std::size_t i = 0; i != last; ++i)
        while (sem_clockwait(&what.answers, CLOCK_MONOTONIC, &until) != 0)
            if (errno != EINTR) return;
}

std::string told(question const& what, int signal) {
    std::string text;
    for (asked const& each : what.threads) {
        auto const answer = each.answer.load();
        if (answer == not_in_it || (answer == no_answer && !is_there(each.thread))) continue;
        text += fmt::format("{}thread {} ({})", text.empty() ? "" : ", ", each.thread, name_of(each.thread));
        text += answer == no_answer ? fmt::format(", which did not answer signal {}", signal)
                                    : fmt::format(", which is in it at +{:#x}", answer - what.code.begin);
    }
    return text;
}

mutex one_at_a_time;

bool may_be_taken(int signal) noexcept {
    return signal == SIGUSR1 || signal == SIGUSR2 || signal == SIGURG ||
           (SIGRTMIN <= signal && signal <= SIGRTMAX);
}

}  // namespace

result<void> take_probe_signal(int signal) {
    mutex_lock const lock(one_at_a_time);
    if (!may_be_taken(signal))
        return refuse(
            errc::invalid_argument, phase::none,
            "runtime_options::thread_probe_signal is {}; name SIGUSR1, SIGUSR2, SIGURG or one of SIGRTMIN to "
            "SIGRTMAX, or 0",
            signal);
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    bool const is_ours = (before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction == on_signal;
    if (is_ours) return {};
    if ((before.sa_flags & SA_SIGINFO) != 0 || (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN))
        return refuse(errc::invalid_argument, phase::none,
                      "runtime_options::thread_probe_signal is {}, and the host has a handler for it; name "
                      "one that is not used, such as SIGRTMIN + 5",
                      signal);
    walk{}.over_this_thread();  // the unwinder's first use sets up data; a signal handler must not do that
    struct sigaction ours {};
    ours.sa_sigaction = on_signal;
    ours.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&ours.sa_mask);
    if (sigaction(signal, &ours, nullptr) != 0)
        return refuse(errc::invalid_argument, phase::none, "signal {} cannot be used: {}; name another one",
                      signal, std::string_view(strerrorname_np(errno)));
    leave_open(signal);
    return {};
}

std::string threads_in(code_range code, int signal) noexcept {
    try {
        mutex_lock const lock(one_at_a_time);
        question what(code);
        for (int round = 0; round != rounds; ++round) {
            auto const new_ones = add_new_ones(what);
            if (new_ones == 0) break;
            ask(what, new_ones, signal);
        }
        what.threads.emplace_back(gettid()).answer.store(walk{code}.over_this_thread());
        return told(what, signal);
    } catch (std::exception const&) {
        return "not known now";  // short enough for a string without an allocation
    }
}

}  // namespace hotswap::detail
