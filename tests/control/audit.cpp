#include "control/fixture.hpp"

#include "control/audit_log.hpp"
#include "report/plain_text.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace hotswap_test;
using hotswap::detail::audit_log;
using hotswap::detail::check_audit;
using hotswap::detail::is_utf8;
using hotswap::detail::one_line;

namespace {

std::vector<std::string> lines_of(fs::path const& file) {
    std::ifstream in(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

void write_lines(fs::path const& file, std::vector<std::string> const& lines) {
    std::ofstream out(file);
    for (auto const& line : lines) out << line << '\n';
}

std::vector<std::string> faults_of(std::vector<fs::path> const& files) {
    return check_audit(files).value().faults;
}

// The files of the one audit in a directory, the oldest first.
std::vector<fs::path> files_in(fs::path const& directory) {
    std::vector<std::pair<unsigned long, fs::path>> found;
    for (auto const& each : fs::directory_iterator(directory)) {
        auto const end = each.path().extension().string();
        found.emplace_back(end.empty() ? 1'000'000 : std::stoul(end.substr(1)), each.path());
    }
    std::ranges::sort(found);
    std::vector<fs::path> files;
    for (auto& each : found) files.push_back(std::move(each.second));
    return files;
}

/// An audit of ten lines.
struct ten_lines {
    ten_lines() {
        audit_log log(file, 1U << 20U);
        REQUIRE(log.open().has_value());
        for (int i = 0; i != 10; ++i) REQUIRE(log.write({{"what", "asked"}, {"n", i}}).has_value());
        lines = lines_of(file);
        REQUIRE(lines.size() == 10);
    }
    temporary_directory directory;
    fs::path file = directory.path() / "audit";
    std::vector<std::string> lines;
};

}  // namespace

TEST_CASE("audit: a change is recorded when it is asked for and when it ends, with who, why, what and how") {
    operated at({.audit = {}});
    { auto const gone = std::move(at.control); }
    hotswap::control const control{at.runtime, {.socket = at.socket(), .audit = at.audit()}};
    at.swap_to("2.0.0", {{"reason", "ticket 7\nforged: line"}});
    auto const lines = lines_of(at.audit());
    REQUIRE(lines.size() == 2);
    auto const asked = json::parse(lines[0]);
    CHECK(text_at(asked, "/what") == "asked");
    CHECK(text_at(asked, "/verb") == "swap");
    CHECK(text_at(asked, "/components/0") == "tally");
    CHECK(text_at(asked, "/reason") == "ticket 7 forged: line");
    CHECK(number_at(asked, "/uid") == getuid());
    CHECK(number_at(asked, "/pid") == static_cast<std::uint64_t>(getpid()));
    CHECK(text_at(asked, "/time").ends_with("Z"));
    auto const ended = json::parse(lines[1]);
    CHECK(text_at(ended, "/what") == "ended");
    CHECK(text_at(ended, "/outcome") == "done");
    CHECK(text_at(ended, "/operation") == text_at(asked, "/operation"));
    CHECK(faults_of({at.audit()}).empty());
    struct stat found {};
    REQUIRE(::stat(at.audit().c_str(), &found) == 0);
    CHECK((found.st_mode & 0777U) == 0600);
}

TEST_CASE("audit: where a reason is required, a change without one is refused and changes nothing") {
    operated at({.reason_required = true});
    auto const refused = at.post("/v1/swap", {{"component", "tally"}});
    CHECK(refused.status == 400);
    CHECK(names(refused.body, {"--reason"}));
    CHECK(text_at(at.swap_to("2.0.0", {{"reason", "because"}}), "/outcome") == "done");
}

TEST_CASE("audit: a change that cannot be recorded is refused and changes nothing") {
    operated at;
    { auto const gone = std::move(at.control); }
    fs::create_directory(at.directory.path() / "audit");
    hotswap::control const control{at.runtime, {.socket = at.socket(), .audit = "/dev/full"}};
    auto const refused = at.post("/v1/swap", {{"component", "tally"}, {"wait_ns", 60'000'000'000}});
    CHECK(refused.status == 503);
    CHECK(names(refused.body, {"control_failed", "/dev/full"}));
    CHECK(at.status("tally").running.release == "1.0.0");
}

TEST_CASE("audit: whatever happens to a line is found, and the line is named") {
    ten_lines at;
    CHECK(faults_of({at.file}).empty());
    SUBCASE("it is removed") {
        at.lines.erase(at.lines.begin() + 4);
        write_lines(at.file, at.lines);
        auto const faults = faults_of({at.file});
        REQUIRE(faults.size() == 1);
        CHECK(names(faults[0], {":5:", "missing"}));
    }
    SUBCASE("it is altered") {
        auto& line = at.lines[4];
        line.replace(line.find("asked"), 5, "ended");
        write_lines(at.file, at.lines);
        CHECK(names(faults_of({at.file}).at(0), {":5:", "hash"}));
    }
    SUBCASE("it is altered, with a new hash") {
        hotswap::detail::audit_head head{4, json::parse(at.lines[3]).at("hash").as_string().c_str()};
        auto line = hotswap::detail::chained_line({{"what", "forged"}}, head);
        line.pop_back();
        at.lines[4] = line;
        write_lines(at.file, at.lines);
        CHECK(names(faults_of({at.file}).at(0), {":6:", "altered"}));
    }
    SUBCASE("it is doubled") {
        at.lines.insert(at.lines.begin() + 4, at.lines[4]);
        write_lines(at.file, at.lines);
        CHECK(names(faults_of({at.file}).at(0), {":6:"}));
    }
    SUBCASE("it is cut") {
        at.lines[9].resize(30);
        write_lines(at.file, at.lines);
        CHECK(names(faults_of({at.file}).at(0), {":10:", "cut"}));
    }
    SUBCASE("two are exchanged") {
        std::swap(at.lines[4], at.lines[5]);
        write_lines(at.file, at.lines);
        CHECK_FALSE(faults_of({at.file}).empty());
    }
}

TEST_CASE("audit: after a kill in the middle of a line the chain goes on from the last whole one") {
    ten_lines at;
    std::ofstream(at.file, std::ios::app) << at.lines[9].substr(0, 40);
    audit_log log(at.file, 1U << 20U);
    REQUIRE(log.open().has_value());
    REQUIRE(log.write({{"what", "asked"}}).has_value());
    auto const lines = lines_of(at.file);
    REQUIRE(lines.size() == 12);
    CHECK(number_at(json::parse(lines[11]), "/seq") == 11);
    CHECK(faults_of({at.file}).size() == 1);
}

TEST_CASE("audit: a file with nothing but a line that is not whole is gone on with, and that line is found") {
    for (std::string const& begun : {std::string(R"({"time": "2026-)"), std::string(100, '\0')}) {
        temporary_directory directory;
        auto const file = directory.path() / "audit";
        std::ofstream(file, std::ios::binary) << begun;
        audit_log log(file, 1U << 20U);
        REQUIRE(log.open().has_value());
        REQUIRE(log.write({{"what", "asked"}}).has_value());
        CHECK(faults_of({file}).size() == 1);
        audit_log again(file, 1U << 20U);
        CHECK(again.open().has_value());
    }
}

TEST_CASE("audit: a file that is none is not written to") {
    temporary_directory directory;
    auto const file = directory.path() / "letter";
    std::ofstream(file) << "Dear all,\n";
    audit_log log(file, 1U << 20U);
    auto const opened = log.open();
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == hotswap::errc::audit_damaged);
    CHECK(lines_of(file) == std::vector<std::string>{"Dear all,"});
}

TEST_CASE("audit: the chain goes on from file to file, and a file that is missing between two is found") {
    temporary_directory directory;
    auto const file = directory.path() / "audit";
    audit_log log(file, 1000);
    REQUIRE(log.open().has_value());
    for (int i = 0; i != 30; ++i) REQUIRE(log.write({{"what", "asked"}, {"n", i}}).has_value());
    auto files = files_in(directory.path());
    REQUIRE(files.size() > 3);
    auto const all = check_audit(files).value();
    CHECK(all.faults.empty());
    CHECK(all.lines == 30);
    files.erase(files.begin() + 1);
    CHECK(check_audit(files).value().faults.size() == 1);
}

TEST_CASE("audit: lines of several processes and threads never interleave, and make one chain") {
    temporary_directory directory;
    auto const file = directory.path() / "audit";
    constexpr int processes = 3;
    constexpr int lines = 40;
    for (int i = 0; i != processes; ++i)
        if (fork() == 0) {
            audit_log log(file, 4000);
            bool good = log.open().has_value();
            std::vector<std::thread> threads;
            std::atomic<bool> all{true};
            for (int t = 0; t != 2; ++t)
                threads.emplace_back([&] {
                    for (int n = 0; n != lines / 2; ++n)
                        if (!log.write({{"what", "asked"}, {"n", n}})) all = false;
                });
            for (auto& each : threads) each.join();
            _exit(good && all ? 0 : 1);
        }
    for (int i = 0; i != processes; ++i) {
        int status = 0;
        REQUIRE(wait(&status) > 0);
        CHECK(status == 0);
    }
    auto files = files_in(directory.path());
    auto const all = check_audit(files).value();
    CHECK(all.faults == std::vector<std::string>{});
    CHECK(all.lines == processes * lines);
}

TEST_CASE(
    "audit: a state that is restored is recorded by its size, and any bytes of a reason leave a line of "
    "JSON") {
    operated at;
    { auto const gone = std::move(at.control); }
    hotswap::control const control{at.runtime, {.socket = at.socket(), .audit = at.audit()}};
    auto const frame = at.get("/v1/snapshot/tally").body;
    auto const restored =
        at.client().send("POST", "/v1/restore/tally?reason=a%01b%0Ac", frame, patience).value();
    CHECK(restored.is_good());
    CHECK(at.client().send("POST", "/v1/restore/tally?reason=%FF", frame, patience).value().status == 400);
    auto const asked = json::parse(lines_of(at.audit()).at(0));
    CHECK(text_at(asked, "/request") == fmt::format("{} bytes", frame.size()));
    CHECK(text_at(asked, "/reason") == "a b c");
    CHECK(faults_of({at.audit()}).empty());
}

TEST_CASE("audit: a reason becomes one line of whole characters") {
    CHECK(one_line("a\nb\tc\x7F\x1B[0m", 100) == "a b c  [0m");
    CHECK(one_line("äöü", 3) == "ä");
    CHECK(one_line("", 3).empty());
    CHECK(one_line("a\xFF\xC0\x80z", 100) == "a???z");
    for (auto const* good :
         {"a", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
        CHECK(is_utf8(good));
    for (auto const* bad : {"\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                            "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
        CHECK_FALSE(is_utf8(bad));
}
