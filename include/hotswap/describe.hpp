// Descriptions of options, reports, plans, failures, events and enumerations for Boost.Describe. The library
// makes their texts and their JSON from these descriptions; a host that writes another format can use the
// descriptions too.
#pragma once

#include <hotswap/detail/base/described.hpp>
#include <hotswap/detail/report/drift.hpp>
#include <hotswap/detail/report/status.hpp>
#include <hotswap/event.hpp>
#include <hotswap/failure.hpp>
#include <hotswap/inspect.hpp>
#include <hotswap/options.hpp>
#include <hotswap/plan.hpp>
#include <hotswap/report.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

namespace hotswap {

BOOST_DESCRIBE_ENUM(unload_verdict, none, standby, unmapped, retained)
BOOST_DESCRIBE_ENUM(transfer, snapshot, handoff, direct)
BOOST_DESCRIBE_ENUM(rehearse, never, when_new, always)
BOOST_DESCRIBE_ENUM(recover_modules, stored, newest_if_refused, newest)
BOOST_DESCRIBE_ENUM(table_way, none, before_pause, in_pause, unknown)
BOOST_DESCRIBE_ENUM(direction, same, upgrade, downgrade)
BOOST_DESCRIBE_ENUM(outcome, done, failed, note)
BOOST_DESCRIBE_ENUM(operation, load, swap, plan, revert, restore, snapshot, unload, recover, checkpoint,
                    configure, watch, probation, log)
BOOST_DESCRIBE_ENUM(severity, warn, refuse)
BOOST_DESCRIBE_ENUM(level, debug, info, warning, error)

BOOST_DESCRIBE_STRUCT(contract_revisions, (), (oldest, newest))
BOOST_DESCRIBE_STRUCT(generation_info, (), (generation, release, schema_version, build_id, digest, serves))
BOOST_DESCRIBE_STRUCT(unload_report, (),
                      (verdict, module, reason, dropped_jobs, libraries, not_kept, operation_id, started))
BOOST_DESCRIBE_STRUCT(probation, (), (duration, interval, max_errors, max_mean_latency, discard_writes))
BOOST_DESCRIBE_STRUCT(rehearsal_options, (),
                      (helper, deadline, address_space, cpu_time, file_size, open_files, processes,
                       environment, whole_environment))
BOOST_DESCRIBE_STRUCT(rehearsal_report, (),
                      (ran, outcome, time, pause, predicted_pause, state_bytes, peak_memory, not_in_force,
                       log, left, next_to))
BOOST_DESCRIBE_STRUCT(load_options, (), (module, arguments, pre_releases, settings))
BOOST_DESCRIBE_STRUCT(expected_change, (), (generation, digest, configured))
BOOST_DESCRIBE_STRUCT(swap_options, (),
                      (module, transfer, drain_deadline, pause_budget, rehearse, allow_loss, arguments,
                       probation, pre_releases, even_if_unchanged, fresh_state, settings,
                       end_neighbours_handles, expected, unless_sent_back))
BOOST_DESCRIBE_STRUCT(set_member, (), (component, options))
BOOST_DESCRIBE_STRUCT(set_options, (), (drain_deadline, pause_budget, probation))
BOOST_DESCRIBE_STRUCT(revert_options, (),
                      (drain_deadline, pause_budget, allow_loss, arguments, discard_writes,
                       end_neighbours_handles))
BOOST_DESCRIBE_STRUCT(restore_options, (), (drain_deadline, pause_budget, arguments, keep_replaced))
BOOST_DESCRIBE_STRUCT(unload_options, (), (force))
BOOST_DESCRIBE_STRUCT(placed_module, (), (release, digest, file))
BOOST_DESCRIBE_STRUCT(component_drift, (),
                      (name, running, stored, newest, no_newest, stored_differs, newest_differs))
BOOST_DESCRIBE_STRUCT(configure_options, (), (drain_deadline))
BOOST_DESCRIBE_STRUCT(setting_change, (), (name, from, to))
BOOST_DESCRIBE_STRUCT(configure_report, (),
                      (component, changes, pause, calls_held, not_durable, operation_id, started))
BOOST_DESCRIBE_STRUCT(recover_options, (), (modules, without, trust_suspects))
BOOST_DESCRIBE_STRUCT(failure, (), (code, phase, component, message, old_serving, operation_id))
BOOST_DESCRIBE_STRUCT(phase_report, (), (phase, duration, bytes))
BOOST_DESCRIBE_STRUCT(table_report, (), (way, reason, rows, memory, copies, first_pause))
BOOST_DESCRIBE_STRUCT(discarded_writes, (), (happened, calls, elements_now, elements_before))
BOOST_DESCRIBE_STRUCT(swap_report, (),
                      (component, from, to, path, phases, pause, total, calls_held, longest_wait, attempts,
                       tables, discarded, not_durable, transfer, rehearsal, unload, warnings, same_content,
                       state_dropped, serialized_because, ended_contract, operation_id, started))
BOOST_DESCRIBE_STRUCT(set_report, (),
                      (components, pause, total, calls_held, longest_wait, not_durable, operation_id,
                       started))
BOOST_DESCRIBE_STRUCT(swap_plan, (),
                      (component, from, configured, to, module, direction, path, losses, reversible,
                       reversible_without_loss, handoff_possible, transfer, predicted_pause, state_bytes,
                       tables, rehearsal, blockers, keeps_mapped, warnings, same_content, state_dropped,
                       serialized_because, ended_contract, operation_id, started))
BOOST_DESCRIBE_STRUCT(set_plan, (),
                      (components, predicted_pause, reversible, blockers, operation_id, started))
BOOST_DESCRIBE_STRUCT(event, (),
                      (time, level, component, operation, operation_id, phase, outcome, duration, message))
BOOST_DESCRIBE_STRUCT(failing_checkpoint, (), (last, since, times))
BOOST_DESCRIBE_STRUCT(component_status, (),
                      (name, contract, schema, running, module, previous_release, swapping, swaps,
                       on_probation, rolled_back, retained, libraries, warnings, checkpoint_fails, settings))
BOOST_DESCRIBE_STRUCT(finding, (), (severity, code, offender, message, remedy))
BOOST_DESCRIBE_STRUCT(inspected_state, (),
                      (version, upgrades, downgrades, lossy, tables, fingerprint, layout))
BOOST_DESCRIBE_STRUCT(inspection, (),
                      (name, component, release, contract, contract_number, serves, schema, schema_version,
                       oldest_start, oldest_back, states, toolchain, build_id, digest, sealed, signed_by,
                       keeps_mapped, findings))

}  // namespace hotswap
