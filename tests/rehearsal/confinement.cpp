// The limits of the helper process, and its report of limits that are not in force.
#include "rehearsal/zoo_site.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

using namespace hotswap_test;
using hotswap::errc;

namespace {

bool is_in_force(hotswap::rehearsal_report const& report, std::string_view limit) {
    return std::none_of(report.not_in_force.begin(), report.not_in_force.end(),
                        [limit](std::string const& each) { return each.starts_with(limit); });
}

}  // namespace

TEST_CASE("rehearsal: the helper has no descriptors and no environment of the host") {
    setenv("HOTSWAP_TEST_SECRET", "very-secret", 1);
    int const leaky = open(HOTSWAP_SOURCE_DIR "/LICENSE", O_RDONLY);  // not closed by exec
    int const high = fcntl(leaky, F_DUPFD, 200);
    REQUIRE(high >= 200);
    zoo_site at;
    auto const why = at.refusal("zoo", obedient, asked("construct", "list"));
    INFO("it sees: " << why.message);
    CHECK(why.message.find("LICENSE") == std::string::npos);
    CHECK(why.message.find("secret") == std::string::npos);
    CHECK(why.message.find("HOME=") == std::string::npos);
    CHECK(names(why.message, {"0=/dev/null", "1=/dev/null", "2=/dev/null", "4=pipe"}));
    CHECK(why.message.find("memfd") == std::string::npos);
    close(high);
    close(leaky);
    unsetenv("HOTSWAP_TEST_SECRET");
}

TEST_CASE("rehearsal: each limit is in force in the helper, or named as not") {
    zoo_site at({.address_space = std::uint64_t{300} << 20,
                 .cpu_time = std::chrono::seconds{7},
                 .file_size = 12345678,
                 .open_files = 33,
                 .processes = 17});
    auto const good = at.swap("zoo", obedient).rehearsal;
    at.swap("zoo", zoo_file("zoo", "1.0.0"), {.rehearse = hotswap::rehearse::never});
    auto const why = at.refusal("zoo", obedient, asked("construct", "limits"));
    INFO("limits: " << why.message);
    CHECK(names(why.message, {" cpu=7 ", " fsize=12345678 ", " nofile=33 ", " core=1 ", "no_new_privs=1",
                              "death_signal=9", "own_group=1"}));
    if (is_in_force(good, "address space")) {
        auto const given = std::stoull(why.message.substr(why.message.find("as=") + 3));
        CHECK(given >= 314572800);
        CHECK(given < 314572800 + (16 << 20));  // more, because of the running module's memory
    }
    if (getuid() == 0) CHECK_FALSE(is_in_force(good, "number of processes"));
#if defined(HOTSWAP_TEST_SANITIZED)
    CHECK_FALSE(is_in_force(good, "address space"));
#else
    CHECK(is_in_force(good, "address space"));
#endif
    for (std::string_view const limit : {"size of files", "open files", "processor time", "end with the host",
                                         "no new privileges", "no core"})
        CHECK_MESSAGE(is_in_force(good, limit), limit);
    auto const opened = at.refusal("zoo", obedient, asked("construct", "open_many"));
    INFO(opened.message);
    CHECK(names(opened.message, {" could be opened"}));
    CHECK(opened.message.find(" 3") == std::string::npos);  // more than 33 are open already
}

TEST_CASE("rehearsal: the helper dies with its host") {
    temporary_directory scratch;
    auto const note = scratch.path() / "helper";
    auto const deed = "sleep:" + note.string();
    auto const staging = (scratch.path() / "staging").string();
    char* words[] = {const_cast<char*>("host"), const_cast<char*>(staging.c_str()),
                     const_cast<char*>(deed.c_str()), nullptr};
    pid_t host = 0;
    REQUIRE(posix_spawn(&host, HOTSWAP_REHEARSE_HOST, nullptr, nullptr, words, environ) == 0);
    while (!fs::exists(note) && waitpid(host, nullptr, WNOHANG) == 0) std::this_thread::sleep_for(1ms);
    REQUIRE(fs::exists(note));
    kill(host, SIGKILL);
    waitpid(host, nullptr, 0);
    bool const died = is_gone(note);
    CHECK(died);
    if (!died) kill(noted_process(note), SIGKILL);
}

TEST_CASE("rehearsal: the helper is of no use to people, and says so") {
    std::string const program = HOTSWAP_REHEARSE_PROGRAM;
    CHECK(std::system((program + " --help > /dev/null").c_str()) == 0);
    CHECK(WEXITSTATUS(std::system((program + " 2> /dev/null").c_str())) == 2);
    CHECK(WEXITSTATUS(std::system((program + " some-1.0.0.so 3< /dev/null 2> /dev/null").c_str())) == 2);
}
