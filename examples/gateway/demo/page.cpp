#include "demo/page.hpp"

#include "demo/chart.hpp"

#include <hotswap/report.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace demo {

namespace json = boost::json;

namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --text: #1b1f24; --soft: #6a737d; --line: #d9dee3; --ground: #ffffff;
        --max: #d1495b; --high: #e8a33d; --median: #2a6f97; --swap: #2a9d6f; --bad: #8d6bb8; --down: #d1495b; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e8ea; --soft: #9aa4ad; --line: #333a41; --ground: #15181b; --median: #6db3dc; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--text); background: var(--ground);
       max-width: 1080px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; }
.facts { display: flex; flex-wrap: wrap; gap: 1em 2.5em; margin: 1em 0; padding: 0; list-style: none; }
.facts b { display: block; font-size: 1.5em; font-variant-numeric: tabular-nums; }
.note { color: var(--soft); }
svg { width: 100%; height: auto; }
svg text { font-size: 11px; fill: var(--soft); } svg .label { fill: var(--swap); }
.grid { stroke: var(--line); } path { fill: none; stroke-width: 1.5; }
path.max { stroke: var(--max); } path.high { stroke: var(--high); } path.median { stroke: var(--median); }
path.memory { stroke: var(--median); }
rect.swap { fill: var(--swap); opacity: .25; } rect.refused { fill: var(--bad); opacity: .8; }
rect.down { fill: var(--down); opacity: .22; }
.key span { margin-right: 1.4em; } .key i { display: inline-block; width: 1.6em; height: 3px; vertical-align: middle; margin-right: .4em; }
.table { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { padding: .15em .8em .15em 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
td.text, th.text { text-align: left; } td.wide { white-space: normal; min-width: 26em; text-align: left; }
)";

std::string_view text(json::value const& value) { return std::string_view(value.as_string()); }

double seconds_after(clock::time_point begin, clock::time_point at) {
    return std::chrono::duration<double>(at - begin).count();
}

std::string time_of(json::object const& report, std::string_view member) {
    return hotswap::to_string(std::chrono::nanoseconds(report.at(member).to_number<std::int64_t>()));
}

std::string phase_of(json::object const& report, std::string_view name) {
    std::int64_t sum = 0;
    for (auto const& each : report.at("phases").as_array())
        if (text(each.at("phase")) == name) sum += each.at("duration_ns").to_number<std::int64_t>();
    return hotswap::to_string(std::chrono::nanoseconds(sum));
}

std::vector<chart_mark> marks_of(page_facts const& facts) {
    std::vector<chart_mark> marks;
    for (auto const& each : facts.done.swaps()) {
        auto const about =
            fmt::format("{} {} → {}", text(each.report.at("component")),
                        text(each.report.at("from").at("release")), text(each.report.at("to").at("release")));
        marks.push_back({.at = seconds_after(facts.begin, each.begin),
                         .until = seconds_after(facts.begin, each.end),
                         .label = std::string(text(each.report.at("to").at("release"))),
                         .title = fmt::format("{}, pause {}", about, time_of(each.report, "pause_ns")),
                         .kind = "swap"});
    }
    for (auto const& each : facts.done.refusals())
        marks.push_back({.at = seconds_after(facts.begin, each.begin),
                         .until = seconds_after(facts.begin, each.end),
                         .title = fmt::format("refused: {}", each.about),
                         .kind = "refused"});
    std::ranges::sort(marks, {}, &chart_mark::at);
    return marks;
}

std::string fact(std::string_view figure, std::string_view what) {
    return fmt::format("<li><b>{}</b>{}</li>\n", html(figure), html(what));
}

std::string headline(page_facts const& facts) {
    std::int64_t longest = 0;
    for (auto const& each : facts.done.swaps())
        longest = std::max(longest, each.report.at("pause_ns").to_number<std::int64_t>());
    return fmt::format(
        "<h1>hotswap: a gateway whose components are replaced while it serves</h1>\n<ul "
        "class=\"facts\">\n{}{}{}{}{}</ul>\n",
        fact(fmt::format("{}", facts.under.requests()), "requests, every answer checked"),
        fact(fmt::format("{}", facts.under.found().count()), "failures"),
        fact(fmt::format("{}", facts.done.swaps().size()), "components swapped"),
        fact(fmt::format("3 × {}", facts.filled), "sessions, clients and items"),
        fact(hotswap::to_string(std::chrono::nanoseconds(longest)), "longest pause"));
}

std::string swap_table(page_facts const& facts) {
    std::string rows =
        "<div class=\"table\"><table>\n<tr><th class=\"text\">component</th><th class=\"text\">release</th>"
        "<th class=\"text\">transfer</th><th>rows</th><th>pre-copy</th><th>drain</th><th>migrate</th>"
        "<th>construct</th><th>pause</th><th>whole swap</th><th>calls held</th><th class=\"text\">old "
        "code</th></tr>\n";
    for (auto const& each : facts.done.swaps()) {
        auto const& of = each.report;
        rows += fmt::format(
            "<tr><td class=\"text\">{}</td><td class=\"text\">{} → {}</td><td "
            "class=\"text\">{}</td><td>{}</td><td>{}</td><td>{}</td>"
            "<td>{}</td><td>{}</td><td><b>{}</b></td><td>{}</td><td>{}</td><td class=\"text\">{}</td></tr>\n",
            text(of.at("component")), text(of.at("from").at("release")), text(of.at("to").at("release")),
            text(of.at("transfer")), of.at("tables").at("rows").to_number<std::uint64_t>(),
            phase_of(of, "precopy"), phase_of(of, "drain"), phase_of(of, "migrate"),
            phase_of(of, "construct"), time_of(of, "pause_ns"), time_of(of, "total_ns"),
            of.at("calls_held").to_number<std::uint64_t>(), text(of.at("unload").at("verdict")));
    }
    return rows + "</table></div>\n";
}

std::string refusal_table(page_facts const& facts) {
    std::string rows =
        "<div class=\"table\"><table>\n<tr><th class=\"text\">tried</th><th class=\"text\">refused "
        "as</th><th class=\"text\">in words</th></tr>\n";
    for (auto const& each : facts.done.refusals())
        rows += fmt::format(
            "<tr><td class=\"text\">{}</td><td class=\"text\">{} {}</td><td class=\"wide\">{}</td></tr>\n",
            html(each.about), each.status, html(each.code), html(each.message));
    return rows + "</table></div>\n";
}

constexpr std::string_view key =
    "<p class=\"key\"><span><i style=\"background:var(--max)\"></i>maximum</span>"
    "<span><i style=\"background:var(--high)\"></i>99th percentile</span>"
    "<span><i style=\"background:var(--median)\"></i>median, in each 0.1 s</span>"
    "<span><i style=\"background:var(--swap)\"></i>swap</span>"
    "<span><i style=\"background:var(--bad)\"></i>refused</span>"
    "<span><i style=\"background:var(--down)\"></i>no process listens</span></p>\n";

std::string restart_section(page_facts const& facts, std::vector<chart_point> const& points,
                            chart_scale const& scale) {
    auto const& of = facts.restart;
    chart_mark const down{.at = seconds_after(of.begin, of.stopped),
                          .until = seconds_after(of.begin, of.serving),
                          .label = "restart",
                          .title = "from SIGTERM to the new process's first accept",
                          .kind = "down"};
    return fmt::format(
        "<h2>The same program without hotswap, in the same run: stop the process, start the new one</h2>\n"
        "<p>{} attempts of the callers failed, {} sessions of theirs were unknown to the new process (and {} "
        "of others were lost with them), {} "
        "items that had been cached came from the origin again. The time without a process was {}; nothing "
        "was filled in again.</p>\n{}",
        of.failed, of.lost_sessions, facts.filled, of.cold_items, hotswap::to_string(of.down()),
        draw_latency(points, {down}, scale));
}

}  // namespace

std::string page(page_facts const& facts) {
    auto const swapped = points_of(facts.under.samples(), facts.begin);
    auto const restarted = points_of(facts.restart.samples, facts.restart.begin);
    chart_scale scale;
    scale.include(swapped);
    scale.include(restarted);
    auto const marks = marks_of(facts);
    std::string out = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta name=\"viewport\" "
        "content=\"width=device-width\">\n"
        "<title>hotswap: components replaced under load</title>\n<style>{}</style></head><body>\n",
        style);
    out += headline(facts);
    out += "<h2>Latency of every request while the components are swapped</h2>\n";
    out += key;
    out += draw_latency(swapped, marks, scale);
    out += restart_section(facts, restarted, scale);
    out +=
        "<h2>Memory of the gateway</h2>\n<p class=\"note\">A swap holds two copies of the rows until its "
        "pause is over.</p>\n";
    out += draw_memory(facts.memory, marks, facts.begin, scale.seconds);
    out += "<h2>The swaps</h2>\n" + swap_table(facts);
    out += "<h2>Refused, while the old release served on</h2>\n" + refusal_table(facts);
    if (facts.under.found().count() != 0) {
        out += "<h2>Failures</h2>\n<ul>\n";
        for (auto const& each : facts.under.found().first()) out += fmt::format("<li>{}</li>\n", html(each));
        out += "</ul>\n";
    }
    return out + "</body></html>\n";
}

}  // namespace demo
