#include "programs/rehearse/reporter.hpp"

#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>

namespace hotswap::rehearse {

namespace wire = detail::wire;

namespace {

constexpr int watched[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, wire::report_fd};

struct identity {
    dev_t device = 0;
    ino_t number = 0;
};
constinit identity original[std::size(watched)]{};
constinit pid_t own_process = 0;

bool look(int fd, identity& found) noexcept {
    struct stat about {};
    if (fstat(fd, &about) != 0) return false;
    found = {about.st_dev, about.st_ino};
    return true;
}

bool is_whole(std::size_t which) noexcept {
    identity now;
    return look(watched[which], now) && now.device == original[which].device &&
           now.number == original[which].number;
}

// A module that forks and continues leaves a second process here; that process must write nothing.
void end_if_copy() noexcept {
    if (getpid() != own_process) _exit(0);
}

void when_exit_is_called(int status, void*) {
    end_if_copy();
    reporter::say(wire::kind::exit_called, 0, static_cast<std::uint64_t>(static_cast<std::int64_t>(status)));
    _exit(status);
}

void when_quick_exit_is_called() { when_exit_is_called(0, nullptr); }

[[noreturn]] void when_terminated() noexcept {
    char text[wire::longest_text] = "std::terminate was called";
    if (std::current_exception()) {
        try {
            throw;
        } catch (std::exception const& e) {
            std::snprintf(text, sizeof text, "%s", e.what());
        } catch (...) {
            std::snprintf(text, sizeof text, "an exception that is not a std::exception");
        }
    }
    reporter::say(wire::kind::uncaught, 0, 0, text);
    std::abort();
}

// Reported once; then allocations fail as without a handler.
void when_memory_is_out() {
    std::set_new_handler(nullptr);
    reporter::say(wire::kind::out_of_memory);
}

void before_fork() {
    if (getpid() == own_process) reporter::say(wire::kind::forked);
}

}  // namespace

void reporter::begin() {
    own_process = getpid();
    for (std::size_t i = 0; i != std::size(watched); ++i) look(watched[i], original[i]);
    on_exit(when_exit_is_called, nullptr);
    std::at_quick_exit(when_quick_exit_is_called);
    std::set_terminate(when_terminated);
    watch_memory();
    pthread_atfork(before_fork, nullptr, nullptr);
    say(wire::kind::hello, wire::format);
}

void reporter::say(wire::kind what, std::uint32_t code, std::uint64_t value, std::string_view text) noexcept {
    end_if_copy();
    if (!is_whole(std::size(watched) - 1)) _exit(wire::lost_report);
    char buffer[sizeof(wire::record) + wire::longest_text];
    wire::record head;
    head.kind = static_cast<std::uint32_t>(what);
    head.code = code;
    head.value = value;
    head.size = static_cast<std::uint32_t>(std::min(text.size(), wire::longest_text));
    std::memcpy(buffer, &head, sizeof head);
    if (head.size != 0) std::memcpy(buffer + sizeof head, text.data(), head.size);
    std::size_t const size = sizeof head + head.size;
    while (write(wire::report_fd, buffer, size) < 0)
        if (errno != EINTR) _exit(wire::lost_report);
}

void reporter::say_answer(abi::status status, abi::error const& why) noexcept {
    // The two versions of a migration are sent as one number.
    auto const step = (std::uint64_t{why.from} << 32) | why.to;
    say(wire::kind::answered, static_cast<std::uint32_t>(status), step,
        {why.message, std::min<std::size_t>(why.size, sizeof why.message)});
}

void reporter::watch_memory() noexcept { std::set_new_handler(when_memory_is_out); }

void reporter::end() noexcept { _exit(0); }

bool reporter::descriptors_are_whole(char* words, std::size_t size) noexcept {
    std::size_t used = 0;
    bool whole = true;
    for (std::size_t i = 0; i != std::size(watched); ++i) {
        if (is_whole(i)) continue;
        int const written = std::snprintf(words + used, size - used, "%s%d", whole ? "" : ", ", watched[i]);
        used = std::min(size - 1, used + static_cast<std::size_t>(std::max(written, 0)));
        whole = false;
    }
    return whole;
}

stage_clock::stage_clock(wire::stage which) noexcept : which_(which) {
    reporter::say(wire::kind::began, static_cast<std::uint32_t>(which));
    began_ = steady_now();  // the time to report is not part of the stage
}

stage_clock::~stage_clock() {
    reporter::say(wire::kind::took, static_cast<std::uint32_t>(which_),
                  static_cast<std::uint64_t>(steady_now() - began_));
}

std::int64_t steady_now() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace hotswap::rehearse
