// A manifest with its files, places for them to go, and a state directory.
#pragma once

#include "pool/described.hpp"

#include <hotswap/pool.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace hotswap_test {

namespace fs = std::filesystem;
using hotswap::pool_outcome;

inline std::string content(fs::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return in ? std::string(std::istreambuf_iterator<char>(in), {}) : "(none)";
}

/// "{…}" and "(…)" of a raw text stand for the places: SRC is the manifest's directory, WWW that of the destinations.
class pools {
public:
    pools() {
        auto name = (fs::temp_directory_path() / "hotswap-pools-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory can be made");
        root = fs::canonical(name);
        for (char const* const each : {"hotfix/src", "www"}) fs::create_directories(root / each);
    }
    ~pools() {
        std::error_code ignored;
        fs::remove_all(root, ignored);
    }
    pools(pools const&) = delete;
    pools& operator=(pools const&) = delete;

    fs::path hotfix() const { return root / "hotfix"; }
    fs::path www(std::string const& name) const { return root / "www" / name; }
    fs::path state() const { return root / "state"; }

    /// A file of the manifest.
    void source(std::string const& name, std::string const& text) const {
        write(hotfix() / "src" / name, text);
    }
    /// A file as it is before.
    void there(std::string const& name, std::string const& text) const { write(www(name), text); }
    void manifest(std::string text) const {
        for (auto at = text.find("WWW"); at != text.npos; at = text.find("WWW", at))
            text.replace(at, 3, (root / "www").native());
        write(hotfix() / "index.json", text);
    }
    /// One pool "p" with these files, each named as its target, and this closure.
    void one_pool(std::vector<std::string> const& files, std::string const& closure,
                  std::string const& schema = "1.0.0", std::string const& policy = "try") const {
        std::string operations;
        for (auto const& each : files)
            operations += fmt::format(R"({}{{"target": "src/{}", "destination": "WWW/{}", "policy": "{}"}})",
                                      operations.empty() ? "" : ", ", each, each, policy);
        manifest(fmt::format(
            R"({{"metadata": {{"schema_version": "{}"}}, "pools": [{{"id": "p", "operations": [{}], "closure": {}}}]}})",
            schema, operations, closure));
    }

    hotswap::pool_options options() const {
        hotswap::pool_options made;
        made.state = state();
        return made;
    }
    hotswap::apply_report apply(hotswap::pool_options options) const {
        options.state = state();
        return hotswap::apply_pools(hotfix(), options).value();
    }
    hotswap::apply_report apply() const { return apply(options()); }
    hotswap::pool_report apply_one() const { return apply().pools.at(0); }
    hotswap::failure refusal() const {
        auto const done = hotswap::apply_pools(hotfix(), options());
        REQUIRE(done.has_error());
        return done.error();
    }

    fs::path root;

private:
    static void write(fs::path const& file, std::string const& text) {
        fs::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << text;
    }
};

/// A directory in memory in the place of an empty one, where the system has such: a disk would make thousands of states slow.
class in_memory {
public:
    explicit in_memory(fs::path const& place) {
        if (::mkdtemp(name_.data()) == nullptr) {
            name_.clear();
            return;
        }
        fs::remove_all(place);
        fs::create_directory_symlink(name_, place);
    }
    ~in_memory() {
        std::error_code ignored;
        if (!name_.empty()) fs::remove_all(name_, ignored);
    }
    in_memory(in_memory const&) = delete;
    in_memory& operator=(in_memory const&) = delete;

private:
    std::string name_ = "/dev/shm/hotswap-pools-XXXXXX";
};

inline bool has(std::string const& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace hotswap_test
