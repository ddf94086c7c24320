#include "rehearsal/rehearsal_policy.hpp"

#include "rehearsal/helper_file.hpp"

#include <utility>

namespace hotswap::detail {

rehearsal_policy::rehearsal_policy(rehearsal_options options, std::optional<rehearse> usual)
    : options_(std::move(options)), usual_(usual) {}

bool rehearsal_policy::want(std::optional<rehearse> by_swap, tried_pair const& files) const {
    switch (by_swap.value_or(usual_.value_or(rehearse::when_new))) {
        case rehearse::never:
            return false;
        case rehearse::when_new: {
            mutex_lock const lock(mutex_);
            return !passed_.contains(files);
        }
        case rehearse::always:
            break;
    }
    return true;
}

void rehearsal_policy::has_passed(tried_pair const& files, measured_steps const& measured) {
    mutex_lock const lock(mutex_);
    passed_.insert_or_assign(files, measured);
}

std::optional<measured_steps> rehearsal_policy::passed(tried_pair const& files) const {
    mutex_lock const lock(mutex_);
    auto const found = passed_.find(files);
    return found == passed_.end() ? std::nullopt : std::optional(found->second);
}

std::filesystem::path rehearsal_policy::find_helper() const { return find_helper_file(options_.helper); }

bool rehearsal_policy::is_first_without_helper() {
    mutex_lock const lock(mutex_);
    return !std::exchange(warned_, true);
}

}  // namespace hotswap::detail
