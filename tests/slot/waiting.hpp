// The tests wait for visible conditions, never for a length of time.
#pragma once

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

namespace test {

/// Checks until `seen` is true; false after half a minute, which means a failed test and not a slow machine.
template <class Seen>
bool eventually(Seen seen) {
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!seen()) {
        if (std::chrono::steady_clock::now() > deadline) return seen();
        std::this_thread::yield();
    }
    return true;
}

/// Runs `f` in a separate process, which may die; returns its status from waitpid.
template <class F>
int in_child(F f) {
    std::fflush(nullptr);
    pid_t const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        f();
        _exit(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return status;
}

}  // namespace test
