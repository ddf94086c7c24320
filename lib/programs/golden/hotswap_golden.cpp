// hotswap-golden MODULE SNAPSHOT…: tries a module on golden snapshots, each in a process of its own.
#include "base/refuse.hpp"
#include "module/module_file.hpp"
#include "module/module_source.hpp"
#include "rehearsal/helper_environment.hpp"
#include "rehearsal/helper_file.hpp"
#include "rehearsal/helper_process.hpp"
#include "rehearsal/helper_report.hpp"
#include "rehearsal/helper_request.hpp"
#include "transfer/migration_path.hpp"

#include <hotswap/detail/state/frame.hpp>
#include <hotswap/format.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <array>
#include <chrono>
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
using hotswap::errc;
using hotswap::phase;
using hotswap::result;

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

result<module_file> read_module_file(fs::path const& file) {
    hotswap::module_policy policy;
    policy.check_ownership = false;  // as the build left it
    auto source = read_module(file, policy);
    if (!source) return source.error();
    return verify_module(source->bytes, file.filename().string(), policy);
}

result<file_descriptor> make_request(options const& how, hotswap::frame const& state,
                                     helper_limits const& limits) {
    hotswap::rehearsal_options const usual;
    auto const arguments = pack_arguments(how.arguments);
    auto const settings = pack_arguments(how.settings);
    auto const origin = fs::absolute(how.module).parent_path().string();
    wire::request head;
    head.host = getpid();
    head.now = std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
    head.address_space = limits.address_space;
    head.cpu_seconds = limits.cpu_seconds;
    head.file_size = limits.file_size;
    head.open_files = usual.open_files;
    head.processes = usual.processes;
    head.version = state.version;
    head.argument_count = static_cast<std::uint32_t>(how.arguments.size());
    head.argument_bytes = arguments.size();
    head.setting_count = static_cast<std::uint32_t>(how.settings.size());
    head.setting_bytes = settings.size();
    head.origin_bytes = origin.size();
    head.payload_bytes = state.payload.size();
    std::array const parts{std::as_bytes(std::span(&head, 1)), std::span<std::byte const>(arguments),
                           std::span<std::byte const>(settings), std::as_bytes(std::span(origin)),
                           state.payload};
    return seal_in_memory(parts);
}

/// Tries one snapshot; the versions that the state went through.
result<migration_path> try_snapshot(options const& how, module_file const& module, fs::path const& helper,
                                    fs::path const& snapshot) {
    auto const bytes = read_regular_file(snapshot);
    if (!bytes) return bytes.error();
    auto const state = hotswap::read_frame(*bytes);
    if (!state) return state.error();
    auto const name = how.module.filename().string();
    auto path = find_import_path({state->schema, state->version, state->layout}, module, name);
    if (!path) return path;
    hotswap::rehearsal_options const usual;
    auto const limits = limits_for(usual, state->payload.size());
    auto const request = make_request(how, *state, limits);
    if (!request) return request.error();
    auto const ended =
        run_helper(helper, {fs::absolute(how.module).string()}, helper_environment(usual), *request,
                   wire::longest_report, std::chrono::steady_clock::now() + limits.deadline);
    if (!ended) return ended.error();
    auto const told = read_report(ended->written);
    for (auto const& line : told.log) fmt::print(stderr, "{}: {}\n", name, line);
    if (auto const passed = check_report(told, *ended, limits, name); !passed) return passed.error();
    return path;
}

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
    auto const module = read_module_file(how.module);
    if (!module) return refused(module.error());
    int status = 0;
    for (auto const& snapshot : how.snapshots) {
        if (auto const path = try_snapshot(how, *module, helper, snapshot); path)
            fmt::print("{} begins with {}: schema {} {}\n", how.module.filename().string(), snapshot.string(),
                       module->legacy() ? "legacy" : module->schema().name, fmt::join(path->versions, " → "));
        else {
            auto why = path.error();
            why.message = snapshot.string() + ": " + why.message;
            status = refused(why);
        }
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
