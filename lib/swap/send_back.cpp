#include "swap/send_back.hpp"

#include "base/refuse.hpp"
#include "swap/succession.hpp"
#include "transfer/module_calls.hpp"
#include "transfer/pause.hpp"
#include "transfer/route.hpp"
#include "transfer/transfer.hpp"

#include <utility>

namespace hotswap::detail {

namespace {

std::uint64_t elements_of(generation const& of) {
    std::uint64_t bytes = 0;
    std::uint64_t elements = 0;
    abi::error why;
    auto const counted = of.module->api().measure_state(of.state.get(), &bytes, &elements, &why);
    return counted == abi::status::ok ? elements : 0;
}

// Whether the state as it is now cannot be carried back, however long one waits.
bool is_about_the_data(errc why) noexcept {
    switch (why) {
        case errc::export_failed:
        case errc::migration_failed:
        case errc::bad_snapshot:       // the older release cannot read what the newer one wrote
        case errc::no_migration_path:  // by its code; its descriptor promised one
        case errc::validation_failed:
        case errc::construct_failed:
            return true;
        default:
            return false;
    }
}

// Nothing has to be moved: the generation before is as it was when the gate closed for the swap.
result<swap_report> go_on_where_it_was(slot& in, revert_options const& options, step_recorder& steps,
                                       persistence* keeper) {
    succession s(in, steps, keeper);
    auto& dropped = s.report.discarded;
    s.way.path = {in.running().info().schema_version, in.standby()->info().schema_version};
    if (auto noted = s.begin(*in.standby()); !noted) return noted.error();
    auto done = [&]() -> result<swap_report> {
        pause closed(in, {options.drain_deadline, options.pause_budget});
        if (auto drained = steps.run(phase::drain, [&] { return closed.drain(); }); !drained)
            return drained.error();
        dropped.happened = true;
        dropped.calls = in.entrance->watched_calls().calls;
        dropped.elements_now = elements_of(in.running());
        dropped.elements_before = elements_of(*in.standby());
        next_generation before(in, in.take_standby());
        try {
            return s.finish(closed, before, nullptr, options.arguments);
        } catch (...) {
            if (!before.is_taken())
                in.stand_by(before.take());  // nothing was committed: the probation goes on
            throw;
        }
    }();
    if (!done) return s.refused(done.error());
    return done;
}

}  // namespace

result<swap_report> send_back(slot& in, revert_options const& options, step_recorder& steps,
                              persistence* keeper) {
    steps.mark_old_serving();
    auto const& before = *in.standby();
    std::string const name = before.module->staged().name();
    auto way = steps.run(phase::plan, [&]() -> result<route> {
        auto found = find_route(in.running().module->file(), before.module->file(), name);
        if (!found) return found;
        if (auto allowed = check_loss(*found, options.allow_loss, name); !allowed) return allowed.error();
        return found;
    });
    if (!way) {
        if (options.discard_writes && before.state) return go_on_where_it_was(in, options, steps, keeper);
        auto why = way.error();
        if (why.code == errc::no_migration_path) why.code = errc::not_reversible;
        if (before.state) why.message += "; or set discard_writes, to go back to the state before the swap";
        return why;
    }
    replacement by;
    by.limits = {options.drain_deadline, options.pause_budget};
    by.arguments = &options.arguments;
    by.keeper = keeper;
    failure refused;
    {
        succession s(in, steps, keeper);
        s.way = std::move(*way);
        next_generation next(in, before.module.shared(), before.source, before.services->settings());
        auto done = s.carry_over(by, next);
        if (done) return done;
        refused = done.error();
    }
    if (!is_about_the_data(refused.code) || !before.state) return refused;
    if (options.discard_writes) return go_on_where_it_was(in, options, steps, keeper);
    refused.message += "; or set discard_writes, to go back to the state before the swap";
    return refused;
}

}  // namespace hotswap::detail
