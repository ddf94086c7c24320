#include "rehearsal/helper_process.hpp"

#include "base/failpoint.hpp"
#include "base/refuse.hpp"
#include "rehearsal/rehearsal_wire.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace hotswap::detail {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds looks_for_stop = 20ms;

failure cannot(std::string_view what, int error) {
    return refuse(errc::no_rehearsal, phase::rehearse,
                  "the rehearsal's helper process {}: {}; fix that, or swap with rehearse::never", what,
                  strerrordesc_np(error));
}

/// A copy of a descriptor above the helper's own, so that passing the descriptors in order overwrites none of
/// them.
file_descriptor above_targets(int fd) {
    return file_descriptor(fcntl(fd, F_DUPFD_CLOEXEC, wire::report_fd + 1));
}

/// The attributes for posix_spawn.
class spawn_settings {
public:
    spawn_settings(int request, int report) {
        posix_spawn_file_actions_init(&actions_);
        for (int const fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
            posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_RDWR, 0);
        posix_spawn_file_actions_adddup2(&actions_, request, wire::request_fd);
        posix_spawn_file_actions_adddup2(&actions_, report, wire::report_fd);
        posix_spawn_file_actions_addclosefrom_np(&actions_, wire::report_fd + 1);
        posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_,
                                 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~spawn_settings() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }
    spawn_settings(spawn_settings const&) = delete;
    spawn_settings& operator=(spawn_settings const&) = delete;

    int spawn(pid_t& child, std::filesystem::path const& program, std::vector<std::string> arguments,
              std::vector<std::string> environment) {
        std::vector<char*> variables;
        for (auto& each : environment) variables.push_back(each.data());
        variables.push_back(nullptr);
        std::string name = "hotswap-rehearse";
        std::vector<char*> words{name.data()};
        for (auto& each : arguments) words.push_back(each.data());
        words.push_back(nullptr);
        return posix_spawn(&child, program.c_str(), &actions_, &attributes_, words.data(), variables.data());
    }

private:
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

/// Appends the available bytes; false once the other ends are closed, or too many bytes have come.
bool read_available(int fd, std::size_t most, helper_ending& into) {
    char piece[4096];
    for (;;) {
        auto const n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EAGAIN;
        if (n == 0) return false;
        into.written.append(piece, static_cast<std::size_t>(n));
        into.wrote_too_much = into.written.size() > most;
        if (into.wrote_too_much) return false;
    }
}

/// A child process that is reaped before this object ends; its whole process group ends with it.
class child {
public:
    explicit child(pid_t id) noexcept : id_(id), ended_(static_cast<int>(syscall(SYS_pidfd_open, id, 0))) {}
    ~child() { end_all(nullptr); }
    child(child const&) = delete;
    child& operator=(child const&) = delete;

    /// Waits until the process has ended or there is something to read from `report` (-1: waits only for the
    /// end), for some time at most.
    void wait(int report, std::chrono::milliseconds longest) noexcept {
        // Without descriptors of processes (before Linux 5.3) the end is polled.
        if (!ended_) longest = std::min(longest, 1ms);
        pollfd waited[] = {{ended_.get(), POLLIN, 0}, {report, POLLIN, 0}};
        poll(waited, 2, static_cast<int>(longest.count()));
    }
    bool has_ended() const noexcept {
        siginfo_t about{};
        return waitid(P_PID, static_cast<id_t>(id_), &about, WEXITED | WNOHANG | WNOWAIT) != 0 ||
               about.si_pid != 0;
    }
    /// Ends the group and reads its first process's status. The end of the process decides, not the end of
    /// the pipe, because a process that it left behind may still hold the pipe.
    void end_all(helper_ending* into) noexcept {
        if (reaped_) return;
        reaped_ = true;
        // Until the process is reaped no other process can have its number.
        kill(-id_, SIGKILL);
        siginfo_t about{};
        int taken = 0;
        do taken = waitid(P_PID, static_cast<id_t>(id_), &about, WEXITED);
        while (taken != 0 && errno == EINTR);
        if (taken != 0 || into == nullptr) return;  // the host has reaped it
        if (about.si_code == CLD_EXITED)
            into->status = about.si_status;
        else
            into->signal = about.si_status;
    }

private:
    pid_t const id_;
    file_descriptor const ended_;
    bool reaped_ = false;
};

}  // namespace

result<file_descriptor> seal_in_memory(std::span<std::span<std::byte const> const> parts) {
    if (int const error = HOTSWAP_FAILPOINT("rehearse.memory"); error != 0)
        return cannot("cannot be given the state", error);
    file_descriptor memory(memfd_create("hotswap-rehearsal", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memory) return cannot("cannot be given the state", errno);
    for (auto const part : parts)
        if (int const error = write_all(memory.get(), part); error != 0)
            return cannot("cannot be given the state", error);
    if (fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        return cannot("cannot be given the state", errno);
    return memory;
}

result<helper_ending> run_helper(std::filesystem::path const& program, std::vector<std::string> arguments,
                                 std::vector<std::string> environment, file_descriptor const& request,
                                 std::size_t most_written, steady::time_point until,
                                 std::stop_token const& stop) {
    if (int const error = HOTSWAP_FAILPOINT("rehearse.spawn"); error != 0)
        return cannot("cannot be started", error);
    if (int const error = HOTSWAP_FAILPOINT("rehearse.pipe"); error != 0)
        return cannot("cannot be given a pipe", error);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return cannot("cannot be given a pipe", errno);
    file_descriptor const ours(ends[0]);
    pid_t id = -1;
    {
        file_descriptor const written(ends[1]);
        file_descriptor const theirs = above_targets(written.get());
        file_descriptor const asked = above_targets(request.get());
        if (!theirs || !asked || fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0)
            return cannot("cannot be given a pipe", errno);
        if (int const error = spawn_settings(asked.get(), theirs.get())
                                  .spawn(id, program, std::move(arguments), std::move(environment));
            error != 0)
            return refuse(errc::no_rehearsal, phase::rehearse,
                          "the rehearsal's helper {} cannot be started: {}; name another one in "
                          "rehearsal_options::helper, or swap with rehearse::never",
                          program.string(), strerrordesc_np(error));
    }
    child running(id);
    helper_ending ending;
    auto const longest_wait = stop.stop_possible() ? looks_for_stop : std::chrono::milliseconds(1h);
    for (bool reads = true; !running.has_ended();) {
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - steady::now());
        ending.timed_out = left <= 0ms;
        ending.was_stopped = stop.stop_requested();
        if (ending.timed_out || ending.wrote_too_much || ending.was_stopped) break;
        running.wait(reads ? ours.get() : -1, std::min(left, longest_wait));
        if (reads) reads = read_available(ours.get(), most_written, ending);
    }
    running.end_all(&ending);
    if (!ending.wrote_too_much) read_available(ours.get(), most_written, ending);
    return ending;
}

}  // namespace hotswap::detail
