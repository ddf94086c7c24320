// Enumerated crash states: all calls of a run of `hotswap apply` are recorded, and after each of them every legal state of the disk after a
// power failure is made, recovered and judged. Kills of a process (crashes.cpp) lose nothing of what it had called; these do.
#include "pool/fixture.hpp"
#include "pool/recorded_run.hpp"

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
        versions = {below(run.before, "www"), below(run.after, "www")};
        ended = versions.back();
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
        if (files == ended && !kept_text.empty() && !keeps(all)) return "the kept copy is lost";
        auto const listed = hotswap::list_pools(state());
        return listed.has_error() ? "the records: " + listed.error().message : fault_of_next_run();
    }

    /// Adds the states after each call of the recorded run.
    struct verdict {
        std::size_t states = 0;
        std::size_t bad = 0;
        std::string first_fault{};
    };
    verdict judge(chosen_states const& chosen, obeyed_syncs obeyed = {},
                  std::size_t enough = ~std::size_t{0}) const {
        verdict made;
        std::set<std::string> seen;
        disk_model disk(run.before, obeyed);
        for (std::size_t i = 0; i <= run.calls.size() && made.bad < enough; ++i) {
            if (i != 0) disk.add(run.calls[i - 1]);
            bool const has_ended = i == run.calls.size();
            for (auto const& each : disk.after_power_failure(chosen)) {
                if (made.bad >= enough) break;
                if (!seen.insert(key_of(each, has_ended)).second) continue;
                ++made.states;
                auto const fault = fault_after(each, has_ended);
                if (fault.empty()) continue;
                if (made.bad++ == 0) made.first_fault = words_of(i) + fault;
            }
        }
        return made;
    }

    inline static std::vector<std::string> const names{"f0", "f1", "f2", "made/deep/f3", "f4"};
    static constexpr char const* no_pools = R"({"metadata": {"schema_version": "0"}, "pools": []})";
    in_memory memory;
    pools scratch;
    recorded_run run;
    std::vector<disk_tree> versions;  ///< of the files: of before, and of after
    disk_tree ended;                  ///< the files after a run that ended
    std::string kept_text;            ///< if the files are as after the run, there is a copy with this text

private:
    std::string fault_of_next_run() const {
        auto const next = hotswap::apply_pools(hotfix(), options());
        if (next.has_error()) return "the next run fails: " + next.error().message;
        auto const all = tree_at(root);
        auto const files = below(all, "www");
        if (files != ended)
            return "the next run leaves: " + difference(ended, files) + next.value().pools.at(0).reason;
        for (auto const& [path, entry] : below(all, "state"))
            if (path != "state/lock" && path != "state/pools.json" && path != "state/transactions" &&
                !path.starts_with("state/kept"))
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

void expect_no_fault(crash_scene const& at, chosen_states const& chosen, std::size_t least) {
    disk_model disk(at.run.before);
    for (auto const& each : at.run.calls) disk.add(each);
    // Otherwise the recorder has missed a call.
    REQUIRE(difference(at.run.after, disk.seen()) == "");
    auto const made = at.judge(chosen);
    MESSAGE(fmt::format("{} calls, {} states, {} bad", at.run.calls.size(), made.states, made.bad));
    CHECK_MESSAGE(made.bad == 0, made.first_fault);
    CHECK(made.states > least);
}

constexpr char const* passes = R"([{"exists": "/"}])";

}  // namespace

extern "C" {
int fsync(int file) { return leaves_out_syncs ? 0 : static_cast<int>(::syscall(SYS_fsync, file)); }
int syncfs(int file) noexcept { return leaves_out_syncs ? 0 : static_cast<int>(::syscall(SYS_syncfs, file)); }
}

TEST_CASE("pools: after a power failure at any instant of the first run the files are all old or all new") {
    crash_scene at(passes);
    at.record();
    expect_no_fault(at, {}, 500);
}

TEST_CASE("pools: after a power failure at any instant of a run whose closure fails the files are all old") {
    crash_scene at(R"(["false"])");
    at.record();
    CHECK(at.run.code == 3);
    CHECK(at.versions.front() == at.versions.back());
    expect_no_fault(at, {}, 500);
}

TEST_CASE(
    "pools: after a power failure at any instant of a second run the files are all old or all new, and a "
    "file "
    "of others is kept") {
    crash_scene at(passes);
    CHECK(at.apply_one().outcome == pool_outcome::applied);
    at.there("f1", "what others have written\n");
    at.kept_text = "what others have written\n";
    for (auto const& each : at.names) at.source(each, "the newer text of " + each + "\n");
    at.record();
    expect_no_fault(at, {}, 500);
}

TEST_CASE("pools: after a power failure at any instant of a recovery the files are all old or all new") {
    crash_scene at(passes);
    at.record();
    auto const old = at.versions.front();
    auto const is_third_rename = [renames = 0](file_call const& each) mutable {
        return each.what == "rename" && each.path.starts_with("www/") && ++renames == 3;
    };
    disk_model disk(at.run.before);
    auto const end = std::ranges::find_if(at.run.calls, is_third_rename);
    REQUIRE(end != at.run.calls.end());
    std::for_each(at.run.calls.begin(), end + 1, [&disk](file_call const& each) { disk.add(each); });
    put_tree(disk.seen(), at.root);
    at.record();
    at.versions.front() = old;
    expect_no_fault(at, {}, 500);
}

TEST_CASE(
    "pools: a run that would leave out its syncs is found to lose files, so the test of crash states can "
    "fail") {
    crash_scene at(passes);
    at.record();
    for (obeyed_syncs const obeyed :
         {obeyed_syncs{false, false}, obeyed_syncs{false, true}, obeyed_syncs{true, false}}) {
        CAPTURE(obeyed.of_files);
        CAPTURE(obeyed.of_directories);
        auto const made = at.judge({}, obeyed, 1);
        CHECK(made.bad == 1);
        MESSAGE(made.first_fault);
    }
}
