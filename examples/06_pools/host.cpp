// Changes a component and a file as one. The first manifest fails its closure, so that both go back; the second one holds.
#include "greeter.hpp"

#include <hotswap/pool.hpp>
#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace fs = std::filesystem;

namespace {

/// A place for the manifest and the file that it changes, removed at the end.
struct workplace {
    workplace() {
        auto name = (fs::temp_directory_path() / "pools-example-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory can be made");
        root = fs::canonical(name);
        fs::create_directories(root / "hotfix" / "src");
        std::ofstream(root / "motto.txt") << "Be brief.\n";
        std::ofstream(root / "hotfix" / "src" / "motto.txt") << "Be kind.\n";
    }
    ~workplace() {
        std::error_code ignored;
        fs::remove_all(root, ignored);
    }
    workplace(workplace const&) = delete;
    workplace& operator=(workplace const&) = delete;

    /// A manifest as one would write it by hand.
    void write_manifest(fs::path const& module, std::string const& version,
                        std::string const& closure) const {
        std::ofstream(root / "hotfix" / "index.json")
            << fmt::format(R"({{
            "metadata": {{"schema_version": "{}"}},
            "pools": [{{"id": "kinder",
                        "operations": [{{"swap": "greeter", "module": "{}"}},
                                       {{"target": "src/motto.txt", "destination": "{}"}}],
                        "closure": [{{"healthy": "greeter"}}, "{}"]}}]}})",
                           version, module.native(), (root / "motto.txt").native(), closure);
    }
    std::string motto() const {
        std::ifstream in(root / "motto.txt");
        return {std::istreambuf_iterator<char>(in), {}};
    }

    fs::path root;
};

}  // namespace

int main(int argc, char** argv) {
    fs::path const modules = fs::absolute(argc > 1 ? argv[1] : "modules");
    hotswap::runtime runtime{{.modules = modules}};
    auto greeter = runtime.load<demo::greeter>("greeter", {.module = "greeter-1.0.0.so"}).value();
    workplace const at;
    fmt::print("{}; {}", greeter->greet("Ada"), at.motto());
    hotswap::pool_options options;
    options.state = at.root / "state";
    options.host = &runtime;
    options.on_progress = [](std::string_view line) { fmt::print("  {}\n", line); };
    auto const apply = [&](std::string const& version, std::string const& closure) {
        at.write_manifest(modules / "greeter-2.0.0.so", version, closure);
        auto const pool = hotswap::apply_pools(at.root / "hotfix", options).value().pools.at(0);
        fmt::print("{}: {}{}{}\n{}; {}", pool.id, to_string(pool.outcome), pool.reason.empty() ? "" : ": ",
                   pool.reason, greeter->greet("Ada"), at.motto());
        return pool.outcome;
    };
    bool const went_back =
        apply("1.0.0", "grep cruel " + (at.root / "motto.txt").native()) == hotswap::pool_outcome::restored &&
        at.motto() == "Be brief.\n";
    bool const has_held =
        apply("1.0.1", "grep kind " + (at.root / "motto.txt").native()) == hotswap::pool_outcome::applied &&
        at.motto() == "Be kind.\n";
    return went_back && has_held && greeter->greeted() == 3 ? 0 : 1;
}
