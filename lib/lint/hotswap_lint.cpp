// hotswap-lint FILE…: says of each module what the runtime would say before running any of its code.
#include "module/file_io.hpp"
#include "module/module_file.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string_view>

namespace {

constexpr char usage[] =
    "usage: hotswap-lint [--quiet] FILE...\n"
    "\n"
    "Judges hotswap modules as a runtime does before it loads them, without running any of their code.\n"
    "\n"
    "  --quiet    say nothing of modules that are good\n"
    "  --help     this text\n"
    "\n"
    "Exit status: 0 if every file may be loaded, 1 if one is refused, 2 if called wrongly.\n";

bool judge(char const* path, bool quiet) {
    auto const content = hotswap::detail::read_regular_file(path);
    if (!content) {
        fmt::print(stderr, "{}: refused ({}): {}\n", path, content.error().code, content.error().message);
        return false;
    }
    auto const verified = hotswap::detail::verify_module(*content, path);
    if (!verified) {
        fmt::print(stderr, "{}: refused ({}): {}\n", path, verified.error().code, verified.error().message);
        return false;
    }
    for (auto const& reason : verified->keeps_mapped)
        fmt::print(stderr, "{}: warning: the module will stay mapped after it is retired: {}\n", path,
                   reason);
    if (!quiet)
        fmt::print("{}: {} {}, contract {} {}, schema {} {}, starts from {}, goes back to {}\n", path,
                   verified->component(), verified->release(), verified->contract().name,
                   verified->contract().number, verified->legacy() ? "legacy" : verified->schema().name,
                   verified->schema().version, verified->descriptor.oldest_start,
                   verified->descriptor.oldest_back);
    return true;
}

int run(int count, char** words) {
    bool quiet = false;
    bool good = true;
    int files = 0;
    for (int i = 1; i != count; ++i) {
        std::string_view const word = words[i];
        if (word == "--help") {
            fmt::print("{}", usage);
            return 0;
        }
        if (word == "--quiet") {
            quiet = true;
        } else if (word.starts_with("--")) {
            fmt::print(stderr, "hotswap-lint: unknown option {}\n\n{}", word, usage);
            return 2;
        } else {
            ++files;
            good = judge(words[i], quiet) && good;
        }
    }
    if (files == 0) {
        fmt::print(stderr, "{}", usage);
        return 2;
    }
    return good ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    try {
        return run(count, words);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "hotswap-lint: %s\n", e.what());
        return 2;
    }
}
