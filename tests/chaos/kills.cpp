// Kills a host that swaps and writes checkpoints in a loop, at random instants; each time the next host must
// recover the last kept set, or the set in progress, completely.
#include "demo/gateway_process.hpp"
#include "findings.hpp"
#include "modes.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <thread>

namespace chaos {

namespace fs = std::filesystem;

namespace {

/// "2.0.0 17": a release, and its sum.
using set = std::string;

class killed_host {
public:
    explicit killed_host(wanted const& how) : random_(how.seed), kills_(how.kills) {}

    bool run() {
        first();
        for (unsigned i = 0; i != kills_; ++i) {
            once();
            if (i % 50 == 49) {
                fmt::print("{} of {} kills, {} operations, {} findings\n", i + 1, kills_, kept_,
                           found_.count());
                std::fflush(stdout);
            }
        }
        look_at_the_end();
        fmt::print(
            "{} kill -9: {} before the host was up, {} between operations, {} in one, of which {} came back "
            "with the old "
            "set\nand {} with the new; {} operations were told to be kept\n",
            kills_, while_starting_, between_, old_ + new_, old_, new_, kept_);
        return found_.tell();
    }

private:
    /// Makes the first set, before any kill.
    void first() {
        gateway::gateway_process host(CHAOS_DURABLE_HOST, words());
        found_.expect(host.wait_for_output("kept"), "a host starts on an empty store: {}", host.output());
        host.signal(SIGKILL);
        host.wait();
        host.wait_for_output("\nnever written\n");
        expected_ = {"1.0.0 0", ""};
        read(host.output());
    }

    std::vector<std::string> words() {
        return {scratch_.path(), "loop", std::to_string(random_.below(1U << 30)), CHAOS_FIXTURES};
    }

    void once() {
        gateway::gateway_process host(CHAOS_DURABLE_HOST, words());
        bool const while_starting = random_.one_in(8);
        if (!while_starting) host.wait_for_output("\n");
        // Also on a slow machine some hosts are killed after they have kept a few sets.
        if (random_.one_in(2)) wait_for_kept(host, random_.below(6));
        // Over some orders of magnitude: in the first microseconds and after many operations.
        auto const most = std::chrono::microseconds(100) * (1U << random_.below(12));
        auto const instant = std::chrono::nanoseconds(most) * random_.below(1000) / 1000;
        std::this_thread::sleep_for(instant);
        host.signal(SIGKILL);
        found_.expect(host.wait() == 128 + SIGKILL, "the host runs until it is killed: {}", host.output());
        host.wait_for_output("\nnever written\n");
        read(host.output());
    }

    static void wait_for_kept(gateway::gateway_process& host, std::size_t count) {
        auto const kept = [&] {
            auto const said = host.output();
            std::size_t lines = 0;
            for (auto at = said.find("kept "); at != said.npos; at = said.find("kept ", at + 1)) ++lines;
            return lines;
        };
        auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        while (kept() < count && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }

    /// Reads the host's output up to its end.
    void read(std::string const& said) {
        bool up = false;
        std::istringstream lines(said);
        for (std::string line; std::getline(lines, line);) {
            if (lines.eof()) break;  // cut short
            auto const space = line.find(' ');
            auto const what = line.substr(0, space);
            auto const which = line.substr(space + 1);
            if (what == "back") {
                up = true;
                came_back(which);
            } else if (what == "begin") {
                expected_.being_made = which;
            } else if (what == "kept") {
                ++kept_;
                found_.expect(which == expected_.being_made,
                              "an operation does what was asked for: {}, not {}", expected_.being_made,
                              which);
                expected_ = {which, ""};
            } else {
                found_.add(line);
            }
        }
        if (!up) ++while_starting_;
        if (up && expected_.being_made.empty()) ++between_;
    }

    void came_back(set const& which) {
        bool const is_old = which == expected_.kept;
        bool const is_new = !expected_.being_made.empty() && which == expected_.being_made;
        found_.expect(is_old || is_new, "a host comes back with \"{}\" or \"{}\", not with \"{}\"",
                      expected_.kept, expected_.being_made, which);
        if (!expected_.being_made.empty()) is_old ? ++old_ : ++new_;
        expected_ = {is_old ? expected_.kept : which, ""};
    }

    /// After a host that was not killed nothing remains, neither in the store nor in the staging directory.
    void look_at_the_end() {
        gateway::gateway_process host(CHAOS_DURABLE_HOST, {scratch_.path(), "look"});
        host.wait_for_output("\nnever written\n");
        found_.expect(host.wait() == 0, "a last host comes up: {}", host.output());
        std::size_t files = 0;
        for (auto const& each : fs::recursive_directory_iterator(scratch_.path())) {
            if (!each.is_regular_file()) continue;
            ++files;
            auto const name = each.path().filename().string();
            found_.expect(!name.starts_with(".new-"), "what was being written is swept: {}",
                          each.path().string());
        }
        // lock, journal, two manifests, modules and snapshots of two sets, and those for a revert.
        found_.expect(files <= 15, "store and staging directory do not grow: {} files", files);
    }

    struct {
        set kept;
        set being_made;
    } expected_;

    gateway::scratch_directory scratch_;
    dice random_;
    unsigned kills_;
    findings found_;
    unsigned while_starting_ = 0;
    unsigned between_ = 0;
    unsigned old_ = 0;
    unsigned new_ = 0;
    std::uint64_t kept_ = 0;
};

}  // namespace

bool run_kills(wanted const& how) { return killed_host(how).run(); }

}  // namespace chaos
