// Processes with a cache on disk: programs/cache_host.cpp.
#pragma once

#include "plugins/cache_on_disk.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

namespace hotswap_test {

/// What a host says that runs these words.
inline std::string run_host(std::filesystem::path const& directory, std::string const& words) {
    auto const command = std::string("exec " HOTSWAP_TEST_CACHE_HOST " '") +
                         std::string(HOTSWAP_SHIPPED_MODULES) + "' '" + directory.string() + "' " + words +
                         " 2>&1";
    std::FILE* const pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string said;
    char buffer[1024];
    while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) said += buffer;
    pclose(pipe);
    return said;
}

/// A host that runs until this object ends.
class waiting_host {
public:
    explicit waiting_host(std::filesystem::path const& directory, std::string const& words) {
        int from[2];
        int to[2];
        REQUIRE(pipe(from) == 0);
        REQUIRE(pipe(to) == 0);
        process_ = fork();
        REQUIRE(process_ >= 0);
        if (process_ == 0) {
            dup2(to[0], 0);
            dup2(from[1], 1);
            for (int const each : {to[0], to[1], from[0], from[1]}) ::close(each);
            auto const command = std::string("exec " HOTSWAP_TEST_CACHE_HOST " '") +
                                 std::string(HOTSWAP_SHIPPED_MODULES) + "' '" + directory.string() + "' " +
                                 words + " wait";
            execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
            _exit(127);
        }
        ::close(to[0]);
        ::close(from[1]);
        input_ = to[1];
        std::string said;
        for (char byte = 0; said.find("waits") == std::string::npos && read(from[0], &byte, 1) == 1;)
            said += byte;
        ::close(from[0]);
        REQUIRE(said.find("waits") != std::string::npos);
    }
    ~waiting_host() {
        ::close(input_);
        waitpid(process_, nullptr, 0);
    }
    waiting_host(waiting_host const&) = delete;
    waiting_host& operator=(waiting_host const&) = delete;
    pid_t process() const { return process_; }

private:
    pid_t process_ = 0;
    int input_ = -1;
};

}  // namespace hotswap_test
