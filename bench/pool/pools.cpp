#include "harness/contestant.hpp"
#include "harness/measurements.hpp"
#include "harness/scratch.hpp"
#include "pool/parts.hpp"

#include <fmt/format.h>

#include <sys/vfs.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>

namespace bench {

namespace {

namespace fs = std::filesystem;

// Its files outlive a restart, so that they are not in memory, as those of /tmp may be.
constexpr char on_disk[] = "/var/tmp";
constexpr long tmpfs = 0x01021994;

constexpr char notes[] =
    "  (¹ waits for the disk before a file takes its name, and for its database of packages. ² does not wait "
    "for the\n"
    "   disk. ³ the module copy with remote_src: one call for all files, each written in its place. ⁴ the "
    "module copy:\n"
    "   a call for each file, which is then renamed.\n"
    "   Not promised by\n"
    "     hotswap   that files are of one version before the next `hotswap apply` has run its recovery\n"
    "     dpkg      that a package whose postinst fails, or that is cut off while it is unpacked, goes back "
    "to the old\n"
    "               files; nor anything across packages\n"
    "     Mender    that an installation by the command, without the daemon, is found again if it is cut "
    "off; nor that\n"
    "               the module waits for the disk\n"
    "     Ansible   anything after a run that is cut off. To run the playbook again is no recovery: it goes "
    "forward,\n"
    "               and makes its copy of the old files of those that it finds)\n";

}  // namespace

std::vector<applier_entry> const& pool_contestants() {
    static std::vector<applier_entry> const all{
        {.name = "hotswap apply",
         .make = [](auto const& of) { return make_hotswap_apply(of, true); },
         .recovery = "the next hotswap apply"},
        {.name = "dpkg -i ¹", .make = make_dpkg, .recovery = "dpkg --configure -a"},
        {.name = "mender install, commit ²", .make = make_mender, .recovery = "mender rollback"},
        {.name = "Ansible, a directory ³",
         .make = [](auto const& of) { return make_ansible(of, ansible_copy::directory); }},
        {.name = "Ansible, file by file ⁴",
         .make = [](auto const& of) { return make_ansible(of, ansible_copy::each_file); },
         .most_files = 100,
         .one_of = 10},
    };
    return all;
}

void pool_contestant::reset() const {
    files->put_old();
    tool->reset();
    fs::remove(log());
}

tool_command pool_contestant::prepare(closure with) const {
    auto command = tool->apply(with);
    settle(files->site());
    return command;
}

double pool_contestant::apply() const {
    auto const end = tool_run(prepare(who.with), log()).wait();
    if (end.status != 0 || files->look() != set_content::all_new)
        throw std::runtime_error(
            fmt::format("{} ended with status {}: {}", who.name, end.status, read_text(log())));
    return end.took;
}

std::vector<pool_contestant> admit(std::vector<applier_entry> const& all, fs::path const& in,
                                   std::size_t files) {
    std::vector<pool_contestant> made;
    for (auto const& each : all) {
        if (files > each.most_files) continue;
        auto& one = made.emplace_back(pool_contestant{.who = each});
        one.files = std::make_unique<file_set>(in / fmt::format("{}", made.size()), files);
        try {
            one.tool = each.make(*one.files);
        } catch (peer_missing const& e) {
            one.missing = e.what();
        }
    }
    return made;
}

void print_missing(pool_contestant const& of) { fmt::print("  {:<34} {}\n", of.who.name, of.missing); }

void say_progress(std::string_view step, int done, int all) {
    using clock = std::chrono::steady_clock;
    static auto said = clock::now();
    if (clock::now() - said < std::chrono::seconds(10)) return;
    said = clock::now();
    fmt::print(stderr, "  … {}: {} of {}\n", step, done, all);
}

bool measure_pools(bool quick, int kills) {
    tool_supervision const over_all;
    scratch const directory(on_disk);
    struct ::statfs about {};
    if (::statfs(on_disk, &about) == 0 && about.f_type == tmpfs)
        fmt::print(
            "\n{} is in memory here: to wait for the disk costs nothing, and the times are too short\n",
            on_disk);
    bool const in_time = measure_apply_times(directory.path(), quick);
    std::fflush(stdout);
    measure_failing_closures(directory.path(), quick);
    std::fflush(stdout);
    bool const never_mixed = measure_kills(directory.path(), kills);
    fmt::print("{}", notes);
    return in_time && never_mixed;
}

}  // namespace bench
