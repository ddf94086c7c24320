// What a test does in a process that may be killed.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

namespace hotswap_test {

/// Runs `f` in a process of its own; its exit status, or minus the signal that ended it.
template <class F>
int in_a_process(F const& f) {
    auto const child = ::fork();
    if (child == 0) {
        f();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace hotswap_test
