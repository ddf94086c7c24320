// Which module comes next in a component's place, and how it gets there.
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

/// Which module comes next, and how.
struct replacement {
    std::filesystem::path file{};  ///< what is copied
    std::string name;              ///< what people know it as
    std::filesystem::path source;  ///< where it is said to come from
    hotswap::transfer transfer = hotswap::transfer::direct;
    pause_limits limits{};
    bool allow_loss = false;
    hotswap::arguments const* arguments = nullptr;
    std::optional<hotswap::rehearse> rehearse{};
    rehearsal_policy* policy = nullptr;         ///< null: this is none that is rehearsed
    std::shared_ptr<module_copy const> copy{};  ///< copied instead of `file`, unless null
    std::vector<std::string> passed_over{};  ///< files that could have been taken, with the reason, in words
    shared_settings settings{};              ///< what is set for it; null: as for the running generation
    bool even_if_unchanged = false;          ///< also where it is the content that runs
    bool fresh_state = false;                ///< on a default state
    served_contract contract{};              ///< by which the component is called then
    bool end_neighbours_handles = false;  ///< also where that ends handles of components that do not change
};

}  // namespace hotswap::detail
