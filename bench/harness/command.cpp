#include "harness/command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace bench {

command::command(std::vector<std::string> const& words) : line_(fmt::format("{}", fmt::join(words, " "))) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    std::vector<char*> arguments;
    for (auto const& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    began_ = std::chrono::steady_clock::now();
    int const error = posix_spawnp(&pid_, arguments.at(0), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error == 0) return;
    pid_ = -1;
    throw std::system_error(error, std::generic_category(), fmt::format("starting {}", line_));
}

command::~command() {
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

double command::finish() {
    int status = 0;
    waitpid(pid_, &status, 0);
    auto const took = std::chrono::steady_clock::now() - began_;
    pid_ = -1;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw std::runtime_error(fmt::format("{} ended with status {}, see above", line_,
                                             WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status)));
    return std::chrono::duration<double, std::micro>(took).count();
}

}  // namespace bench
