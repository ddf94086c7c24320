#include "growth.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <string>

namespace chaos {

namespace fs = std::filesystem;

namespace {

std::size_t count_in(fs::path const& directory) {
    std::error_code error;
    std::size_t count = 0;
    for (fs::directory_iterator each(directory, error), end; !error && each != end; each.increment(error))
        ++count;
    return count;
}

std::size_t number_after(std::string const& line, std::string_view name) {
    return line.starts_with(name) ? std::stoul(line.substr(line.find_first_of("0123456789"))) : 0;
}

std::size_t children_in_state_z(pid_t process) {
    std::size_t count = 0;
    std::error_code error;
    for (auto const& each : fs::directory_iterator("/proc", error)) {
        std::ifstream file(each.path() / "stat");
        std::string line;
        if (!std::getline(file, line)) continue;
        auto const state = line.rfind(") ");
        if (state == line.npos || line[state + 2] != 'Z') continue;
        if (std::stol(line.substr(state + 4)) == process) ++count;
    }
    return count;
}

}  // namespace

footprint footprint_of(pid_t process, fs::path const& staging) {
    footprint now;
    auto const proc = fs::path("/proc") / std::to_string(process);
    now.descriptors = count_in(proc / "fd");
    std::ifstream status(proc / "status");
    for (std::string line; std::getline(status, line);) {
        now.threads += number_after(line, "Threads:");
        now.resident_kb += number_after(line, "VmRSS:");
    }
    std::set<std::string> mapped;
    std::ifstream maps(proc / "maps");
    for (std::string line; std::getline(maps, line);)
        if (auto const at = line.find(staging.native()); at != line.npos) mapped.insert(line.substr(at));
    now.modules = mapped.size();
    std::error_code error;
    for (fs::recursive_directory_iterator each(staging, error), end; !error && each != end;
         each.increment(error))
        if (each->path().extension() == ".so") ++now.staged;
    now.zombies = children_in_state_z(process);
    return now;
}

void expect_no_growth(footprint const& before, footprint const& after, allowance const& allowed,
                      std::string_view of, findings& found) {
    auto const bounded = [&](char const* what, std::size_t was, std::size_t is, std::size_t more) {
        found.expect(is <= was + more, "{} does not grow: {} were {}, are {}, at most {} more may be", of,
                     what, was, is, more);
    };
    // A temporary caller, and this check, need a few descriptors; one descriptor holds each staged file.
    bounded("descriptors", before.descriptors - std::min(before.descriptors, before.staged),
            after.descriptors - std::min(after.descriptors, after.staged), 4);
    bounded("threads", before.threads, after.threads, allowed.threads);
    bounded("mapped modules", before.modules, after.modules, allowed.modules);
    // The store keeps the file of the generation before for a revert.
    bounded("staged files", before.staged, after.staged, allowed.modules + 3);
    bounded("zombies", 0, after.zombies, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // these sanitizers keep freed memory
    bounded("KB of memory", before.resident_kb, after.resident_kb,
            allowed.resident_kb + before.resident_kb / 2);
#endif
}

}  // namespace chaos
