#include "module/arrived_module.hpp"

#include "module/release.hpp"

#include <hotswap/inspect.hpp>

#include <fmt/format.h>

#include <utility>

namespace hotswap::detail {

arrived_module judge_arrival(std::filesystem::path const& file, module_policy policy, bool as_host) {
    arrived_module made{.file = file, .is_module = file.extension() == ".so"};
    if (!made.is_module) {
        made.ignored = "its name does not end with .so";
        return made;
    }
    policy.require_seal = true;
    auto const said = inspect(file, {.policy = std::move(policy), .as_host = as_host});
    if (!said) {
        made.ignored = said.error().message;
        return made;
    }
    made.family = family_of(file);
    if (made.family.empty()) made.family = said->component;
    made.release = said->release;
    made.digest = said->digest;
    if (auto const* const why = said->refusal())
        made.ignored = fmt::format("{}; {}", why->message, why->remedy);
    return made;
}

}  // namespace hotswap::detail
