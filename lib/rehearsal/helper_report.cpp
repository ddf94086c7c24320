#include "rehearsal/helper_report.hpp"

#include "base/refuse.hpp"
#include "transfer/module_calls.hpp"

#include <hotswap/event.hpp>
#include <hotswap/report.hpp>

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace hotswap::detail {

namespace {

using wire::kind;
using wire::stage;

/// Makes a text safe for people and their terminals.
std::string printable(std::string_view text) {
    std::string clean(text);
    std::replace_if(
        clean.begin(), clean.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
    return clean;
}

std::string log_line(std::uint32_t severity, std::string_view text) {
    auto const known = std::min(severity, static_cast<std::uint32_t>(level::error));
    return fmt::format("{}: {}", to_string(static_cast<level>(known)), printable(text));
}

void take_answer(wire::record const& head, std::string_view text, helper_report& into) {
    constexpr auto last = static_cast<std::uint32_t>(abi::status::stale);
    into.broken = into.broken || head.code == 0 || head.code > last;
    into.answer = static_cast<abi::status>(std::min(head.code, last));
    into.why.from = static_cast<std::uint32_t>(head.value >> 32);
    into.why.to = static_cast<std::uint32_t>(head.value);
    auto const words = printable(text.substr(0, sizeof into.why.message - 1));
    into.why.size = static_cast<std::uint32_t>(words.size());
    std::memcpy(into.why.message, words.data(), words.size());
}

void take(wire::record const& head, std::string_view text, helper_report& into) {
    bool const names_stage = head.code < wire::stage_count;
    switch (static_cast<kind>(head.kind)) {
        case kind::hello:
            into.began = head.code == wire::format;
            break;
        case kind::not_in_force:
            into.not_in_force.push_back(printable(text));
            break;
        case kind::began:
            if (names_stage) into.at = static_cast<stage>(head.code);
            break;
        case kind::took:
            if (names_stage)
                into.took[head.code] = std::chrono::nanoseconds(
                    static_cast<std::int64_t>(std::min<std::uint64_t>(head.value, INT64_MAX / 16)));
            break;
        case kind::log:
            into.log.push_back(log_line(head.code, text));
            break;
        case kind::dropped_log:
            into.dropped_lines = head.value;
            break;
        case kind::out_of_memory:
            into.memory_was_out = into.memory_was_out || !wire::is_of_running(into.at);
            break;
        case kind::exit_called:
            into.exit_status = static_cast<int>(head.value);
            break;
        case kind::uncaught:
            into.uncaught = printable(text);
            break;
        case kind::forked:
            if (!wire::is_of_running(into.at)) into.forked = into.at;
            break;
        case kind::answered:
            take_answer(head, text, into);
            break;
        case kind::unloadable:
            into.unloadable = printable(text);
            break;
        case kind::misbehaved:
            into.misbehaviour = printable(text);
            break;
        case kind::peak_memory:
            into.peak_memory = head.value;
            break;
        case kind::passed:
            into.passed = true;
            break;
        case kind::left:
            into.left.push_back(printable(text));
            break;
        case kind::running:
            into.broken = into.broken || head.code >= wire::next_to_count;
            into.in_place = static_cast<wire::next_to>(std::min(head.code, wire::next_to_count - 1));
            into.why_not_more = printable(text);
            break;
        default:
            into.broken = true;
    }
}

template <class... A>
failure failed(std::string_view name, std::string_view remedy, fmt::format_string<A...> did,
               A&&... arguments) {
    return refuse(errc::rehearsal_failed, phase::rehearse, "{} {}; {}", name,
                  fmt::format(did, std::forward<A>(arguments)...), remedy);
}

constexpr std::string_view fix = "fix the module: in the host it would have done the same";
/// For a module that may need something only the host has: the sentence continues with the differences.
constexpr std::string_view fix_or = "fix the module";

std::string in_words(std::uint64_t bytes) {
    constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
    return bytes >= mebibyte ? fmt::format("{} MiB", bytes / mebibyte) : fmt::format("{} B", bytes);
}

failure took_too_much(std::string_view during, helper_limits const& limits, std::string_view name) {
    return failed(name, "fix the module, or raise rehearsal_options::address_space if it needs that much",
                  "took more than {} of memory while {}", in_words(limits.address_space), during);
}

/// The failure of the module's own code, in the words of the swap itself.
failure as_in_swap(helper_report const& told, std::string_view name) {
    switch (told.at) {
        case stage::import:
            return answered(name, told.answer, told.why, errc::migration_failed, phase::rehearse,
                            "reading the state");
        case stage::validate:
            return refused_by_validate(name, told.why);
        case stage::construct:
            return answered(name, told.answer, told.why, errc::construct_failed, phase::rehearse,
                            "constructing the component on its state");
        case stage::export_:
            return answered(name, told.answer, told.why, errc::export_failed, phase::rehearse,
                            "serializing the new state");
        default:
            return answered(name, told.answer, told.why, errc::rehearsal_failed, phase::rehearse,
                            wire::doing(told.at));
    }
}

std::string signal_in_words(int signal) {
    char const* const known = sigdescr_np(signal);
    return fmt::format("signal {} ({})", signal, known == nullptr ? "unknown" : known);
}

failure ended_by_signal(std::string_view during, helper_limits const& limits, int signal,
                        std::string_view name) {
    if (signal == SIGXCPU)
        return failed(name, "fix the module, or raise rehearsal_options::cpu_time if it needs that much",
                      "used more than {} s of processor time while {}", limits.cpu_seconds, during);
    if (signal == SIGXFSZ)
        return failed(name, "fix the module, or raise rehearsal_options::file_size if it needs that much",
                      "wrote a file of more than {} while {}", in_words(limits.file_size), during);
    return failed(name, fix, "was ended by {} while {}", signal_in_words(signal), during);
}

/// An end without a complete report, with any exit status.
failure ended_early(helper_report const& told, helper_ending const& how, helper_limits const& limits,
                    std::string_view name, std::string_view during) {
    if (told.uncaught)
        return failed(name, fix_or, "threw an exception that was not caught while {}: {}", during,
                      *told.uncaught);
    if (how.signal != 0) return ended_by_signal(during, limits, how.signal, name);
    if (told.exit_status) return failed(name, fix_or, "called exit({}) while {}", *told.exit_status, during);
    if (how.status == wire::lost_report)
        return failed(name, fix, "closed descriptors that are not its own while {}", during);
    if (how.status >= 0) return failed(name, fix, "called _exit({}) while {}", how.status, during);
    return failed(name, fix, "ended without a report while {}", during);
}

}  // namespace

helper_report read_report(std::string_view bytes) {
    helper_report told;
    wire::record head;
    while (!told.broken && bytes.size() >= sizeof head) {
        std::memcpy(&head, bytes.data(), sizeof head);
        bytes.remove_prefix(sizeof head);
        if (head.kind >= wire::kind_count || head.size > wire::longest_text) {
            told.broken = true;
        } else if (head.size > bytes.size()) {
            return told;  // the report was cut
        } else {
            take(head, bytes.substr(0, head.size), told);
            bytes.remove_prefix(head.size);
        }
        // Nothing follows the end of a report.
        told.broken = told.broken || (told.passed && !bytes.empty());
    }
    if (told.dropped_lines != 0) told.log.push_back(fmt::format("({} more lines)", told.dropped_lines));
    return told;
}

std::string ending_in_words(helper_report const& told, helper_ending const& how) {
    if (told.misbehaviour) return "it " + *told.misbehaviour;
    if (told.uncaught) return "it threw an exception that was not caught: " + *told.uncaught;
    if (told.exit_status) return fmt::format("it called exit({})", *told.exit_status);
    if (how.timed_out || how.signal == SIGKILL) return "it took too long";
    if (how.signal != 0) return signal_in_words(how.signal);
    return "the helper ended without a report";
}

result<void> check_report(helper_report const& told, helper_ending const& how, helper_limits const& limits,
                          std::string_view name, std::string_view next_to) {
    auto const during = fmt::format("{}{}", wire::doing(told.at), next_to);
    if (told.broken || how.wrote_too_much)
        return failed(name, fix, "wrote into descriptors that are not its own while {}", during);
    if (!told.began)
        return refuse(
            errc::no_rehearsal, phase::rehearse,
            "the helper ended before it began ({}); check that it belongs to this release of hotswap, and "
            "that the linker finds its libraries",
            how.timed_out     ? fmt::format("at its deadline of {}", to_string(limits.deadline))
            : how.signal != 0 ? fmt::format("by signal {}", how.signal)
                              : fmt::format("with status {}", how.status));
    if (how.timed_out)
        return failed(name, "fix the module, or raise rehearsal_options::deadline if it needs that long",
                      "was still {} after {}{}", wire::doing(told.at), to_string(limits.deadline), next_to);
    bool const ended_well = how.status == 0 || (how.status < 0 && how.signal == 0);
    if (told.passed && ended_well) {
        if (!told.forked) return {};
        return failed(name, fix, "called fork() while {}", wire::doing(*told.forked));
    }
    if (told.unloadable)
        return refuse(
            errc::no_rehearsal, phase::rehearse,
            "{} cannot be loaded by the helper, which has none of the host's symbols and libraries: {}; link "
            "the libraries that it needs to the module, or swap with rehearse::never",
            name, *told.unloadable);
    if (told.memory_was_out || told.answer == abi::status::out_of_memory)
        return took_too_much(during, limits, name);
    if (told.answer != abi::status::ok) {
        auto why = as_in_swap(told, name);
        why.message += next_to;
        return why;
    }
    if (told.misbehaviour && told.forked)
        return failed(name, fix, "called fork() while {}, and {}", wire::doing(*told.forked),
                      *told.misbehaviour);
    if (told.misbehaviour)
        return failed(name, told.is_by_own_words() ? fix_or : fix, "{}", *told.misbehaviour);
    return ended_early(told, how, limits, name, during);
}

}  // namespace hotswap::detail
