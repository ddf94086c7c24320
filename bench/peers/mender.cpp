// mender-client without a server: an artifact for its update module `directory`, whose closure is a state script.
#include "harness/contestant.hpp"
#include "harness/server_process.hpp"
#include "pool/applier.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace bench {

namespace {

namespace fs = std::filesystem;

class mender final : public applier {
public:
    explicit mender(file_set const& of)
        : program_(installed_program("mender", "mender-client")),
          builder_(installed_program("mender-artifact", "mender-artifact")),
          files_(of) {
        if (::geteuid() != 0) throw peer_missing("MISSING: mender install needs root");
        fs::create_directories(data());
        fs::create_directories(file("etc"));
        write_text(file("etc") / "artifact_info", "artifact_name=0\n");
        write_text(file("conf"), "{}");
        write_text(data() / "device_type", "device_type=bench\n");
        run_tool(install(artifact("1", files_.old_version(), closure::passes)), file("log"));
        replace_directory(data(), file("data.applied"));
    }

    void reset() override { replace_directory(file("data.applied"), data()); }

    tool_command apply(closure with) override {
        return install(artifact(with == closure::fails ? "2-failing" : "2", files_.new_version(), with));
    }

    std::optional<tool_command> recovery() override { return in_namespace(order("rollback")); }

private:
    fs::path file(std::string_view name) const { return files_.site() / fmt::format("mender.{}", name); }
    fs::path data() const { return file("data"); }

    std::string order(std::string_view what) const {
        return fmt::format(
            "{0} --no-syslog --log-level error --config {1} --fallback-config {1} --data {2} {3}", program_,
            file("conf").native(), data().native(), what);
    }
    // It reads the name of the first artifact in /etc/mender, which no option moves: it gets a /etc/mender of its own.
    tool_command in_namespace(std::string const& what) const {
        return {{"unshare", "--mount", "sh", "-ec",
                 fmt::format("mount --bind {} /etc/mender\n{}", file("etc").native(), what)}};
    }
    tool_command install(std::string const& what) const {
        return in_namespace(order("install " + what) + "\n" + order("commit"));
    }

    std::string artifact(std::string_view version, fs::path const& from, closure with) const {
        auto const made = file(fmt::format("{}.mender", version));
        if (fs::exists(made)) return made;
        auto const payload = file("payload");
        fs::create_directories(payload);
        write_text(payload / "dest_dir", files_.installed().native());
        run_tool({{"tar", "-cf", payload / "update.tar", "-C", from / "src", "."}}, file("log"));
        auto const script = payload / "ArtifactInstall_Leave_00";
        write_text(script, with == closure::fails ? "#!/bin/sh\nfalse\n" : "#!/bin/sh\ntrue\n");
        run_tool({{builder_, "write", "module-image", "--type", "directory", "--artifact-name",
                   std::string(version), "--device-type", "bench", "--file", payload / "update.tar", "--file",
                   payload / "dest_dir", "--script", script, "--compression", "none", "--output-path", made}},
                 file("log"));
        return made;
    }

    std::string program_;
    std::string builder_;
    file_set const& files_;
};

}  // namespace

std::unique_ptr<applier> make_mender(file_set const& of) { return std::make_unique<mender>(of); }

}  // namespace bench
