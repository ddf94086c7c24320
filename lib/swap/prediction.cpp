#include "swap/prediction.hpp"

#include "base/refuse.hpp"
#include "transfer/closed_gates.hpp"

#include <algorithm>
#include <vector>

namespace hotswap::detail {

namespace {

using namespace std::chrono_literals;

// Medians of bench/ on a machine of 2026, between those of nodes and of flat containers, without the drain,
// which is measured. Another machine is faster or slower; a component's own swaps correct them.
constexpr std::chrono::nanoseconds beside_handoff = 2us;
constexpr std::chrono::nanoseconds beside_snapshot = 5us;
constexpr std::chrono::nanoseconds beside_precopy = 20us;
constexpr double ns_for_element = 180;      // written and read: an allocation, some cache misses
constexpr double ns_for_element_step = 80;  // moved by a migration into another container
constexpr double ns_for_element_read = 60;  // read in place, and copied
constexpr double ns_for_byte = 0.5;

std::chrono::nanoseconds of(double nanoseconds) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds));
}

// A serialized state is written and read; for an object only the module that walks the path counts.
double moving(measured_steps const& rehearsed, swap_plan const& plan) {
    auto const both = rehearsed.exporting + rehearsed.importing;
    if (plan.transfer != transfer::direct) return static_cast<double>(both.count());
    return static_cast<double>(
        (plan.direction == direction::downgrade ? rehearsed.exporting : rehearsed.importing).count());
}

state_move move_along(std::vector<std::uint32_t> const& path, transfer how) {
    return {path.front(), path.back(), how == transfer::direct};
}

// The state may have grown since an earlier rehearsal; rows of tables are not among the bytes that are measured.
double growth_since(measured_steps const& rehearsed, swap_plan const& plan, state_size size) {
    bool const is_comparable =
        !plan.rehearsal.ran && plan.tables.way == table_way::none && rehearsed.bytes != 0;
    return is_comparable ? static_cast<double>(size.bytes) / static_cast<double>(rehearsed.bytes) : 1;
}

}  // namespace

result<state_size> measure_state(slot& slot, pause_limits const& limits) {
    state_size size;
    auto const& running = slot.running();
    auto measured = [&]() -> result<void> {
        closed_gates closed(slot, limits);
        if (auto drained = closed.drain(); !drained) return drained;
        size.drain = closed.length();
        abi::error why;
        auto const outcome =
            running.module->api().measure_state(running.state.get(), &size.bytes, &size.elements, &why);
        if (outcome == abi::status::ok) return {};
        return refuse(errc::export_failed, phase::plan, "measuring the running state: {} threw: {}",
                      running.module->staged().name(), std::string_view(why.message, why.size));
    }();
    if (!measured) return measured.error();
    return size;
}

std::chrono::nanoseconds predict_pause(slot const& slot, migration_path const& path, swap_plan const& plan,
                                       state_size size, std::optional<measured_steps> const& rehearsed) {
    auto const proving = rehearsed ? rehearsed->proving : 0ns;
    if (plan.transfer == transfer::handoff) return size.drain + beside_handoff + proving;
    if (plan.tables.way == table_way::before_pause) return size.drain + beside_precopy + proving;
    auto const gate = size.drain + beside_snapshot;
    if (plan.state_dropped) return gate + proving;
    bool const is_this_way =
        rehearsed && rehearsed->version == path.exchange_version && rehearsed->exporting > 0ns;
    if (is_this_way)
        return gate + proving + of(growth_since(*rehearsed, plan, size) * moving(*rehearsed, plan));
    bool const is_read = plan.transfer == transfer::direct;
    double const learned = slot.pauses().ns_for_byte(move_along(path.versions, plan.transfer));
    if (learned > 0) return gate + of(learned * static_cast<double>(size.bytes));
    auto const steps = static_cast<double>(path.versions.size() - 1);
    // A downgrade works on a copy.
    double const copies = path.direction == direction::downgrade ? 1 : 0;
    double const each = is_read ? ns_for_element_read + ns_for_element_step * steps
                                : ns_for_element + ns_for_element_step * (steps + copies);
    return gate +
           of(each * static_cast<double>(size.elements) + ns_for_byte * static_cast<double>(size.bytes));
}

void learn_from(slot& slot, swap_report const& report, generation const& old) {
    // The new generation has the old state itself, or did not start from it.
    if (!old.state || report.discarded.happened) return;
    slot.pauses().note_state_memory(old.module->api().measure_memory(old.state.get()));
    if (report.tables.way == table_way::before_pause) return;
    std::uint64_t bytes = report.of(phase::export_).bytes;
    std::uint64_t elements = 0;
    abi::error none;
    if (report.transfer == transfer::direct &&
        old.module->api().measure_state(old.state.get(), &bytes, &elements, &none) != abi::status::ok)
        return;
    if (bytes < 10'000) return;
    auto const moving = report.pause - report.of(phase::drain).duration - beside_snapshot;
    slot.pauses().note_ns_for_byte(
        move_along(report.path, report.transfer),
        std::max(0.0, static_cast<double>(moving.count()) / static_cast<double>(bytes)));
}

}  // namespace hotswap::detail
