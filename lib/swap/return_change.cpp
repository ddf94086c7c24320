#include "swap/return_change.hpp"

#include "transfer/from_object.hpp"
#include "transfer/other_states.hpp"

#include <memory>
#include <utility>

namespace hotswap::detail {

bool is_about_the_state(errc why) noexcept {
    switch (why) {
        case errc::export_failed:
        case errc::migration_failed:
        case errc::bad_snapshot:  // the older release cannot read the newer one's state
        case errc::no_migration_path:
        case errc::not_reversible:
        case errc::lossy_refused:
        case errc::schema_mismatch:
        case errc::layout_changed:
        case errc::validation_failed:
        case errc::construct_failed:
            return true;
        default:
            return false;
    }
}

result<void> return_change::choose() {
    auto const& before = *slot_.standby();
    auto held = hold_callers(before.module->file().implements(), before.module->staged().name(),
                             {before.contract, options_.end_neighbours_handles});
    if (!held) return held;
    if (which_ == return_on::state_of_now) return choose_state_of_now();
    path_.versions = {slot_.running().info().schema_version, slot_.standby()->info().schema_version};
    next_.emplace(slot_);
    state_ = std::make_unique<from_standby>(context_, report_);
    return {};
}

result<void> return_change::choose_state_of_now() {
    auto const& before = *slot_.standby();
    std::string const name = before.module->staged().name();
    auto planned = steps_.run(phase::plan, [&]() -> result<migration_path> {
        auto found = find_migration_path(slot_.running().module->file(), before.module->file(), name);
        if (!found) return found;
        if (auto allowed = check_loss(*found, options_.allow_loss, name); !allowed) return allowed.error();
        return found;
    });
    if (!planned) {
        auto why = planned.error();
        if (why.code == errc::no_migration_path) why.code = errc::not_reversible;
        return why;
    }
    path_ = std::move(*planned);
    auto module = before.module.shared();
    next_.emplace(slot_, module, before.source, before.services->settings());
    state_ = from_running(context_, std::move(module), transfer::direct, limits_of(options_), report_);
    return {};
}

}  // namespace hotswap::detail
