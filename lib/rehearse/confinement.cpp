#include "rehearse/confinement.hpp"

#include "rehearse/reporter.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>

namespace hotswap::rehearse {

namespace wire = detail::wire;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

void not_in_force(char const* limit, char const* why) noexcept {
    char text[256];
    int const size = std::snprintf(text, sizeof text, "%s (%s)", limit, why);
    reporter::say(wire::kind::not_in_force, 0, 0,
                  {text, std::min(sizeof text - 1, static_cast<std::size_t>(std::max(size, 0)))});
}

void not_in_force(char const* limit, int error) noexcept { not_in_force(limit, strerrordesc_np(error)); }

bool write_text(char const* path, char const* text) noexcept {
    int const fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool const written = write(fd, text, std::strlen(text)) >= 0;
    close(fd);
    return written;
}

// In a user namespace of its own the process stays who it was.
void keep_identity(uid_t user, gid_t group) noexcept {
    char text[64];
    write_text("/proc/self/setgroups", "deny");
    std::snprintf(text, sizeof text, "%u %u 1", user, user);
    write_text("/proc/self/uid_map", text);
    std::snprintf(text, sizeof text, "%u %u 1", group, group);
    write_text("/proc/self/gid_map", text);
}

void leave_network() noexcept {
    struct stat before {};
    struct stat after {};
    bool const seen = stat("/proc/self/ns/net", &before) == 0;
    uid_t const user = geteuid();
    gid_t const group = getegid();
    if (unshare(CLONE_NEWNET) != 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return not_in_force("no network", errno);
        keep_identity(user, group);
    }
    if (!seen || stat("/proc/self/ns/net", &after) != 0 || before.st_ino == after.st_ino)
        not_in_force("no network", "it cannot be seen whether the namespace is another");
}

// After the namespaces, because a change of credentials forgets the signal.
void die_with(pid_t host) noexcept {
    int signal = 0;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_GET_PDEATHSIG, &signal) != 0 || signal != SIGKILL)
        not_in_force("end with the host", errno);
    if (getppid() != host) _exit(0);  // it was gone before the signal was asked for
}

/// Sets soft and hard limit; false if it did not take.
bool set(__rlimit_resource which, rlim_t soft, rlim_t hard) noexcept {
    rlimit now{};
    if (getrlimit(which, &now) != 0) return false;
    rlimit const wanted{std::min(soft, now.rlim_max), std::min(hard, now.rlim_max)};
    return setrlimit(which, &wanted) == 0 && getrlimit(which, &now) == 0 && now.rlim_cur == wanted.rlim_cur;
}

void limit_memory(std::uint64_t bytes) noexcept {
    if (is_sanitized) return not_in_force("address space", "a sanitizer maps more than any limit");
    if (!set(RLIMIT_AS, bytes, bytes)) return not_in_force("address space", errno);
    void* const probe = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (probe == MAP_FAILED) return;
    munmap(probe, bytes);
    not_in_force("address space", "as much could be mapped");
}

void limit_files(std::uint64_t size, std::uint64_t count) noexcept {
    // Files that are open already keep their numbers.
    rlim_t const open_files = std::max<std::uint64_t>(count, wire::report_fd + 1);
    if (!set(RLIMIT_NOFILE, open_files, open_files))
        not_in_force("open files", errno);
    else if (int const fd = fcntl(STDIN_FILENO, F_DUPFD, static_cast<int>(open_files)); fd >= 0) {
        close(fd);
        not_in_force("open files", "one more could be opened");
    }
    if (!set(RLIMIT_FSIZE, size, size)) return not_in_force("size of files", errno);
    int const probe = memfd_create("hotswap-probe", MFD_CLOEXEC);
    if (probe < 0) return not_in_force("size of files", "it cannot be tried");
    signal(SIGXFSZ, SIG_IGN);
    bool const grew = size < std::numeric_limits<std::int32_t>::max() &&
                      ftruncate(probe, static_cast<off_t>(size) + 1) == 0;
    signal(SIGXFSZ, SIG_DFL);
    close(probe);
    if (grew) not_in_force("size of files", "a longer one could be made");
}

/// Whether one more process can be made. Nothing runs in it.
bool can_fork() noexcept {
    long const child = syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    if (child == 0) syscall(SYS_exit_group, 0);
    if (child < 0) return false;
    int status = 0;
    while (waitpid(static_cast<pid_t>(child), &status, 0) < 0 && errno == EINTR) {
    }
    return true;
}

// The kernel counts the user's processes, not this one's children, and does not count those of root. So it is tried
// whether the limit binds at all, and then whether it leaves room.
void limit_processes(std::uint64_t count) noexcept {
    rlimit before{};
    getrlimit(RLIMIT_NPROC, &before);
    if (!set(RLIMIT_NPROC, 1, before.rlim_max)) return not_in_force("number of processes", errno);
    bool const binds = !can_fork();
    if (binds && set(RLIMIT_NPROC, count, before.rlim_max) && can_fork()) {
        set(RLIMIT_NPROC, count, count);
        return;
    }
    setrlimit(RLIMIT_NPROC, &before);
    not_in_force("number of processes",
                 binds ? "the user has more of them already" : "it does not bind root");
}

}  // namespace

void confine(wire::request const& wanted) {
    leave_network();
    die_with(wanted.host);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        not_in_force("no new privileges", errno);
    // What a module leaves behind becomes ours, so that it can be found.
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) not_in_force("children that are left are seen", errno);
    // 1, because 0 does not keep the kernel from handing the core, and with it the state, to a program.
    if (!set(RLIMIT_CORE, 1, 1)) not_in_force("no core", errno);
    limit_processes(wanted.processes);
    limit_files(wanted.file_size, wanted.open_files);
    if (!set(RLIMIT_CPU, wanted.cpu_seconds, wanted.cpu_seconds + 1)) not_in_force("processor time", errno);
    limit_memory(wanted.address_space);
}

}  // namespace hotswap::rehearse
