// The tools that install a set of files, in the same tables.
#pragma once

#include "pool/file_set.hpp"
#include "pool/tool_run.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// The command that is to prove that the new files work.
enum class closure { none, passes, fails };

/// A tool that has installed the old version of a set.
class applier {
public:
    virtual ~applier() = default;
    /// All that the tool keeps is again as it was when it had installed the old version. The files are not its part.
    virtual void reset() = 0;
    /// Prepares what the tool needs, and returns the command that brings the files to their new version.
    virtual tool_command apply(closure with) = 0;
    /// The tool's own command for what a kill has left; none if it has no such command.
    virtual std::optional<tool_command> recovery() = 0;
};

/// A name for the report, and a function that makes the tool. The function throws peer_missing if it is not there.
struct applier_entry {
    std::string_view name;
    std::function<std::unique_ptr<applier>(file_set const&)> make;
    std::string_view recovery{};     ///< what its recovery is called; empty: it has none
    closure with = closure::passes;  ///< of its runs that succeed
    /// With more than `most_files` it takes hours; of the runs and kills of the others it takes part in one of `one_of`.
    std::size_t most_files = 10'000;
    int one_of = 1;
};

/// `hotswap apply`; `is_synced`: it waits for the disk, as it does for its users.
std::unique_ptr<applier> make_hotswap_apply(file_set const& of, bool is_synced);

/// A playbook of ansible-core with block and rescue.
enum class ansible_copy {
    each_file,  ///< the module copy, file by file, from the machine of the playbook
    directory,  ///< the same with remote_src: one directory on the managed machine, as a whole
};
std::unique_ptr<applier> make_ansible(file_set const& of, ansible_copy how);

/// `dpkg -i` of a package with the files; its own root and its own database.
std::unique_ptr<applier> make_dpkg(file_set const& of);

/// `mender install` and `mender commit` of an artifact for the update module `directory`.
std::unique_ptr<applier> make_mender(file_set const& of);

}  // namespace bench
