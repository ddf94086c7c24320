// Runtimes one after the other on one store, like a restarted host; each ends as if it were killed.
#pragma once

#include "swap/fixture.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <sys/wait.h>

namespace hotswap_test {

struct stored_house {
    explicit stored_house(hotswap::runtime_options wanted = {}) : options(std::move(wanted)) {
        fs::create_directory(modules());
        options.modules = modules();
        options.staging = directory.path() / "staging";
        options.log_to_stderr = false;
        options.rehearse = hotswap::rehearse::never;
        options.store = store();
        options.checkpoint_on_exit = false;
        start();
    }

    fs::path store() const { return directory.path() / "store"; }
    fs::path modules() const { return directory.path() / "modules"; }
    /// Copies a built module to the modules directory.
    fs::path bring(fs::path const& file, std::string const& name) const {
        fs::copy_file(file, modules() / name, fs::copy_options::overwrite_existing);
        return modules() / name;
    }
    void start() {
        runtime.reset();
        told.clear();
        runtime.emplace(options);
        runtime->subscribe([this](hotswap::event const& what) { told += to_string(what) + "\n"; }).detach();
    }
    template <class Contract>
    hotswap::handle<Contract> load(std::string_view name, fs::path const& file) {
        return runtime->load<Contract>(name, {.module = file}).value();
    }
    template <class Contract>
    hotswap::handle<Contract> find(std::string_view name) {
        return runtime->find<Contract>(name).value();
    }

    temporary_directory directory;
    hotswap::runtime_options options;
    std::string told;
    std::optional<hotswap::runtime> runtime;
};

/// The files that a store promises to keep: manifests and snapshots, byte by byte.
inline std::map<fs::path, std::string> committed_in(fs::path const& store) {
    std::map<fs::path, std::string> found;
    for (auto const& each : fs::recursive_directory_iterator(store)) {
        auto const name = each.path().filename().string();
        if (!each.is_regular_file() ||
            (!name.starts_with("manifest") && each.path().extension() != ".snapshot"))
            continue;
        std::ifstream file(each.path(), std::ios::binary);
        found[each.path()].assign(std::istreambuf_iterator<char>(file), {});
    }
    return found;
}

inline void flip_a_bit_of(fs::path const& file) {
    fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
    std::fstream content(file, std::ios::in | std::ios::out | std::ios::binary);
    content.seekg(-1, std::ios::end);
    char last = 0;
    content.get(last);
    content.seekp(-1, std::ios::end);
    content.put(static_cast<char>(last ^ 1));
    content.close();
    fs::permissions(file, fs::perms::owner_write, fs::perm_options::remove);
}

/// A program's output, and its status from waitpid.
struct ended {
    int status = 0;
    std::string said;
    bool well() const { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
};

inline ended run_program(std::string const& command) {
    std::FILE* const pipe = popen(("exec " + command).c_str(), "r");
    REQUIRE(pipe != nullptr);
    ended given;
    char buffer[1024];
    while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) given.said += buffer;
    given.status = pclose(pipe);
    return given;
}

}  // namespace hotswap_test
