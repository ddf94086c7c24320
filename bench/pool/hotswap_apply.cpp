// hotswap apply, for the tables of pools.
#include "harness/contestant.hpp"
#include "harness/missing.hpp"
#include "pool/applier.hpp"

#include <fmt/format.h>

#include <dlfcn.h>

namespace bench {

namespace {

namespace fs = std::filesystem;

// Makes nothing of fsync, fdatasync and syncfs.
constexpr char no_sync[] = "libeatmydata.so";

std::string closure_text(closure with) {
    if (with == closure::none) return "[]";
    return with == closure::passes ? R"(["true"])" : R"(["false"])";
}

class hotswap_apply final : public applier {
public:
    hotswap_apply(file_set const& of, bool is_synced) : files_(of), is_synced_(is_synced) {
        if (!is_synced) check_library();
        fs::create_directories(empty() / "src");
        write_text(empty() / "index.json", R"({"metadata": {"schema_version": "0"}, "pools": []})");
        write_manifest(files_.old_version(), "1", closure::passes);
        run_tool(command(files_.old_version()), file("log"));
        replace_directory(state(), file("state.applied"));
    }

    void reset() override { replace_directory(file("state.applied"), state()); }

    tool_command apply(closure with) override {
        write_manifest(files_.new_version(), "2", with);
        return command(files_.new_version());
    }

    // A manifest without pools: what it does is the recovery.
    std::optional<tool_command> recovery() override { return command(empty()); }

private:
    static void check_library() {
        void* const found = ::dlopen(no_sync, RTLD_LAZY | RTLD_LOCAL);
        if (found == nullptr) throw peer_missing(missing_peer("eatmydata"));
        ::dlclose(found);
    }

    fs::path file(std::string_view name) const { return files_.site() / fmt::format("hotswap.{}", name); }
    fs::path state() const { return file("state"); }
    fs::path empty() const { return file("empty"); }

    tool_command command(fs::path const& manifest) const {
        tool_command made{{BENCH_COMMAND, "apply", manifest, "--state", state()}};
        if (!is_synced_) made.environment.push_back(fmt::format("LD_PRELOAD={}", no_sync));
        return made;
    }

    void write_manifest(fs::path const& directory, std::string_view version, closure with) const {
        std::string operations;
        for (std::size_t i = 0; i != files_.files(); ++i)
            operations +=
                fmt::format("{}{{\"target\": \"src/{}\", \"destination\": \"{}\"}}", i == 0 ? "" : ",\n",
                            file_set::name(i), (files_.installed() / file_set::name(i)).native());
        write_text(
            directory / "index.json",
            fmt::format("{{\"metadata\": {{\"schema_version\": \"{}\"}}, \"pools\": [{{\"id\": \"files\", "
                        "\"operations\": [{}], \"closure\": {}}}]}}",
                        version, operations, closure_text(with)));
    }

    file_set const& files_;
    bool const is_synced_;
};

}  // namespace

std::unique_ptr<applier> make_hotswap_apply(file_set const& of, bool is_synced) {
    if (std::string_view(BENCH_COMMAND).empty())
        throw peer_missing("MISSING: build with HOTSWAP_BUILD_COMMAND");
    return std::make_unique<hotswap_apply>(of, is_synced);
}

}  // namespace bench
