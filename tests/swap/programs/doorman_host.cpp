// doorman_host DIRECTORY MODULE ADDRESS: a host with a store below DIRECTORY, in which a doorman is recovered, or loaded if there is
// none. Before a recovery other files take all low descriptors. Prints the number of answered clients, the
// number of times that the socket was opened, and the number of those files that are open at the end; then
// dies, with a checkpoint.
#include "swap/fixtures/doorman.hpp"
#include "swap/fixtures/sole_thing.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

int main(int count, char** words) {
    if (count != 4) return 2;
    std::filesystem::path const directory = words[1];
    std::vector<int> others;
    try {
        hotswap::runtime runtime{{.staging = directory / "staging",
                                  .log_to_stderr = false,
                                  .rehearse = hotswap::rehearse::never,
                                  .store = directory / "store"}};
        for (int i = 0; i != 100; ++i) others.push_back(open("/dev/null", O_RDWR | O_CLOEXEC));
        bool const is_recovered = !runtime.recover().value().empty();
        if (!is_recovered) {
            for (int const each : others) close(each);  // the socket gets a low number
            others.clear();
            runtime
                .load<hotswap_test::doorman>("door", {.module = words[2], .settings = {{"where", words[3]}}})
                .value();
        }
        auto const door = runtime.find<hotswap_test::doorman>("door").value();
        int const client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        auto const at = hotswap_test::address_of(words[3]);
        bool const connected = connect(client, reinterpret_cast<sockaddr const*>(&at), sizeof at) == 0;
        int const answered = door->answer_all();
        runtime.checkpoint().value();
        auto const whole =
            std::count_if(others.begin(), others.end(), [](int fd) { return write(fd, "x", 1) == 1; });
        fmt::print("recovered {}, connected {}, answered {}, opened {}, others {}\n", is_recovered, connected,
                   answered, door->openings(), whole);
        std::fflush(stdout);
        _exit(0);
    } catch (std::exception const& e) {
        fmt::print("{}\n", e.what());
        return 1;
    }
}
