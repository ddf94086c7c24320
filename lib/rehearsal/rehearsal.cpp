#include "rehearsal/rehearsal.hpp"

#include "base/refuse.hpp"
#include "rehearsal/helper_environment.hpp"
#include "rehearsal/helper_process.hpp"
#include "rehearsal/helper_report.hpp"
#include "rehearsal/helper_request.hpp"
#include "rehearsal/rehearsal_policy.hpp"
#include "rehearsal/running_copy.hpp"
#include "transfer/byte_buffer.hpp"
#include "transfer/module_calls.hpp"
#include "transfer/state_copy.hpp"

#include <hotswap/detail/state/frame.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace hotswap::detail {

namespace {

using steady = std::chrono::steady_clock;

/// The state on which the module is rehearsed.
struct handed_state {
    std::unique_ptr<byte_buffer> payload = std::make_unique<byte_buffer>();
    std::vector<std::byte> frame;  ///< if the options name one; then `payload` is empty
    std::span<std::byte const> bytes{};
    std::uint32_t version = 0;
    copy_times times{};
    // The rest is for the running module's own instance.
    wire::running_on running_on = wire::running_on::payload_of_next;
    std::uint32_t running_version = 0;
    std::unique_ptr<byte_buffer> own{};  ///< its payload, if the next module reads another one
    std::string unreadable{};  ///< why the instance has no state to be constructed on; empty: it has one
};

/// A frame of the options, if they have one for this component.
result<bool> take_frame(slot& slot, staged_module const& next, rehearsal_policy& policy, handed_state& into) {
    if (!policy.options().frame) return false;
    into.frame = policy.options().frame(slot.name());
    if (into.frame.empty()) return false;
    auto content = read_frame(into.frame);
    if (!content) return content.error();
    auto const path = find_import_path({content->schema, content->version, content->layout}, next.verified,
                                       next.file.name());
    if (!path) return path.error();
    into.bytes = content->payload;
    into.version = into.running_version = content->version;
    auto const& running = *slot.running().module;
    if (auto const own = find_import_path({content->schema, content->version, content->layout},
                                          running.file(), running.staged().name());
        !own)
        into.unreadable = "it cannot read the frame of rehearsal_options::frame";
    return true;
}

/// The running module walks back to an older version on its own copy, while callers continue.
result<void> downgrade_state(slot& slot, migration_path const& path, argument_view const& arguments,
                             handed_state& state) {
    loaded_module const& running = *slot.running().module;
    auto copy =
        import_state(running, running.file().descriptor.schema_version, state.payload->bytes(), arguments);
    if (!copy) return copy.error();
    auto older = std::make_unique<byte_buffer>();
    auto const began = steady::now();
    if (auto done = export_state(running, copy->get(), path.exchange_version, arguments, older->sink());
        !done)
        return done;
    state.times.exporting = steady::now() - began;
    state.own = std::exchange(state.payload, std::move(older));
    state.running_on = wire::running_on::payload_of_its_own;
    return {};
}

result<void> take_state(slot& slot, replacement const& request, migration_path const& path,
                        step_recorder& steps, handed_state& into) {
    step_recorder copying = steps.within();
    copying.mark_old_serving();
    auto copied = copy_running_state(slot, copying, request.limits, *into.payload);
    if (!copied) return copied.error();
    into.times = *copied;
    into.running_version = slot.running().module->file().descriptor.schema_version;
    if (path.exchange_version != into.running_version)
        if (auto older = downgrade_state(slot, path, argument_view(*request.arguments), into); !older)
            return older;
    into.bytes = into.payload->bytes();
    into.version = path.exchange_version;
    return {};
}

// The directory of a module file, in the form that the host's own services use.
std::string origin_of(std::filesystem::path const& source) {
    std::error_code error;
    return std::filesystem::absolute(source, error).parent_path().string();
}

std::vector<std::byte> pack_settings(shared_settings const& settings) {
    return settings ? pack_arguments(settings->values()) : std::vector<std::byte>{};
}
std::uint32_t count_settings(shared_settings const& settings) noexcept {
    return settings ? static_cast<std::uint32_t>(settings->values().size()) : 0;
}

result<file_descriptor> make_request(slot const& slot, staging_area const& area, replacement const& request,
                                     handed_state const& state, helper_limits const& limits) {
    auto const packed = pack_arguments(*request.arguments);
    auto const& running_with = slot.running().services->settings();
    auto const& settings = request.settings ? request.settings : running_with;
    auto const set = pack_settings(settings);
    auto const origin = origin_of(request.source);
    auto const running_set = pack_settings(running_with);
    auto const running_origin = origin_of(slot.running().source);
    auto const own = state.own ? state.own->bytes() : std::span<std::byte const>{};
    auto head = begin_request(request.policy->options(), limits, slot.host().now());
    head.version = state.version;
    head.argument_count = static_cast<std::uint32_t>(request.arguments->size());
    head.argument_bytes = packed.size();
    head.setting_count = count_settings(settings);
    head.setting_bytes = set.size();
    head.origin_bytes = origin.size();
    head.on_default_state = request.fresh_state ? 1 : 0;
    head.payload_bytes = state.bytes.size();
    head.running_state =
        static_cast<std::uint32_t>(request.fresh_state ? wire::running_on::default_state : state.running_on);
    head.running_version = state.running_version;
    head.running_setting_count = count_settings(running_with);
    head.running_stays = area.keeps_files() ? 1 : 0;
    head.running_deadline = (limits.deadline / 4).count();
    head.running_setting_bytes = running_set.size();
    head.running_origin_bytes = running_origin.size();
    head.running_payload_bytes = own.size();
    std::array const parts{std::as_bytes(std::span(&head, 1)),
                           std::span<std::byte const>(packed),
                           std::span<std::byte const>(set),
                           std::as_bytes(std::span(origin)),
                           state.bytes,
                           std::span<std::byte const>(running_set),
                           std::as_bytes(std::span(running_origin)),
                           own};
    return seal_in_memory(parts);
}

measured_steps measured_by(helper_report const& told, handed_state const& state, std::uint64_t bytes) {
    return {state.version, bytes, state.times.exporting, told.time_of(wire::stage::import),
            told.time_of(wire::stage::validate) + told.time_of(wire::stage::construct)};
}

result<rehearsal_report> rehearse_on(handed_state& state, std::filesystem::path const& helper,
                                     slot const& slot, staging_area& area, staged_module& next,
                                     replacement const& request, measured_steps& measured) {
    auto const limits = limits_for(request.policy->options(), state.bytes.size());
    auto const written = make_request(slot, area, request, state, limits);
    if (!written) return written.error();
    rehearsal_report report;
    report.state_bytes = state.bytes.size();
    state.payload.reset();  // the helper has a copy now
    state.own.reset();
    report.pause = state.times.pause;
    // Copying the state may have taken a while, and the helper loads by path.
    if (auto there = area.put_back(next.file); !there) return there.error();
    auto const& options = request.policy->options();
    running_copy running(slot, area);
    if (!state.unreadable.empty()) running.has_no_state(state.unreadable);
    auto const run = [&](std::vector<std::string> words) -> result<helper_run> {
        auto ended = run_helper(helper, std::move(words), helper_environment(options), *written,
                                wire::longest_report, steady::now() + limits.deadline, request.limits.stop);
        if (!ended) return ended.error();
        if (ended->was_stopped) return stopped_by_host(phase::rehearse);
        auto told = read_report(ended->written);
        return helper_run{std::move(told), std::move(*ended)};
    };
    auto ended = running.try_next_to_it(next.file.path(), run);
    if (!ended) return ended.error();
    auto& told = ended->told;
    if (auto passed = check_report(told, ended->how, limits, next.file.name(), running.while_next_to(told));
        !passed) {
        auto why = passed.error();
        if (told.is_by_own_words()) why.message += what_differs(options);
        return why;
    }
    measured = measured_by(told, state, report.state_bytes);
    report.ran = true;
    report.outcome = "passed";
    report.predicted_pause = request.transfer == transfer::handoff
                                 ? measured.proving
                                 : measured.exporting + measured.importing + measured.proving;
    report.peak_memory = told.peak_memory;
    report.not_in_force = std::move(told.not_in_force);
    report.log = std::move(told.log);
    report.left = std::move(told.left);
    report.next_to = running.in_words(told);
    return report;
}

result<rehearsal_report> rehearse_in(std::filesystem::path const& helper, slot& slot, staging_area& area,
                                     staged_module& next, replacement const& request,
                                     migration_path const& path, step_recorder& steps,
                                     measured_steps& measured) {
    auto const began = steady::now();
    handed_state state;
    auto named = request.fresh_state ? result<bool>(true) : take_frame(slot, next, *request.policy, state);
    if (!named) return named.error();
    if (!*named)
        if (auto taken = take_state(slot, request, path, steps, state); !taken) return taken.error();
    auto report = rehearse_on(state, helper, slot, area, next, request, measured);
    if (report) report->time = steady::now() - began;
    return report;
}

/// If no option requests a rehearsal, the swap continues without one.
rehearsal_report do_without(step_recorder& steps, std::string const& why, bool warns) {
    if (warns) steps.warn(phase::rehearse, "not rehearsed: " + why);
    rehearsal_report report;
    report.outcome = why;
    return report;
}

}  // namespace

tried_pair pair_of(slot const& slot, staged_module const& next) {
    return {next.file.digest(), slot.running().module->staged().digest()};
}

result<rehearsal_report> rehearse_if_wanted(slot& slot, staging_area& area, staged_module& next,
                                            replacement const& request, migration_path const& path,
                                            step_recorder& steps) {
    if (request.policy == nullptr || !request.policy->want(request.rehearse, pair_of(slot, next)))
        return rehearsal_report{};
    auto& policy = *request.policy;
    bool const asked_for = policy.are_asked_for(request.rehearse);
    auto const helper = policy.find_helper();
    if (helper.empty()) {
        auto const why =
            refuse(errc::no_rehearsal, phase::rehearse,
                   "there is no hotswap-rehearse{}; install it next to the library, name it in "
                   "rehearsal_options::helper, or "
                   "swap with rehearse::never",
                   policy.options().helper.empty() ? "" : " at " + policy.options().helper.string());
        if (asked_for) return steps.refused(why, phase::rehearse);
        return do_without(steps, why.message, policy.is_first_without_helper());
    }
    std::string doubts;
    measured_steps measured;
    auto tried = steps.run(phase::rehearse, [&]() -> result<rehearsal_report> {
        auto done = rehearse_in(helper, slot, area, next, request, path, steps, measured);
        if (done) return done;
        auto why = done.error();
        why.message = "in rehearsal: " + why.message;
        if (why.code != errc::no_rehearsal || asked_for) return why;
        doubts = why.message;
        return rehearsal_report{};
    });
    if (!tried) return tried;
    if (!doubts.empty()) return do_without(steps, doubts, true);
    policy.has_passed(pair_of(slot, next), measured);
    if (!tried->left.empty())
        steps.warn(phase::rehearse, fmt::format("{} left behind in rehearsal: {}", next.file.name(),
                                                fmt::join(tried->left, ", ")));
    return tried;
}

}  // namespace hotswap::detail
