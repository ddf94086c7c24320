// hotswap-lint FILE…: prints the runtime's judgement of each module without running its code, and seals it.
#include "module/seal_file.hpp"
#include "module/served_revisions.hpp"

#include <hotswap/format.hpp>
#include <hotswap/inspect.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string_view>
#include <vector>

namespace {

constexpr char usage[] =
    "usage: hotswap-lint [--quiet] [--seal] FILE...\n"
    "\n"
    "Checks hotswap modules as a runtime does before it loads them, without running any of their code. Some\n"
    "facts are known only to the host (symbols that it must define, owners of files, signatures): the\n"
    "program warns of them, or leaves their check to the host.\n"
    "\n"
    "  --quiet    print nothing about good modules\n"
    "  --seal     first write into each module its own digest, which the runtime compares; do this last,\n"
    "             after strip and any other tool that alters the file\n"
    "  --help     this text\n"
    "\n"
    "Exit status: 0 if every file may be loaded, 1 if one is refused, 2 if called wrongly.\n";

struct options {
    bool quiet = false;
    bool seal = false;
    std::vector<char const*> files{};
};

bool refused(char const* path, hotswap::errc code, std::string_view message) {
    fmt::print(stderr, "{}: refused ({}): {}\n", path, code, message);
    return false;
}

bool inspect_file(char const* path, options const& how) {
    if (how.seal)
        if (auto const sealed = hotswap::detail::seal_file(path); !sealed)
            return refused(path, sealed.error().code, sealed.error().message);
    auto const said = hotswap::inspect(path, {.policy = {.check_ownership = false}, .as_host = false});
    if (!said) return refused(path, said.error().code, said.error().message);
    for (hotswap::finding const& f : said->findings) {
        if (f.severity == hotswap::severity::refuse)
            refused(path, f.code, f.message + "; " + f.remedy);
        else
            fmt::print(stderr, "{}: warning: {}; {}\n", path, f.message, f.remedy);
    }
    if (said->refusal() != nullptr) return false;
    if (!how.quiet)
        fmt::print("{}: {} {}, contract {} {}, schema {} {}, starts from {}, goes back to {}, {}\n", path,
                   said->component, said->release, said->contract, hotswap::detail::in_words(said->serves),
                   said->schema_version == 0 ? "legacy" : said->schema, said->schema_version,
                   said->oldest_start, said->oldest_back, said->sealed ? "sealed" : "not sealed");
    return true;
}

int run(int count, char** words) {
    options how;
    for (int i = 1; i != count; ++i) {
        std::string_view const word = words[i];
        if (word == "--help") {
            fmt::print("{}", usage);
            return 0;
        }
        if (word == "--quiet") {
            how.quiet = true;
        } else if (word == "--seal") {
            how.seal = true;
        } else if (word.starts_with("--")) {
            fmt::print(stderr, "hotswap-lint: unknown option {}\n\n{}", word, usage);
            return 2;
        } else {
            how.files.push_back(words[i]);
        }
    }
    if (how.files.empty()) {
        fmt::print(stderr, "{}", usage);
        return 2;
    }
    bool good = true;
    for (char const* const file : how.files) good = inspect_file(file, how) && good;
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
