// The running module, as passed to the helper: the new module is rehearsed next to it.
#pragma once

#include "module/staging_area.hpp"
#include "rehearsal/helper_process.hpp"
#include "rehearsal/helper_report.hpp"
#include "rehearsal/rehearsal_wire.hpp"
#include "slot/slot.hpp"

#include <hotswap/failure.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hotswap::detail {

/// One run of the helper.
struct helper_run {
    helper_report told;
    helper_ending how;
};

/// In the host the new module is loaded and constructed while the running one is in place. The running module
/// has proven itself in the host: if it fails in the helper, which has less than the host, the new one is
/// rehearsed next to a smaller part of it.
class running_copy {
public:
    /// Effects:  a private copy that was removed meanwhile is made again, for this object's lifetime.
    running_copy(slot const& slot, staging_area& area);

    /// Records that there is no state to construct an instance on.
    void has_no_state(std::string why);
    /// Runs the helper, by `run` with the words of its command line, until it ends with a report on the next
    /// module, at `next`.
    /// Effects:  if the running module could not be destroyed, runs it alone, to find out which of the two is
    ///           at fault.
    /// Errors:   those of `run`.
    result<helper_run> try_next_to_it(
        std::filesystem::path const& next,
        std::function<result<helper_run>(std::vector<std::string> words)> const& run);

    /// For a refusal: ", while 1.0.0 was loaded next to it"; empty if it was not.
    std::string while_next_to(helper_report const& told) const;
    /// For the report.
    std::string in_words(helper_report const& told) const;

private:
    void step_down(helper_run const& ended);

    std::string const release_;
    std::optional<staged_file> anew_;  // if the copy of the generation is gone
    std::string file_;
    wire::next_to how_ = wire::next_to::constructed;
    std::string why_not_more_;
};

}  // namespace hotswap::detail
