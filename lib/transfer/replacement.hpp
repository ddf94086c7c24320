// The module that replaces a component's running one, and the way to it.
#pragma once

#include "module/module_copy.hpp"
#include "slot/component_settings.hpp"
#include "slot/served_contract.hpp"
#include "transfer/closed_gates.hpp"

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/options.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hotswap::detail {

class rehearsal_policy;

/// The next module, and the options of the change to it.
struct replacement {
    std::filesystem::path file{};  ///< the file to copy
    std::string name;              ///< its name for messages and reports
    std::filesystem::path source;  ///< the reported origin
    hotswap::transfer transfer = hotswap::transfer::direct;
    pause_limits limits{};
    bool allow_loss = false;
    hotswap::arguments const* arguments = nullptr;
    std::optional<hotswap::rehearse> rehearse{};
    rehearsal_policy* policy = nullptr;         ///< null: this change is not rehearsed
    std::shared_ptr<module_copy const> copy{};  ///< copied instead of `file`, unless null
    std::vector<std::string> passed_over{};     ///< other candidate files, each with the reason
    shared_settings settings{};                 ///< null: those of the running generation
    bool even_if_unchanged = false;             ///< also if the running module has the same content
    bool fresh_state = false;                   ///< starts from a default state
    served_contract contract{};                 ///< for calls of the component from then on
    bool end_neighbours_handles = false;  ///< also if that ends handles of components that do not change
    std::optional<expected_change> expected{};  ///< anything else is refused
    bool unless_sent_back = false;              ///< a file that a probation has sent back is refused
};

}  // namespace hotswap::detail
