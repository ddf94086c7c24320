#include "transfer/state_copy.hpp"

#include "transfer/budgeted_sink.hpp"
#include "transfer/closed_gates.hpp"
#include "transfer/migration_path.hpp"
#include "transfer/module_calls.hpp"
#include "transfer/precopy.hpp"

#include <hotswap/options.hpp>

namespace hotswap::detail {

namespace {

result<void> export_within(closed_gates const& closed, generation const& running, byte_buffer& payload,
                           argument_view const& arguments) {
    std::uint32_t const version = running.module->file().descriptor.schema_version;
    if (!closed.has_budget())
        return export_state(*running.module, running.state.get(), version, arguments, payload.sink());
    result<void> done;
    {
        budgeted_sink limited(payload, closed.deadline());
        done = export_state(*running.module, running.state.get(), version, arguments, limited.sink());
    }
    // A sink that ran out of time looks like one that ran out of memory.
    if (auto in_time = closed.check_budget(); !in_time) return in_time;
    return done;
}

}  // namespace

result<copy_times> copy_running_state(slot& slot, step_recorder& steps, pause_limits const& limits,
                                      byte_buffer& payload) {
    loaded_module const& module = *slot.running().module;
    std::uint32_t const version = module.file().descriptor.schema_version;
    argument_view const none{arguments{}};
    copy_times took;
    migration_path stay;
    stay.exchange_version = version;
    stay.versions = {version};
    precopy tables(slot, slot.running().module.shared(), stay, none);
    if (auto copied = tables.run(steps, limits); !copied) return copied.error();
    owned_state copy;
    {
        closed_gates closed(slot, limits);
        auto drained = steps.run(phase::drain, [&] { return closed.drain(); });
        if (!drained) return drained.error();
        auto taken = steps.run(phase::export_, [&]() -> result<void> {
            if (!tables.is_ready()) return export_within(closed, slot.running(), payload, none);
            auto const now = outline_of(slot.running());
            if (!now) return now.error();
            return tables.finish(*now, copy);
        });
        if (!taken) return taken.error();
        took.exporting = steps.phases().back().duration;
        slot.pauses().note_state_memory(module.api().measure_memory(slot.running().state.get()));
        closed.reopen();
        took.pause = closed.length() + tables.report().first_pause;
    }
    tables.end();
    // The copy has no other owner: it is serialized while the callers work.
    if (copy) {
        auto written = steps.run(
            phase::export_, [&] { return export_state(module, copy.get(), version, none, payload.sink()); });
        if (!written) return written.error();
        took.exporting = steps.phases().back().duration;
    }
    steps.bytes(payload.size());
    return took;
}

}  // namespace hotswap::detail
