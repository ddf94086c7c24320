#include "control/connector.hpp"

#include "base/refuse.hpp"
#include "rehearsal/helper_file.hpp"
#include "report/json_reader.hpp"

#include <hotswap/describe.hpp>

#include <boost/json/parse.hpp>

#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace hotswap::detail {

namespace {

constexpr char program_name[] = "hotswap-connect";

}  // namespace

result<void> read_connector_line(std::string_view line) {
    if (line.empty()) return {};
    boost::system::error_code error;
    auto const value = boost::json::parse({line.data(), line.size()}, error);
    failure why;
    if (!error && json_reader(false).read(value, why)) return why;
    return refuse(errc::control_failed, phase::none,
                  "{} says \"{}\", which is not understood; is it of this release?", program_name, line);
}

result<connector> connector::start(std::string const& host, std::string const& port,
                                   tls_client_options const& tls) {
    auto const program = find_program_of_package(program_name);
    if (program.empty())
        return refuse(
            errc::control_failed, phase::none,
            "{}, which reaches hosts over TCP, is neither next to this program nor where the package has "
            "it; install it",
            program_name);
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return refuse(errc::control_failed, phase::none, "no connection to {} can be made: {}", program_name,
                      std::strerror(errno));
    connector made;
    made.socket_ = ends[0];
    auto const text = [](auto const& of) { return const_cast<char*>(of.c_str()); };
    std::array const arguments{text(program),
                               text(host),
                               text(port),
                               text(tls.authorities),
                               text(tls.certificate),
                               text(tls.key),
                               static_cast<char*>(nullptr)};
    ::posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, ends[1], STDIN_FILENO);
    int const failed =
        ::posix_spawn(&made.process_, program.c_str(), &files, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    ::close(ends[1]);
    if (failed == 0) return made;
    made.process_ = -1;
    return refuse(errc::control_failed, phase::none, "{} cannot be started: {}", program.native(),
                  std::strerror(failed));
}

connector::~connector() {
    if (socket_ >= 0) ::close(socket_);
    if (process_ < 0) return;
    ::kill(process_, SIGKILL);  // it holds nothing that its client has not got
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) continue;
}

}  // namespace hotswap::detail
