#include "programs/rehearse/confinement.hpp"

#include "programs/rehearse/process_status.hpp"
#include "programs/rehearse/reporter.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <limits>

namespace hotswap::rehearse {

namespace wire = detail::wire;

namespace {

// A sanitizer is built in, or set by a host that has one and wants its modules rehearsed under it
// (rehearsal/helper_process.cpp).
bool is_sanitized() noexcept {
    return dlsym(RTLD_DEFAULT, "__asan_init") != nullptr || dlsym(RTLD_DEFAULT, "__hwasan_init") != nullptr ||
           dlsym(RTLD_DEFAULT, "__tsan_init") != nullptr;
}

void not_in_force(char const* limit, char const* why) noexcept {
    char text[256];
    int const size = std::snprintf(text, sizeof text, "%s (%s)", limit, why);
    reporter::say(wire::kind::not_in_force, 0, 0,
                  {text, std::min(sizeof text - 1, static_cast<std::size_t>(std::max(size, 0)))});
}

void not_in_force(char const* limit, int error) noexcept { not_in_force(limit, strerrordesc_np(error)); }

constexpr sock_filter load(std::size_t at) noexcept {
    return {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(at)};
}
constexpr sock_filter skip_unless(std::uint32_t value, std::uint8_t count) noexcept {
    return {BPF_JMP | BPF_JEQ | BPF_K, 0, count, value};
}
constexpr sock_filter answer(std::uint32_t what) noexcept { return {BPF_RET | BPF_K, 0, 0, what}; }

#if defined(__x86_64__)
constexpr std::uint32_t own_calls = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t own_calls = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t own_calls = AUDIT_ARCH_RISCV64;
#endif

// No descriptor is inherited, so without new sockets there is no network. A network namespace would do the
// same, but making and removing one takes locks of the whole kernel, for seconds if many are removed at once.
void leave_network() noexcept {
    constexpr std::uint32_t refused = SECCOMP_RET_ERRNO | EACCES;
    sock_filter filter[] = {
        load(offsetof(seccomp_data, arch)),
        skip_unless(own_calls, 6),  // calls of another architecture have other numbers
        load(offsetof(seccomp_data, nr)),
        skip_unless(SYS_socket, 1),
        answer(refused),
        skip_unless(SYS_io_uring_setup, 1),  // io_uring can make sockets, too
        answer(refused),
        answer(SECCOMP_RET_ALLOW),
        answer(refused),
    };
    sock_fprog const program{static_cast<unsigned short>(std::size(filter)), filter};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return not_in_force("no network", errno);
    int const probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return;
    close(probe);
    not_in_force("no network", "a socket could be made");
}

void die_with(pid_t host) noexcept {
    int signal = 0;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_GET_PDEATHSIG, &signal) != 0 || signal != SIGKILL)
        not_in_force("end with the host", errno);
    if (getppid() != host) _exit(0);  // the host was gone before the signal was requested
}

/// Sets soft and hard limit; false if that had no effect.
bool set(__rlimit_resource which, rlim_t soft, rlim_t hard) noexcept {
    rlimit now{};
    if (getrlimit(which, &now) != 0) return false;
    rlimit const wanted{std::min(soft, now.rlim_max), std::min(hard, now.rlim_max)};
    return setrlimit(which, &wanted) == 0 && getrlimit(which, &now) == 0 && now.rlim_cur == wanted.rlim_cur;
}

/// The hard limit that leaves the same amount again for the next module.
constexpr rlim_t hard_limit(rlim_t soft, bool leaves_room) noexcept {
    return !leaves_room ? soft : soft > std::numeric_limits<rlim_t>::max() / 2 ? RLIM_INFINITY : 2 * soft;
}

void limit_memory(std::uint64_t bytes, bool leaves_room) noexcept {
    if (is_sanitized()) return not_in_force("address space", "a sanitizer maps more than any limit");
    if (!set(RLIMIT_AS, bytes, hard_limit(bytes, leaves_room))) return not_in_force("address space", errno);
    void* const probe = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (probe == MAP_FAILED) return;
    munmap(probe, bytes);
    not_in_force("address space", "more could be mapped");
}

void limit_files(std::uint64_t size, std::uint64_t count, bool leaves_room) noexcept {
    // Files that are already open keep their numbers.
    rlim_t const open_files = std::max<std::uint64_t>(count, wire::report_fd + 1);
    if (!set(RLIMIT_NOFILE, open_files, hard_limit(open_files, leaves_room)))
        not_in_force("open files", errno);
    else if (int const fd = fcntl(STDIN_FILENO, F_DUPFD, static_cast<int>(open_files)); fd >= 0) {
        close(fd);
        not_in_force("open files", "one more could be opened");
    }
    if (!set(RLIMIT_FSIZE, size, size)) return not_in_force("size of files", errno);
    int const probe = memfd_create("hotswap-probe", MFD_CLOEXEC);
    if (probe < 0) return not_in_force("size of files", "it cannot be tested");
    signal(SIGXFSZ, SIG_IGN);
    bool const grew = size < std::numeric_limits<std::int32_t>::max() &&
                      ftruncate(probe, static_cast<off_t>(size) + 1) == 0;
    signal(SIGXFSZ, SIG_DFL);
    close(probe);
    if (grew) not_in_force("size of files", "a larger file could be written");
}

/// Whether one more process can be made. No code runs in it.
bool can_fork() noexcept {
    long const child = syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    if (child == 0) syscall(SYS_exit_group, 0);
    if (child < 0) return false;
    int status = 0;
    while (waitpid(static_cast<pid_t>(child), &status, 0) < 0 && errno == EINTR) {
    }
    return true;
}

// The kernel counts the user's processes, not this one's children, and does not count root's. So first test
// whether the limit binds at all, and then whether it leaves room.
void limit_processes(std::uint64_t count, bool leaves_room) noexcept {
    rlimit before{};
    getrlimit(RLIMIT_NPROC, &before);
    if (!set(RLIMIT_NPROC, 1, before.rlim_max)) return not_in_force("number of processes", errno);
    bool const binds = !can_fork();
    if (binds && set(RLIMIT_NPROC, count, before.rlim_max) && can_fork()) {
        set(RLIMIT_NPROC, count, hard_limit(count, leaves_room));
        return;
    }
    setrlimit(RLIMIT_NPROC, &before);
    not_in_force("number of processes",
                 binds ? "the user has more of them already" : "it does not bind root");
}

}  // namespace

void confine(wire::request const& wanted, bool with_running_module) {
    die_with(wanted.host);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        not_in_force("no new privileges", errno);
    leave_network();
    // Orphaned processes of a module become this process's children, so that they can be found.
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) not_in_force("children that are left are seen", errno);
    // 1, because with 0 the kernel may still pass the core, and with it the state, to a program.
    if (!set(RLIMIT_CORE, 1, 1)) not_in_force("no core", errno);
    limit_processes(wanted.processes, with_running_module);
    limit_files(wanted.file_size, wanted.open_files, with_running_module);
    if (!set(RLIMIT_CPU, wanted.cpu_seconds, hard_limit(wanted.cpu_seconds, with_running_module) + 1))
        not_in_force("processor time", errno);
    limit_memory(wanted.address_space, with_running_module);
}

taken_so_far taken_so_far::now() noexcept {
    taken_so_far is;
    rusage used{};
    if (getrusage(RUSAGE_SELF, &used) == 0)
        is.cpu_seconds = static_cast<std::uint64_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
    is.threads = number_in_status("Threads:");
    is.descriptors = count_descriptors();
    is.address_space = number_in_status("VmSize:") * 1024;
    return is;
}

void make_room_for_next(wire::request const& wanted, taken_so_far const& before) noexcept {
    auto const taken = taken_so_far::now();
    auto const more = [](std::uint64_t limit, std::uint64_t then, std::uint64_t since) {
        return limit + (since > then ? since - then : 0);
    };
    auto const raise = [](__rlimit_resource which, rlim_t to) {
        rlimit now{};
        // A limit that is not in force is already reported.
        if (getrlimit(which, &now) != 0 || now.rlim_cur == RLIM_INFINITY || to < now.rlim_cur) return;
        now.rlim_cur = std::min(to, now.rlim_max);
        setrlimit(which, &now);
    };
    raise(RLIMIT_CPU, more(wanted.cpu_seconds, before.cpu_seconds, taken.cpu_seconds));
    raise(RLIMIT_NPROC, more(wanted.processes, before.threads, taken.threads));
    raise(RLIMIT_NOFILE, more(wanted.open_files, before.descriptors, taken.descriptors));
    if (!is_sanitized())
        raise(RLIMIT_AS, more(wanted.address_space, before.address_space, taken.address_space));
}

}  // namespace hotswap::rehearse
