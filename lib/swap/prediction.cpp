#include "swap/prediction.hpp"

#include "base/refuse.hpp"
#include "transfer/closed_gates.hpp"

#include <algorithm>

namespace hotswap::detail {

namespace {

using namespace std::chrono_literals;

// Beside the drain, which is measured: medians of bench/ on a machine of 2026, between those of nodes and of flat
// containers. They are off by what another machine is faster or slower; a component's own swaps correct them.
constexpr std::chrono::nanoseconds beside_handoff = 2us;
constexpr std::chrono::nanoseconds beside_snapshot = 5us;
constexpr std::chrono::nanoseconds beside_precopy = 20us;
constexpr double ns_for_element = 180;      // written and read: an allocation, some cache misses
constexpr double ns_for_element_step = 80;  // moved by a migration into another container
constexpr double ns_for_byte = 0.5;

// Where what swaps of a direction have shown is kept.
std::size_t index_of(std::uint32_t from, std::uint32_t to) { return from == to ? 0 : from < to ? 1 : 2; }

std::chrono::nanoseconds of(double nanoseconds) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds));
}

double moving(measured_steps const& rehearsed) {
    return static_cast<double>((rehearsed.exporting + rehearsed.importing).count());
}

// The state may have grown since an earlier rehearsal; rows of tables are not among the bytes that are measured.
double growth_since(measured_steps const& rehearsed, swap_plan const& plan, state_size size) {
    bool const is_comparable =
        !plan.rehearsal.ran && plan.tables.way == table_way::none && rehearsed.bytes != 0;
    return is_comparable ? static_cast<double>(size.bytes) / static_cast<double>(rehearsed.bytes) : 1;
}

}  // namespace

result<state_size> measure_state(slot& in, pause_limits const& limits) {
    state_size size;
    auto const& running = in.running();
    auto measured = [&]() -> result<void> {
        closed_gates closed(in, limits);
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

std::chrono::nanoseconds predict_pause(slot const& in, migration_path const& way, swap_plan const& plan,
                                       state_size size, std::optional<measured_steps> const& rehearsed) {
    auto const proving = rehearsed ? rehearsed->proving : 0ns;
    if (plan.transfer == transfer::handoff) return size.drain + beside_handoff + proving;
    if (plan.tables.way == table_way::before_pause) return size.drain + beside_precopy + proving;
    auto const gate = size.drain + beside_snapshot;
    if (plan.state_dropped) return gate + proving;
    bool const is_this_way =
        rehearsed && rehearsed->version == way.exchange_version && rehearsed->exporting > 0ns;
    if (is_this_way) return gate + proving + of(growth_since(*rehearsed, plan, size) * moving(*rehearsed));
    double const learned = in.pause_for_byte[index_of(way.path.front(), way.path.back())];
    if (learned > 0) return gate + of(learned * static_cast<double>(size.bytes));
    auto const steps = static_cast<double>(way.path.size() - 1);
    // A downgrade works on a copy.
    double const copies = way.direction == direction::downgrade ? 1 : 0;
    double const each = ns_for_element + ns_for_element_step * (steps + copies);
    return gate +
           of(each * static_cast<double>(size.elements) + ns_for_byte * static_cast<double>(size.bytes));
}

void learn_from(slot& in, swap_report const& report) {
    std::uint64_t const bytes = report.of(phase::export_).bytes;
    bool const is_whole =
        report.transfer == transfer::snapshot && report.tables.way != table_way::before_pause;
    if (!is_whole || bytes < 10'000) return;
    auto const moving = report.pause - report.of(phase::drain).duration - beside_snapshot;
    in.pause_for_byte[index_of(report.path.front(), report.path.back())] =
        std::max(0.0, static_cast<double>(moving.count()) / static_cast<double>(bytes));
}

}  // namespace hotswap::detail
