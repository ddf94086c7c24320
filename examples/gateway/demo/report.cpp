#include "demo/report.hpp"

#include <hotswap/report.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <string_view>

#include <unistd.h>

namespace demo {

namespace json = boost::json;

namespace {

constexpr std::size_t width = 100;

/// The text in lines of limited length with the same indentation.
std::string wrapped(std::string_view text, std::size_t indent) {
    std::string lines;
    std::size_t column = width + 1;
    while (!text.empty()) {
        auto const end = std::min(text.find_first_of(" \n"), text.size());
        auto const word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (word.empty()) continue;
        auto const size = static_cast<std::size_t>(std::ranges::count_if(
            word, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
        if (column + 1 + size > width) {
            if (!lines.empty()) lines += '\n';
            lines.append(indent, ' ');
            column = indent;
        } else {
            lines += ' ';
            ++column;
        }
        lines += word;
        column += size;
    }
    return lines + '\n';
}

double microseconds(json::value const& nanoseconds) {
    return static_cast<double>(nanoseconds.to_number<std::int64_t>()) / 1000;
}

/// The time of some phases together.
double phases(json::object const& report, std::initializer_list<std::string_view> names) {
    double sum = 0;
    for (auto const& each : report.at("phases").as_array())
        if (std::ranges::find(names, std::string_view(each.at("phase").as_string())) != names.end())
            sum += microseconds(each.at("duration_ns"));
    return sum;
}

std::string_view text(json::value const& value) { return std::string_view(value.as_string()); }

std::string swap_table(campaign const& done) {
    std::string table =
        fmt::format("{:<12} {:<11} {:<8} {:>7} {:>5} {:>6} {:>7} {:>9} {:>6} {:>7} {:>4} {}\n", "component",
                    "release", "transfer", "prepare", "drain", "export", "migrate", "construct", "retire",
                    "PAUSE", "held", "old code");
    for (auto const& each : done.swaps()) {
        auto const& report = each.report;
        auto const releases =
            fmt::format("{}→{}", text(report.at("from").at("release")), text(report.at("to").at("release")));
        table += fmt::format(
            "{:<12} {:<11} {:<8} {:>7.0f} {:>5.0f} {:>6.0f} {:>7.0f} {:>9.0f} {:>6.0f} {:>7.0f} {:>4} {}\n",
            text(report.at("component")), releases, text(report.at("transfer")),
            phases(report, {"stage", "verify", "load", "plan"}), phases(report, {"drain"}),
            phases(report, {"export"}), phases(report, {"migrate"}), phases(report, {"construct", "commit"}),
            phases(report, {"retire"}), microseconds(report.at("pause_ns")),
            report.at("calls_held").to_number<std::uint64_t>(), text(report.at("unload").at("verdict")));
    }
    return table;
}

std::string refusal_list(campaign const& done) {
    std::string list;
    for (auto const& each : done.refusals()) {
        list += fmt::format("  {}\n", each.about);
        list += wrapped(each.request, 4);
        list += wrapped(fmt::format("{} {}: {}", each.status, each.code, each.message), 4);
    }
    return list;
}

std::string latency_row(std::string_view name, std::vector<std::chrono::nanoseconds> of) {
    if (of.empty()) return fmt::format("  {:<18} no request\n", name);
    std::ranges::sort(of);
    auto const at = [&](double share) {
        return hotswap::to_string(of[static_cast<std::size_t>(share * static_cast<double>(of.size() - 1))]);
    };
    return fmt::format("  {:<18} {:>8} {:>10} {:>10} {:>10}\n", name, of.size(), at(0.5), at(0.99), at(1));
}

std::string latency_table(campaign const& done, load const& under) {
    std::vector<std::chrono::nanoseconds> all;
    std::vector<std::chrono::nanoseconds> inside;
    for (auto const& each : under.samples()) {
        all.push_back(each.latency);
        auto const overlaps = [&](swap_line const& swap) {
            return each.begin < swap.end && swap.begin < each.begin + each.latency;
        };
        if (std::ranges::any_of(done.swaps(), overlaps)) inside.push_back(each.latency);
    }
    return fmt::format("  {:<18} {:>8} {:>10} {:>10} {:>10}\n", "", "requests", "p50", "p99", "max") +
           latency_row("over all", std::move(all)) + latency_row("during a swap", std::move(inside));
}

std::string restart_lines(restart_result const& of) {
    std::vector<std::chrono::nanoseconds> all;
    for (auto const& each : of.samples) all.push_back(each.latency);
    return fmt::format(
               "\nIn the same run, the same program stopped and started anew (no process for {}):\n\n",
               hotswap::to_string(of.down())) +
           latency_row("over all", std::move(all)) +
           wrapped(
               fmt::format("{} attempts failed, {} sessions of the callers were lost, {} cached items came "
                           "from the origin again",
                           of.failed, of.lost_sessions, of.cold_items),
               2);
}

std::string proof(campaign const& done, aftermath const& after) {
    std::string lines =
        wrapped(fmt::format("{} of {} old generations: the gateway's reports say unmapped, each proven "
                            "from its own process's map",
                            done.unmapped(), done.swaps().size()),
                2);
    lines += wrapped(fmt::format("/proc/PID/maps of the gateway after the last swap: {} module files",
                                 after.mapped.size()),
                     2);
    for (auto const& file : after.mapped) lines += wrapped(file, 4);
    return lines;
}

}  // namespace

std::string report(campaign const& done, load& under, aftermath const& after, restart_result const& restart) {
    auto const failures = under.found().count();
    std::string out =
        "\nSwaps under load, times in µs. PAUSE: from the gate closing to its opening; held: calls "
        "that waited.\n\n";
    out += swap_table(done);
    out += "\nRefused, while the old release continued to serve:\n\n" + refusal_list(done);
    out += "\nLatency as the callers saw it (a cache miss waits 5 ms for the origin):\n\n" +
           latency_table(done, under);
    out += "\nThe old code is gone:\n\n" + proof(done, after);
    out += "\nChecked on every answer:\n\n";
    for (std::string_view const claim :
         {"a session from before a swap is honoured after it, and one that was ended stays so",
          "the value is the one of its key; its revision never goes back; what was cached stays cached",
          "no client gets more than its limit, none but the greedy one meets it, none gets a 5xx",
          "no connection is refused, reset or closed; nothing that the components count goes back"})
        out += fmt::format("  {}\n", claim);
    out += restart_lines(restart);
    out += fmt::format("\n{} requests in {}, {} failures ({} answers were 429, all to the greedy client)\n",
                       under.requests(), hotswap::to_string(after.loaded), failures, under.refusals());
    for (auto const& each : under.found().first()) out += wrapped(each, 2);
    out += fmt::format("SIGTERM: the gateway drained and ended with exit status {}\n", after.exit_status);
    out += failures == 0 ? "Nothing was lost.\n" : "SOMETHING WAS LOST, see above.\n";
    return out;
}

progress::progress(clock::duration total) : terminal_(::isatty(STDOUT_FILENO) == 1), total_(total) {}

progress::~progress() {
    if (terminal_) fmt::print("\r\033[K");
    std::fflush(stdout);
}

void progress::show(load const& under, std::string const& doing, bool even_if_soon) {
    auto const now = clock::now();
    if (!even_if_soon && now - last_ < (terminal_ ? std::chrono::milliseconds{100} : std::chrono::seconds{5}))
        return;
    last_ = now;
    auto const seconds = [](clock::duration of) { return std::chrono::duration<double>(of).count(); };
    auto const line = fmt::format("[{:4.1f} of {:.0f} s] {:>7} requests   {}", seconds(now - begin_),
                                  seconds(total_), under.requests(), doing);
    fmt::print("{}{}{}", terminal_ ? "\r\033[K" : "", line, terminal_ ? "" : "\n");
    std::fflush(stdout);
}

}  // namespace demo
