// A rehearsal reports the fault of a bad module in words, and the host loses nothing.
#include "rehearsal/zoo_site.hpp"
#include "slot/waiting.hpp"

using namespace hotswap_test;
using hotswap::errc;

namespace {

// Long enough for a helper to reach the module on a busy machine.
#if defined(HOTSWAP_TEST_SANITIZED)
constexpr auto short_deadline = 5s;
constexpr std::string_view after_deadline = "after 5.00 s";
#else
constexpr auto short_deadline = 1s;
constexpr std::string_view after_deadline = "after 1.00 s";
#endif

struct sentence {
    std::string deed;
    std::vector<std::string_view> words;
};

}  // namespace

TEST_CASE("rehearsal: what a module does in a static constructor is refused with what it did") {
    std::vector<sentence> const all{
        {"throw",
         {"threw an exception that was not caught while loading (in a static constructor)",
          "the fault that was"}},
        {"abort", {"was ended by signal 6 (Aborted) while loading (in a static constructor)"}},
        {"segfault", {"was ended by signal 11 (Segmentation fault) while loading (in a static constructor)"}},
        {"exit", {"called exit(0) while loading (in a static constructor)"}},
        {"_exit", {"called _exit(0) while loading (in a static constructor)"}},
        {"quick_exit", {"called exit(0) while loading (in a static constructor)"}},
        {"spin", {"was still loading (in a static constructor) ", after_deadline, "deadline"}},
        {"fork", {"called fork() while loading (in a static constructor), and left a child process"}},
        {"fork_and_exit", {"called _exit(0) while loading (in a static constructor)"}},
        {"thread", {"started 1 thread that was still running"}},
        {"close_all", {"closed descriptors that are not its own while loading (in a static constructor)"}},
        {"kill", {"was ended by signal 9 (Killed) while loading (in a static constructor)"}},
    };
    for (auto const& [deed, words] : all) {
        INFO("the deed: " << deed);
        zoo_site at({.deadline = deed == "spin" ? short_deadline : 10s});
#if defined(HOTSWAP_TEST_SANITIZED)
        if (deed == "segfault") continue;  // the sanitizer takes the signal
#endif
        at.refuses(static_deed(deed), {}, errc::rehearsal_failed, words);
    }
}

TEST_CASE("rehearsal: what a module does while migrating or constructing is refused with what it did") {
    for (auto const& [place, doing] : std::vector<std::pair<std::string, std::string>>{
             {"migrate", "while importing and migrating the state"},
             {"construct", "while constructing"},
             {"validate", "while validating"},
             {"health", "while checking its health"},
             {"destroy", "while destroying"}}) {
        std::vector<sentence> const all{
            {"abort", {"was ended by signal 6 (Aborted)", doing}},
            {"kill", {"was ended by signal 9 (Killed)", doing}},
            {"exit", {"called exit(0)", doing}},
            {"_exit", {"called _exit(0)", doing}},
            {"fork", {"called fork()", doing, "and left a child process"}},
            {"fork_away", {"called fork()", doing, "and left a child process"}},
            {"fork_and_go_on", {"called fork()", doing}},
            {"thread", {"started 1 thread that was still running"}},
            {"close_all", {"closed descriptors that are not its own", doing}},
            {"close_output", {"closed descriptors that are not its own (1)"}},
        };
        for (auto const& [deed, words] : all) {
            INFO("the deed: " << place << " " << deed);
            zoo_site at;
            at.refuses(obedient, asked(place, deed), errc::rehearsal_failed, words);
        }
    }
}

TEST_CASE("rehearsal: a module that spins or sleeps is ended at the deadline, with where it was") {
    zoo_site at({.deadline = short_deadline});
    at.refuses(
        obedient, asked("migrate", "sleep"), errc::rehearsal_failed,
        {"was still importing and migrating the state ", after_deadline, "rehearsal_options::deadline"});
    at.refuses(obedient, asked("construct", "spin"), errc::rehearsal_failed,
               {"was still constructing ", after_deadline});
}

TEST_CASE("rehearsal: a swap or a plan that is asked to stop ends the rehearsal that goes on") {
    temporary_directory noted;
    auto const file = noted.path() / "process";
    zoo_site at({.deadline = 1h});
    auto options = asked("migrate", "sleep:" + file.native());
    options.module = obedient;
    for (bool const plans : {false, true}) {
        CAPTURE(plans);
        fs::remove(file);
        std::stop_source source;
        options.stop = source.get_token();
        auto code = std::async(std::launch::async, [&] {
            return plans ? at.runtime.plan("zoo", options).error().code
                         : at.runtime.swap("zoo", options).error().code;
        });
        REQUIRE(test::eventually([&] { return fs::exists(file); }));
        source.request_stop();
        CHECK(code.get() == errc::aborted);
        CHECK(is_gone(file));
    }
    CHECK(at.animals->release() == "1.0.0");
}

TEST_CASE("rehearsal: a module that uses more processor time than it may is ended") {
    zoo_site at({.deadline = 60s, .cpu_time = 1s});
    at.refuses(obedient, asked("construct", "spin"), errc::rehearsal_failed,
               {"used more than 1 s of processor time while constructing", "rehearsal_options::cpu_time"});
}

#if !defined(HOTSWAP_TEST_SANITIZED)
TEST_CASE("rehearsal: a module that allocates without end is refused, wherever it does") {
    zoo_site at({.address_space = std::uint64_t{256} << 20});
    for (std::string const place : {"migrate", "construct", "health"})
        at.refuses(obedient, asked(place, "allocate"), errc::rehearsal_failed,
                   {"took more than 256 MiB of memory while", "rehearsal_options::address_space"});
    at.refuses(static_deed("allocate"), {}, errc::rehearsal_failed,
               {"took more than 256 MiB of memory while loading (in a static constructor)"});
}
#endif

TEST_CASE("rehearsal: a module that writes endless files is refused") {
    zoo_site at({.file_size = 1 << 20});
    at.refuses(obedient, asked("construct", "write_much"), errc::rehearsal_failed,
               {"wrote a file of more than 1 MiB while constructing"});
}

TEST_CASE("rehearsal: garbage in place of a report is no report") {
    zoo_site at;
    at.refuses(obedient, asked("construct", "scribble"), errc::rehearsal_failed,
               {"wrote into descriptors that are not its own"});
}

TEST_CASE("rehearsal: what a module refuses in words is refused with the code and the words of the swap") {
    zoo_site at;
    at.refuses(obedient, asked("migrate", "throw"), errc::migration_failed,
               {"the migration 1 → 2 of zoo-2.0.0.so threw: the fault that was asked for"});
    at.refuses(obedient, asked("migrate", "throw_number"), errc::migration_failed, {"not a std::exception"});
    at.refuses(obedient, asked("validate", "throw"), errc::validation_failed,
               {"validate() of zoo-2.0.0.so refuses the state: the fault"});
    at.refuses(obedient, asked("construct", "throw"), errc::construct_failed,
               {"the fault that was asked for"});
    at.refuses(obedient, asked("health", "throw"), errc::rehearsal_failed, {"the fault that was asked for"});
    at.refuses(obedient, asked("health", "ill"), errc::rehearsal_failed, {"not healthy"});
}

TEST_CASE(
    "rehearsal: children that a module leaves are ended with it, even where they left its process group") {
    for (std::string const deed : {"fork", "fork_away", "daemon"}) {
        INFO("the deed: " << deed);
        zoo_site at;
        auto const note = at.directory.path() / "child";
        at.refuses(obedient, asked("construct", deed + ":" + note.string()), errc::rehearsal_failed,
                   {"left a child process"});
        CHECK(is_gone(note));
    }
    zoo_site at;
    auto const note = at.directory.path() / "child";
    at.refuses(obedient, asked("construct", "fork_and_exit:" + note.string()), errc::rehearsal_failed,
               {"called _exit(0)"});
    CHECK(is_gone(note));
}
