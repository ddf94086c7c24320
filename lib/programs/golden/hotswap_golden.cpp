// hotswap-golden MODULE SNAPSHOT…: tries a module on golden snapshots, each in a process of its own.
#include "rehearsal/frame_rehearsal.hpp"
#include "rehearsal/helper_file.hpp"

#include <hotswap/format.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace hotswap::detail;

constexpr char usage[] =
    "usage: hotswap-golden [--helper FILE] [--argument NAME=VALUE]... [--setting NAME=VALUE]...\n"
    "                      MODULE SNAPSHOT...\n"
    "\n"
    "Tries whether a hotswap module can begin with each of the snapshots: in another process, as in a\n"
    "rehearsal, it reads the state, migrates and validates it, constructs the component, checks its health,\n"
    "writes the state and destroys everything. hotswap_add_golden_tests (CMake) makes a test of each "
    "snapshot.\n"
    "\n"
    "  --helper FILE          hotswap-rehearse; default: where the package has it\n"
    "  --argument NAME=VALUE  for migrations that take arguments\n"
    "  --setting NAME=VALUE   of the component\n"
    "  --help                 this text\n"
    "\n"
    "Exit status: 0 if the module begins with every snapshot, 1 if not, 2 if called wrongly.\n";

struct options {
    fs::path helper{};
    hotswap::arguments arguments{};
    hotswap::settings settings{};
    fs::path module{};
    std::vector<fs::path> snapshots{};
};

int run(options const& how) {
    auto const refused = [&](hotswap::failure const& why) {
        fmt::print(stderr, "{}: refused ({}): {}\n", how.module.string(), why.code, why.message);
        return 1;
    };
    auto const helper = find_helper_file(how.helper);
    if (helper.empty()) {
        fmt::print(stderr, "hotswap-golden: there is no hotswap-rehearse{}; name it by --helper\n",
                   how.helper.empty() ? "" : " at " + how.helper.string());
        return 2;
    }
    auto const module = read_module_to_try(how.module);
    if (!module) return refused(module.error());
    int status = 0;
    for (auto const& snapshot : how.snapshots) {
        std::vector<std::string> log;
        auto const path = try_frame(how.module, *module, helper, snapshot, how.arguments, how.settings, log);
        for (auto const& line : log) fmt::print(stderr, "{}: {}\n", how.module.filename().string(), line);
        if (path)
            fmt::print("{} begins with {}: schema {} {}\n", how.module.filename().string(), snapshot.string(),
                       module->legacy() ? "legacy" : module->schema().name, fmt::join(path->versions, " → "));
        else
            status = refused(path.error());
    }
    return status;
}

/// Adds `NAME=VALUE`; false if it is not of that form.
bool add_pair(std::string_view text, hotswap::arguments& to) {
    auto const equals = text.find('=');
    if (equals == text.npos || equals == 0) return false;
    return to.emplace(text.substr(0, equals), text.substr(equals + 1)).second;
}

std::optional<options> read_words(std::span<char*> words) {
    options how;
    for (std::size_t i = 0; i != words.size(); ++i) {
        std::string_view const word = words[i];
        if (!word.starts_with("--")) {
            if (how.module.empty())
                how.module = word;
            else
                how.snapshots.emplace_back(word);
            continue;
        }
        if (++i == words.size()) return {};
        if (word == "--helper")
            how.helper = words[i];
        else if (word != "--argument" && word != "--setting")
            return {};
        else if (!add_pair(words[i], word == "--argument" ? how.arguments : how.settings))
            return {};
    }
    if (how.module.empty() || how.snapshots.empty()) return {};
    return how;
}

}  // namespace

int main(int count, char** words) {
    if (count == 2 && std::string_view(words[1]) == "--help") {
        std::fputs(usage, stdout);
        return 0;
    }
    try {
        if (auto const how = read_words({words + 1, static_cast<std::size_t>(count > 0 ? count - 1 : 0)}))
            return run(*how);
        std::fputs(usage, stderr);
        return 2;
    } catch (std::exception const& e) {
        std::fprintf(stderr, "hotswap-golden: %s\n", e.what());
        return 1;
    }
}
