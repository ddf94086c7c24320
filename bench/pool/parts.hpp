// The parts of `--pools`. Each prints its table; what lasts says on stderr how far it is.
#pragma once

#include "pool/applier.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// hotswap first, then the peers.
std::vector<applier_entry> const& pool_contestants();

/// A tool with a set of its own, or why it is missing.
struct pool_contestant {
    applier_entry who;
    std::unique_ptr<file_set> files{};
    std::unique_ptr<applier> tool{};
    std::string missing{};

    std::filesystem::path log() const { return files->site() / "log"; }
    /// The old files are there, and the tool has installed them.
    void reset() const;
    /// The command that applies the new ones; all that it reads is on disk.
    tool_command prepare(closure with) const;
    /// Applies the new files, and waits for the end.
    /// Errors:   std::runtime_error with what the tool said if it fails, or if not all files are new.
    double apply() const;
};

/// The contestants that can have so many files, each in a directory of its own below `in`.
std::vector<pool_contestant> admit(std::vector<applier_entry> const& all, std::filesystem::path const& in,
                                   std::size_t files);

/// The line of a contestant that is missing.
void print_missing(pool_contestant const& of);

/// Says on stderr how far a step is, at most every ten seconds.
void say_progress(std::string_view step, int done, int all);

/// The times of runs that succeed, by the number of files. Returns whether the goals were reached.
bool measure_apply_times(std::filesystem::path const& in, bool quick);

/// What is there when the closure has failed.
void measure_failing_closures(std::filesystem::path const& in, bool quick);

/// What is there after a kill at a random instant, and after the tool's recovery. Returns whether hotswap's sets were all old
/// or all new after its own.
bool measure_kills(std::filesystem::path const& in, int kills);

}  // namespace bench
