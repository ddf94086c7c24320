// The demonstration's page on a disk that is full, here a limit on the size of files.
#include "demo/whole_file.hpp"
#include "demo/gateway_process.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include <sys/resource.h>

namespace fs = std::filesystem;

namespace {

/// Lets the process write no file beyond `bytes` during its lifetime.
struct full_disk {
    explicit full_disk(rlim_t bytes) {
        getrlimit(RLIMIT_FSIZE, &before);
        rlimit const now{bytes, before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &now);
    }
    ~full_disk() {
        setrlimit(RLIMIT_FSIZE, &before);
        std::signal(SIGXFSZ, handler);
    }
    rlimit before{};
    void (*handler)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

std::string content(fs::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::ptrdiff_t files_in(fs::path const& directory) {
    return std::distance(fs::directory_iterator(directory), fs::directory_iterator());
}

}  // namespace

TEST_CASE("examples: on a full disk the demonstration leaves the old page, and no other file") {
    gateway::scratch_directory const scratch;
    auto const here = scratch.path();
    auto const page = here / "new" / "report.html";
    demo::write_whole(page, "the old page");
    {
        full_disk const full(1000);
        CHECK_THROWS_AS(demo::write_whole(page, std::string(100'000, 'x')), std::runtime_error);
    }
    CHECK(content(page) == "the old page");
    CHECK(files_in(page.parent_path()) == 1);
    demo::write_whole(page, "the new page");
    CHECK(content(page) == "the new page");
    CHECK(files_in(page.parent_path()) == 1);
}

TEST_CASE(
    "examples: the demonstration finds before its work whether it can write the page, and keeps the old "
    "one") {
    gateway::scratch_directory const scratch;
    auto const here = scratch.path();
    auto const page = here / "report.html";
    demo::check_writable(page);
    CHECK(files_in(here) == 0);
    demo::write_whole(page, "the old page");
    demo::check_writable(page);
    CHECK(content(page) == "the old page");
    CHECK_THROWS_AS(demo::check_writable(page / "below a file"), std::runtime_error);
    CHECK_THROWS_AS(demo::check_writable(here), std::runtime_error);
}

TEST_CASE("examples: a page that is a link or a device stays one") {
    gateway::scratch_directory const scratch;
    auto const here = scratch.path();
    auto const link = here / "link";
    fs::create_symlink(here / "page", link);
    demo::write_whole(here / "page", "old");
    demo::write_whole(link, "new");
    CHECK(fs::is_symlink(link));
    CHECK(content(here / "page") == "new");
    demo::write_whole("/dev/null", "nothing");
    CHECK(fs::is_character_file("/dev/null"));
    CHECK_THROWS_AS(demo::write_whole("/dev/full", "nothing"), std::runtime_error);
}
