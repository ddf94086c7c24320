// Enumerated crash states: all calls of a run of `hotswap apply` are recorded, and after each of them every legal state of the disk after a
// power failure is made, recovered and judged. Kills of a process (crashes.cpp) lose nothing of what it had called; these do.
#include "control/audit_log.hpp"
#include "pool/fixture.hpp"
#include "pool/recorded_run.hpp"
#include "pool/source_tree.hpp"

#include <fmt/ranges.h>

#include <sys/syscall.h>

using namespace hotswap_test;

namespace {

// A recovery of a state is not interrupted again: without waiting for the disk, thousands fit into a test.
bool leaves_out_syncs = false;

struct without_syncs {
    without_syncs() { leaves_out_syncs = true; }
    ~without_syncs() { leaves_out_syncs = false; }
    without_syncs(without_syncs const&) = delete;
    without_syncs& operator=(without_syncs const&) = delete;
};

disk_tree below(disk_tree const& all, std::string const& directory) {
    disk_tree made;
    for (auto const& [path, entry] : all)
        if (path.starts_with(directory + "/")) made.emplace(path, entry);
    return made;
}

/// Replaces two files and a link, makes one file where the directory is, and one where it is not.
struct crash_scene : pools {
    explicit crash_scene(std::string const& closure) : memory(root) {
        fs::create_directories(www("."));
        for (auto const& each : names) source(each, "the new text of " + each + "\n");
        there("f0", "old 0\n");
        there("f1", "old 1\n");
        fs::create_symlink("f0", www("f4"));
        one_pool(names, closure);
        fs::create_directories(scratch.root / "empty" / "src");
        std::ofstream(scratch.root / "empty/index.json") << no_pools;
    }

    /// Records `hotswap apply`, and takes the files before and after it as the two versions.
    void record() {
        run = record_command(root, scratch.root, {"apply", hotfix().native(), "--state", state().native()});
        INFO(run.said);
        REQUIRE((run.code == 0 || run.code == 3));
        durable = run.before;
        versions = {below(run.before, "www"), below(run.after, "www")};
        ended = versions.back();
    }

    /// Takes the recorded run as killed after its first calls, of which not all need be durable, and records the run that follows.
    void record_next_after(std::size_t calls) {
        auto const before = durable;
        auto const old = versions.front();
        run.calls.resize(calls);
        killed = run.calls;
        put_tree(disk_before_run({}).seen(), root);
        record();
        durable = before;
        versions.front() = old;
    }

    disk_model disk_before_run(obeyed_syncs obeyed) const {
        disk_model made(durable, obeyed);
        for (auto const& each : killed) made.add(each);
        return made;
    }

    /// The number of calls up to the rename to this name; `nth`: of several such.
    std::size_t calls_up_to_rename(std::string const& to, int nth = 1) const {
        for (std::size_t i = 0; i != run.calls.size(); ++i)
            if (run.calls[i].what == "rename" && run.calls[i].more.at(0) == to && --nth == 0) return i + 1;
        throw std::runtime_error("nothing is renamed to " + to);
    }

    /// Empty, or what is wrong after a recovery from this state. `has_ended`: the run had, so nothing of it may be lost.
    std::string fault_after(disk_tree const& state_of_disk, bool has_ended) const {
        without_syncs const quick;
        put_tree(state_of_disk, root);
        auto const recovered = hotswap::apply_pools(scratch.root / "empty", options());
        if (recovered.has_error()) return "the recovery fails: " + recovered.error().message;
        auto const all = tree_at(root);
        auto const files = below(all, "www");
        if (has_ended && files != ended) return "what had ended is lost: " + difference(ended, files);
        if (std::ranges::find(versions, files) == versions.end())
            return "neither old nor new: " + difference(versions.front(), files);
        if (!below(all, "state/transactions").empty()) return "a transaction is left";
        if (has_ended && all.at(records) != run.after.at(records)) return "the record is lost";
        if (files == ended && !kept_text.empty() && !keeps(all)) return "the kept copy is lost";
        auto const listed = hotswap::list_pools(state());
        if (listed.has_error()) return "the records: " + listed.error().message;
        if (auto const fault = fault_of_versions(); !fault.empty()) return fault;
        hotswap::detail::audit_log audit(state() / "audit.jsonl", 1 << 20);
        if (auto const opened = audit.open(); !opened) return "the audit: " + opened.error().message;
        return fault_of_next_run();
    }

    struct asked {
        chosen_states chosen{};
        obeyed_syncs obeyed{};
        bool only_before_syncs = false;  ///< where most is lost; else after each call
        std::size_t enough = ~std::size_t{0};
    };
    struct verdict {
        std::size_t states = 0;
        std::size_t bad = 0;
        std::string first_fault{};
    };
    /// Recovers from each state that a power failure during the recorded run may leave, but from none that was judged before.
    verdict judge(asked const& of) {
        verdict made;
        auto disk = disk_before_run(of.obeyed);
        for (std::size_t i = 0; i <= run.calls.size(); ++i) {
            if (i != 0) disk.add(run.calls[i - 1]);
            bool const has_ended = i == run.calls.size();
            if (of.only_before_syncs && !has_ended && !run.calls[i].what.starts_with("sync")) continue;
            for (auto const& each : disk.after_power_failure(of.chosen)) {
                if (!judged.insert(key_of(each, has_ended)).second) continue;
                ++made.states;
                auto const fault = fault_after(each, has_ended);
                if (fault.empty()) continue;
                if (made.bad++ == 0) made.first_fault = words_of(i) + fault;
                if (made.bad == of.enough) return made;
            }
        }
        return made;
    }

    inline static std::vector<std::string> const names{"f0", "f1", "f2", "made/deep/f3", "f4"};
    inline static std::string const records = "state/pools.json";
    static constexpr char const* no_pools = R"({"metadata": {"schema_version": "0"}, "pools": []})";
    in_memory memory;
    pools scratch;
    recorded_run run;
    disk_tree durable;                ///< what was on disk before all calls
    std::vector<file_call> killed;    ///< the calls of a killed run before the recorded one
    std::vector<disk_tree> versions;  ///< of the files: of before, and of after
    disk_tree ended;                  ///< the files after a run that ended
    std::string kept_text;            ///< if the files are as after the run, there is a copy with this text
    std::set<std::string> judged;     ///< states

private:
    /// A manifest that is listed is whole.
    std::string fault_of_versions() const {
        auto const kept = hotswap::list_pool_versions(state());
        if (kept.has_error()) return "the versions: " + kept.error().message;
        for (auto const& each : kept.value()) {
            auto const tree = hotswap::detail::read_tree(state() / "versions" / each.digest);
            if (!tree || hotswap::detail::digest_of_tree(*tree) != each.digest)
                return "the version " + each.digest + " is not whole";
        }
        return {};
    }
    std::string fault_of_next_run() const {
        auto const next = hotswap::apply_pools(hotfix(), options());
        if (next.has_error()) return "the next run fails: " + next.error().message;
        auto const all = tree_at(root);
        auto const files = below(all, "www");
        if (files != ended)
            return "the next run leaves: " + difference(ended, files) + next.value().pools.at(0).reason;
        for (auto const& [path, entry] : below(all, "state"))
            if (path != "state/lock" && path != records && path != "state/transactions" &&
                !path.starts_with("state/kept") && !path.starts_with("state/versions") &&
                path != "state/audit.jsonl")
                return path + " is left";
        return {};
    }
    bool keeps(disk_tree const& all) const {
        return std::ranges::any_of(below(all, "state/kept"),
                                   [this](auto const& each) { return each.second.content == kept_text; });
    }
    static std::string key_of(disk_tree const& tree, bool has_ended) {
        std::string key = has_ended ? "ended" : "";
        for (auto const& [path, entry] : tree)
            key += fmt::format("{}\t{}\t{}\n", path, static_cast<int>(entry.kind), entry.content);
        return key;
    }
    std::string words_of(std::size_t calls) const {
        if (calls == 0) return "before all calls: ";
        auto const& last = run.calls[calls - 1];
        return fmt::format("after call {}, {} {} {}: ", calls, last.what, last.path,
                           last.more.empty() ? "" : last.more.front());
    }
};

std::size_t expect_no_fault(crash_scene& at, crash_scene::asked const& of = {}) {
    auto disk = at.disk_before_run({});
    for (auto const& each : at.run.calls) disk.add(each);
    // Otherwise the recorder has missed a call.
    REQUIRE(difference(at.run.after, disk.seen()) == "");
    auto const made = at.judge(of);
    MESSAGE(fmt::format("{} calls, {} states", at.run.calls.size(), made.states));
    CHECK_MESSAGE(made.bad == 0, made.first_fault);
    return made.states;
}

constexpr chosen_states fewer{.all = 64, .pairs = false, .sample = 8};
constexpr char const* passes = R"([{"exists": "/"}])";

}  // namespace

extern "C" {
int fsync(int file) { return leaves_out_syncs ? 0 : static_cast<int>(::syscall(SYS_fsync, file)); }
int syncfs(int file) noexcept { return leaves_out_syncs ? 0 : static_cast<int>(::syscall(SYS_syncfs, file)); }
}

TEST_CASE("pools: after a power failure at any instant of the first run the files are all old or all new") {
    crash_scene at(passes);
    at.record();
    CHECK(expect_no_fault(at) > 500);
}

TEST_CASE("pools: after a power failure at any instant of a run whose closure fails the files are all old") {
    crash_scene at(R"(["false"])");
    at.record();
    CHECK(at.run.code == 3);
    CHECK(at.versions.front() == at.versions.back());
    CHECK(expect_no_fault(at, {.chosen = fewer}) > 300);
}

TEST_CASE(
    "pools: after a power failure at any instant of a second run the files are all old or all new, and what "
    "others have written is kept") {
    crash_scene at(passes);
    CHECK(at.apply_one().outcome == pool_outcome::applied);
    at.there("f1", "what others have written\n");
    at.kept_text = "what others have written\n";
    for (auto const& each : at.names) at.source(each, "the newer text of " + each + "\n");
    at.record();
    CHECK(expect_no_fault(at) > 500);
}

TEST_CASE(
    "pools: after a kill, and a power failure at any instant of the next run, the files are all old or all "
    "new") {
    struct {
        std::string last_rename;
        int nth;
    } const kills[] = {{"state/transactions/1", 1},
                       {"state/transactions/1/touched", 1},
                       {"www/f2", 1},
                       {"state/pools.json", 2},
                       {"state/transactions/1.gone", 1}};
    std::size_t states = 0;
    for (auto const& each : kills) {
        CAPTURE(each.last_rename);
        crash_scene at(passes);
        at.record();
        at.record_next_after(at.calls_up_to_rename(each.last_rename, each.nth));
        states += expect_no_fault(at, {.chosen = fewer});
    }
    CHECK(states > 1000);
}

TEST_CASE(
    "pools: after a power failure in a pool of many files, which are synced as a whole, they are all old or "
    "all new") {
    crash_scene at(passes);
    auto names = at.names;
    for (int i = 0; i != 32; ++i) {
        names.push_back("g" + std::to_string(i));
        at.source(names.back(), "new");
        at.there(names.back(), "old");
    }
    at.one_pool(names, passes);
    at.record();
    CHECK(std::ranges::count(at.run.calls, "sync_all", &file_call::what) == 4);
    CHECK(expect_no_fault(at, {.chosen = {.pairs = false, .sample = 8}, .only_before_syncs = true}) > 100);
}

TEST_CASE(
    "pools: a run without any one of its syncs, but three, is found to do harm, so this test can fail") {
    crash_scene at(passes);
    at.record();
    CHECK(expect_no_fault(at, {.chosen = fewer}) > 300);
    auto const all = at.run.calls;
    std::vector<std::string> harmless;
    for (std::size_t i = 0; i != all.size(); ++i) {
        // A version is synced as a whole before it gets its name; what else is synced in it, and the audit, is of no run.
        bool const is_of_run = all[i].path != "state/audit.jsonl" &&
                               (all[i].what == "sync_all" || !all[i].path.starts_with("state/versions"));
        if (!all[i].what.starts_with("sync") || !is_of_run) continue;
        at.run.calls = all;
        at.run.calls.erase(at.run.calls.begin() + static_cast<std::ptrdiff_t>(i));
        if (at.judge({.chosen = fewer, .enough = 1}).bad == 0) harmless.push_back(all[i].path);
    }
    // A number that was never used may be used again; the mark is a file without content; and the name of the last record is synced once
    // more with the version that is kept.
    CHECK(fmt::format("{}", fmt::join(harmless, " ")) == "state state/transactions/1/touched.new state");
}

TEST_CASE("pools: if no sync counts, or none of files or of directories, a power failure does harm") {
    crash_scene at(passes);
    at.record();
    for (obeyed_syncs const obeyed :
         {obeyed_syncs{false, false}, obeyed_syncs{false, true}, obeyed_syncs{true, false}}) {
        CAPTURE(obeyed.of_files);
        CAPTURE(obeyed.of_directories);
        at.judged.clear();
        CHECK(at.judge({.obeyed = obeyed, .enough = 1}).bad == 1);
    }
}
