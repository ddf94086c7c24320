// dpkg -i: a package whose postinst is the closure. Its root, its database and its log are in our directory.
#include "harness/contestant.hpp"
#include "harness/server_process.hpp"
#include "pool/applier.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace bench {

namespace {

namespace fs = std::filesystem;

class dpkg final : public applier {
public:
    explicit dpkg(file_set const& of)
        : program_(installed_program("dpkg", "dpkg")),
          builder_(installed_program("dpkg-deb", "dpkg")),
          files_(of) {
        if (::geteuid() != 0) throw peer_missing("MISSING: dpkg -i needs root");
        fs::create_directories(database() / "info");
        fs::create_directories(database() / "updates");
        write_text(database() / "status", "");
        write_text(database() / "available", "");
        run_tool(command({"-i", package("1", files_.old_version(), closure::passes)}), file("log"));
        replace_directory(database(), file("database.applied"));
    }

    void reset() override { replace_directory(file("database.applied"), database()); }

    tool_command apply(closure with) override {
        return command(
            {"-i", package(with == closure::fails ? "2~failing" : "2", files_.new_version(), with)});
    }

    std::optional<tool_command> recovery() override { return command({"--configure", "-a"}); }

private:
    fs::path file(std::string_view name) const { return files_.site() / fmt::format("dpkg.{}", name); }
    fs::path database() const { return file("database"); }

    tool_command command(std::vector<std::string> const& order) const {
        tool_command made{
            {program_, "--root=" + files_.root().native(), "--admindir=" + database().native(),
             "--log=" + file("dpkg.log").native(), "--force-script-chrootless",
             // Images of containers switch its fsync off; what is measured is dpkg as users of machines have it.
             "--no-force-unsafe-io"}};
        made.words.insert(made.words.end(), order.begin(), order.end());
        return made;
    }

    // Not compressed, so that its size is not a part of the time.
    std::string package(std::string_view version, fs::path const& from, closure with) const {
        auto const made = file(fmt::format("{}.deb", version));
        if (fs::exists(made)) return made;
        auto const tree = file("tree");
        fs::remove_all(tree);
        fs::create_directories(tree / "DEBIAN");
        write_text(tree / "DEBIAN" / "control",
                   fmt::format("Package: bench-pool\nVersion: {}\nArchitecture: all\nMaintainer: bench "
                               "<bench@example.org>\nDescription: files of a benchmark\n",
                               version));
        auto const postinst = tree / "DEBIAN" / "postinst";
        write_text(postinst, with == closure::fails ? "#!/bin/sh\nfalse\n" : "#!/bin/sh\ntrue\n");
        fs::permissions(postinst, fs::perms{0755});
        fs::copy(from / "src", tree / "srv", fs::copy_options::recursive);
        run_tool({{builder_, "--root-owner-group", "-Znone", "--build", tree, made}}, file("log"));
        fs::remove_all(tree);
        return made;
    }

    std::string program_;
    std::string builder_;
    file_set const& files_;
};

}  // namespace

std::unique_ptr<applier> make_dpkg(file_set const& of) { return std::make_unique<dpkg>(of); }

}  // namespace bench
