// Programs on a terminal of their own.
#pragma once

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

namespace hotswap_test {

/// What a program prints on a terminal where `input` is typed; -1 as its status if it was killed.
struct on_terminal {
    std::string shown{};
    int status = -1;
};

inline on_terminal run_on_terminal(std::vector<std::string> words, std::vector<std::string> environment,
                                   std::string const& input = {}) {
    std::vector<char*> arguments;
    for (auto& each : words) arguments.push_back(each.data());
    arguments.push_back(nullptr);
    int terminal = -1;
    auto const child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    if (child < 0) throw std::system_error(errno, std::generic_category(), "forkpty");
    if (child == 0) {
        for (auto& each : environment) ::putenv(each.data());
        ::execvp(arguments.front(), arguments.data());
        ::_exit(127);
    }
    on_terminal it;
    for (std::size_t sent = 0; sent != input.size();) {
        auto const n = ::write(terminal, input.data() + sent, input.size() - sent);
        if (n <= 0) break;
        sent += static_cast<std::size_t>(n);
    }
    std::array<char, 4096> buffer{};
    // A terminal whose programs have ended reads as an error.
    for (ssize_t n = 0; (n = ::read(terminal, buffer.data(), buffer.size())) > 0;)
        it.shown.append(buffer.data(), static_cast<std::size_t>(n));
    ::close(terminal);
    int status = -1;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status)) it.status = WEXITSTATUS(status);
    return it;
}

}  // namespace hotswap_test
