#include "pool/process_tree.hpp"

#include "base/refuse.hpp"
#include "module/file_io.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium/randombytes.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>

namespace hotswap::detail {

namespace {

using clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr std::size_t most_of_each_end = 32 * 1024;
constexpr std::size_t most_marks = 4096;  // the last one counts
constexpr std::chrono::milliseconds between_looks{100};

// The begin and the end of an output.
class both_ends {
public:
    void add(std::string_view text) {
        auto const first = std::min(text.size(), most_of_each_end - begin_.size());
        begin_.append(text.substr(0, first));
        end_.append(text.substr(first));
        if (end_.size() <= 2 * most_of_each_end) return;
        left_out_ += end_.size() - most_of_each_end;
        end_.erase(0, end_.size() - most_of_each_end);
    }
    std::string text() const {
        auto const excess = end_.size() > most_of_each_end ? end_.size() - most_of_each_end : 0;
        auto const left_out = left_out_ + excess;
        if (left_out == 0) return begin_ + end_;
        return begin_ + fmt::format("\n… {} bytes left out …\n", left_out) + end_.substr(excess);
    }

private:
    std::string begin_;
    std::string end_;
    std::size_t left_out_ = 0;
};

struct process {
    ::pid_t id = 0;
    ::pid_t parent = 0;
    ::pid_t session = 0;
};

std::vector<process> all_processes() {
    std::vector<process> all;
    std::error_code error;
    for (auto const& each : fs::directory_iterator("/proc", error)) {
        auto const name = each.path().filename().native();
        process one;
        if (std::from_chars(name.data(), name.data() + name.size(), one.id).ec != std::errc()) continue;
        std::ifstream in(each.path() / "stat");
        std::string const text(std::istreambuf_iterator<char>(in), {});
        // Its name may have any characters in it, and ends with the last bracket.
        auto const at = text.rfind(')');
        char state = 0;
        int group = 0;
        if (at != text.npos && std::sscanf(text.c_str() + at + 1, " %c %d %d %d", &state, &one.parent, &group,
                                           &one.session) == 4)
            all.push_back(one);
    }
    return all;
}

bool has_variable(::pid_t of, std::string const& variable) {
    std::ifstream in(fs::path("/proc") / std::to_string(of) / "environ", std::ios::binary);
    std::string const text(std::istreambuf_iterator<char>(in), {});
    return (text + '\0').find(variable + '\0') != text.npos;
}

// The leader's session, the descendants of all that are in it, also in sessions of their own, and what has the mark of this tree.
std::set<::pid_t> tree_of(::pid_t leader, std::string const& mark) {
    std::set<::pid_t> found;
    auto const all = all_processes();
    for (auto const& each : all)
        if (has_variable(each.id, mark)) found.insert(each.id);
    for (std::size_t before = static_cast<std::size_t>(-1); before != found.size();) {
        before = found.size();
        for (auto const& each : all)
            if (each.id == leader || each.session == leader || found.contains(each.parent))
                found.insert(each.id);
    }
    return found;
}

// Stopped first, so that none of them starts another one that is not seen.
void kill_tree(::pid_t leader, std::string const& mark) noexcept {
    try {
        std::set<::pid_t> stopped;
        for (;;) {
            bool has_grown = false;
            for (auto const each : tree_of(leader, mark)) {
                if (!stopped.insert(each).second) continue;
                ::kill(each, SIGSTOP);
                has_grown = true;
            }
            if (!has_grown) break;
        }
        for (auto const each : stopped) ::kill(each, SIGKILL);
    } catch (std::exception const&) {
        ::kill(-leader, SIGKILL);  // no memory: at least its group
    }
}

struct pipe_ends {
    file_descriptor read{-1};
    file_descriptor write{-1};
};

result<pipe_ends> make_pipe() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return refuse(errc::pool_failed, phase::none, "no pipe can be made: {}", std::strerror(errno));
    pipe_ends made;
    made.read = file_descriptor(ends[0]);
    made.write = file_descriptor(ends[1]);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return made;
}

// False once nothing can come any more.
bool read_some(int from, auto const& take) {
    std::array<char, 16384> block;
    for (;;) {
        auto const n = ::read(from, block.data(), block.size());
        if (n > 0)
            take(std::string_view(block.data(), static_cast<std::size_t>(n)));
        else if (n == 0 || errno != EINTR)
            return n < 0 && errno == EAGAIN;
    }
}

std::vector<char*> pointers(std::vector<std::string>& of) {
    std::vector<char*> all;
    for (auto& each : of) all.push_back(each.data());
    all.push_back(nullptr);
    return all;
}

result<::pid_t> start(std::vector<std::string>& arguments, std::vector<std::string>& environment,
                      fs::path const& directory, int output, int marks) {
    ::posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, marks, 3);
    ::posix_spawn_file_actions_addclosefrom_np(&files, 4);
    ::posix_spawn_file_actions_addchdir_np(&files, directory.c_str());
    ::posix_spawnattr_t how;
    ::posix_spawnattr_init(&how);
    ::sigset_t none;
    ::sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&how, &none);
    ::posix_spawnattr_setsigdefault(&how, &all);
    ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::pid_t made = -1;
    int const failed = ::posix_spawn(&made, arguments.front().c_str(), &files, &how,
                                     pointers(arguments).data(), pointers(environment).data());
    ::posix_spawnattr_destroy(&how);
    ::posix_spawn_file_actions_destroy(&files);
    if (failed == 0) return made;
    return refuse(errc::pool_failed, phase::none, "{} cannot be started in {}: {}", arguments.front(),
                  directory.native(), std::strerror(failed));
}

}  // namespace

result<tree_ending> run_tree(std::vector<std::string> arguments, std::vector<std::string> environment,
                             fs::path const& directory, clock::time_point until,
                             std::stop_token const& stop) {
    auto const mark = fmt::format("HOTSWAP_CLOSURE={:016x}{:08x}", ::randombytes_random(), ::getpid());
    environment.push_back(mark);
    auto output = make_pipe();
    if (!output) return output.error();
    auto marks = make_pipe();
    if (!marks) return marks.error();
    auto const started = start(arguments, environment, directory, output->write.get(), marks->write.get());
    if (!started) return started.error();
    output->write = file_descriptor(-1);
    marks->write = file_descriptor(-1);
    file_descriptor const ends(static_cast<int>(::syscall(SYS_pidfd_open, *started, 0)));
    tree_ending ending;
    both_ends text;
    auto const take = [&text](std::string_view part) { text.add(part); };
    auto const take_mark = [&ending](std::string_view part) {
        ending.marks += part;
        if (ending.marks.size() > most_marks) ending.marks.erase(0, ending.marks.size() - most_marks);
    };
    std::array<::pollfd, 3> watched{
        {{ends.get(), POLLIN, 0}, {output->read.get(), POLLIN, 0}, {marks->read.get(), POLLIN, 0}}};
    for (;;) {
        ::poll(watched.data(), watched.size(), static_cast<int>(between_looks.count()));
        if (watched[1].fd >= 0 && !read_some(output->read.get(), take)) watched[1].fd = -1;
        if (watched[2].fd >= 0 && !read_some(marks->read.get(), take_mark)) watched[2].fd = -1;
        int how = 0;
        auto const reaped = ::waitpid(*started, &how, WNOHANG);
        if (reaped == *started || (reaped < 0 && errno != EINTR)) {
            if (reaped == *started && WIFEXITED(how)) ending.status = WEXITSTATUS(how);
            if (reaped == *started && WIFSIGNALED(how)) ending.signal = WTERMSIG(how);
            break;
        }
        if (ending.timed_out || ending.was_stopped) continue;
        ending.timed_out = clock::now() >= until;
        ending.was_stopped = !ending.timed_out && stop.stop_requested();
        if (ending.timed_out || ending.was_stopped) kill_tree(*started, mark);
    }
    // What its daemons write from now on is not of this program.
    if (watched[1].fd >= 0) read_some(output->read.get(), take);
    if (watched[2].fd >= 0) read_some(marks->read.get(), take_mark);
    ending.output = text.text();
    return ending;
}

}  // namespace hotswap::detail
