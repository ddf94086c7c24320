// write_golden MODULES DIRECTORY: writes the golden snapshot of every version of every shipped component.
//
// Run once when a version is released; its output is committed and never written again, because it represents
// the snapshots that users have. It does not overwrite an existing file.
#include "golden/cache.hpp"
#include "golden/rate_limiter.hpp"
#include "golden/scenario.hpp"
#include "golden/session.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>

namespace {

using namespace hotswap_golden;

void write(std::filesystem::path const& file, std::span<std::byte const> bytes) {
    if (std::filesystem::exists(file)) {
        fmt::print("{} is there already and stays as it is\n", file.string());
        return;
    }
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<char const*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
    fmt::print("{}: {} bytes\n", file.string(), bytes.size());
}

template <class Contract>
void write_versions(std::filesystem::path const& modules, std::filesystem::path const& directory,
                    std::string const& name, std::string_view legacy) {
    for (int version = 0; version != static_cast<int>(releases.size()); ++version) {
        hotswap::runtime runtime({.modules = modules, .clock = [] { return moment; }});
        auto const module =
            modules / fmt::format("{}-{}.so", name, releases[static_cast<std::size_t>(version)]);
        auto const component =
            runtime.load<Contract>(name, {.module = module, .legacy = std::as_bytes(std::span(legacy))})
                .value();
        fill(*component.lease(), version);
        write(directory / fmt::format("{}-v{}.snapshot", name, version), runtime.snapshot(name).value());
    }
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) {
        fmt::print(stderr, "usage: write_golden MODULES DIRECTORY\n");
        return 2;
    }
    try {
        std::filesystem::path const modules = words[1];
        std::filesystem::path const directory = words[2];
        write_versions<hotswap::contracts::rate_limiter>(modules, directory, "rate_limiter", {});
        write_versions<hotswap::contracts::session>(modules, directory, "session", sessions);
        write_versions<hotswap::contracts::cache>(modules, directory, "cache", {});
    } catch (std::exception const& failed) {
        fmt::print(stderr, "write_golden: {}\n", failed.what());
        return 1;
    }
    return 0;
}
