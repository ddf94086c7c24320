// The table of servers that are changed while they serve HTTP.
#include "control/parts.hpp"
#include "harness/changed_server.hpp"
#include "harness/contestant.hpp"
#include "harness/figures.hpp"
#include "harness/http_load.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace bench {

namespace {

// nginx takes no further order for 100 ms after a reload, which is not a part of the next one.
constexpr std::chrono::milliseconds between_changes{150};

constexpr char notes[] =
    "  (¹ a new configuration in a new process; no code of a running one is replaced. ² a value in the "
    "running\n"
    "   process; no code is replaced. The commands of hotswap and nginx are new processes; HAProxy and "
    "Erlang get\n"
    "   a line on a socket. Seen: hotswap: in its status; the others: in an answer on a new connection.\n"
    "   Failed: refused, or cut off, also by the end of a kept connection; these clients do not ask again.\n"
    "   State, after each change: hotswap: an item that the cache got before the first; nginx: the worker's\n"
    "   process, whose memory goes with it; HAProxy: a counter of a stick table; Erlang: a gen_server's "
    "count)\n";

std::vector<server_entry> entries() {
    return {
        {"hotswap swap", [] { return start_gateway(gateway_order::command); }},
        {"hotswap swap, each rehearsed", [] { return start_gateway(gateway_order::rehearsed_command); }},
        {"hotswap, POST, open socket", [] { return start_gateway(gateway_order::open_socket); }},
        {"nginx -s reload ¹", start_nginx},
        {"HAProxy, reload ¹", start_haproxy_reload},
        {"HAProxy, set map ²", start_haproxy_map},
        {"Erlang/OTP, release_handler", start_erlang_release},
    };
}

struct row {
    std::string_view name;
    std::unique_ptr<changed_server> server{};
    std::string missing{};
    std::vector<double> effects{};  // µs
    int kept = 0;
    load_result load{};
};

row admit(server_entry const& who) {
    row made{.name = who.name};
    try {
        made.server = who.start();
    } catch (peer_missing const& e) {
        made.missing = e.what();
    }
    return made;
}

void change_under_load(row& of, int changes) {
    if (!of.server) return;
    http_load load(of.server->port(), of.server->request());
    for (int i = 0; i != changes; ++i) {
        std::this_thread::sleep_for(between_changes);
        auto const sample = of.server->change();
        of.effects.push_back(sample.took);
        of.kept += sample.state_kept ? 1 : 0;
    }
    std::this_thread::sleep_for(between_changes);
    of.load.add(load.finish());
}

std::string kept_in_words(row const& of) {
    auto const changes = static_cast<int>(of.effects.size());
    if (of.kept == changes) return "yes";
    return of.kept == 0 ? "no" : fmt::format("{} of {}", of.kept, changes);
}

void print(row const& of) {
    if (!of.server) {
        fmt::print("  {:<30} {}\n", of.name, of.missing);
        return;
    }
    fmt::print("  {:<30} {:>9} {:>9} {:>16} {:>12} {:>9}  {}\n", of.name,
               in_words(percentile(of.effects, 0.5)), in_words(percentile(of.effects, 0.99)),
               fmt::format("{} of {}", of.load.failed, of.load.requests), of.load.connections,
               in_words(of.load.longest), kept_in_words(of));
}

}  // namespace

bool measure_changed_servers(bool quick) {
    int const rounds = quick ? 2 : 4;
    int const changes = quick ? 3 : 15;
    std::vector<row> table;
    for (auto const& each : entries()) table.push_back(admit(each));
    for (int i = 0; i != rounds; ++i)
        for (auto& each : table) change_under_load(each, changes);
    fmt::print(
        "\nservers changed while they serve HTTP, {} changes each, by turns of {}; two clients keep their\n"
        "connections, one makes a new one for each request\n",
        rounds * changes, changes);
    fmt::print("  {:<30} {:^19} {:>16} {:>12} {:>9}  {}\n", "", "command to effect", "failed", "connections",
               "longest", "state");
    fmt::print("  {:<30} {:>9} {:>9} {:>16} {:>12} {:>9}  {}\n", "", "p50", "p99", "requests", "closed",
               "request", "kept");
    load_result ours;
    for (auto const& each : table) {
        print(each);
        if (each.name.starts_with("hotswap")) ours.add(each.load);
    }
    fmt::print("{}", notes);
    if (ours.requests == 0) {
        fmt::print("  goal: failed requests of the gateway: not judged, this run lacks it\n");
        return true;
    }
    return judge_at_most("failed requests of the gateway", static_cast<double>(ours.failed), 0, "requests");
}

}  // namespace bench
