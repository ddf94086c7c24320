// A hundred connections that follow the status, and the callers' latencies.
#include "control/parts.hpp"
#include "harness/crew.hpp"
#include "harness/figures.hpp"
#include "harness/http_connection.hpp"
#include "harness/latency.hpp"

#include <fmt/format.h>

#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

namespace {

constexpr int watched_by = 100;
constexpr std::chrono::milliseconds at_a_time{50};
// The host begins and ends a hundred connections in this time; neither is measured.
constexpr std::chrono::milliseconds settled_in{30};

/// Connections that follow the status; one thread reads them all, and drops what it reads.
class watchers {
public:
    watchers(std::filesystem::path const& socket, int count) {
        auto const request = http_request("GET", "/v1/status?watch");
        for (int i = 0; i != count; ++i) {
            connections_.emplace_back(socket);
            if (!connections_.back().send(request)) throw std::runtime_error("the host takes no watcher");
        }
        // The first status of each belongs to its beginning.
        for (auto const& each : connections_)
            if (!read(each.descriptor(), 0)) throw std::runtime_error("the host has sent a watcher away");
        thread_ = std::thread([this] { read_on(); });
    }
    ~watchers() {
        is_over_ = true;
        if (thread_.joinable()) thread_.join();
    }
    watchers(watchers const&) = delete;
    watchers& operator=(watchers const&) = delete;

    /// Errors:   std::runtime_error if the host has closed a watcher's connection.
    void check() const {
        if (is_lost_) throw std::runtime_error("the host has closed the connection of a watcher");
    }

private:
    static bool read(int from, int flags) {
        char block[16384];
        return recv(from, block, sizeof block, flags) > 0;
    }
    void read_on() {
        std::vector<pollfd> all;
        for (auto const& each : connections_) all.push_back({each.descriptor(), POLLIN, 0});
        while (!is_over_ && !is_lost_) {
            if (poll(all.data(), all.size(), static_cast<int>(at_a_time.count())) <= 0) continue;
            for (auto const& each : all)
                if (each.revents != 0 && !read(each.fd, MSG_DONTWAIT)) is_lost_ = true;
        }
    }

    std::vector<http_connection> connections_;
    std::atomic<bool> is_over_{false};
    std::atomic<bool> is_lost_{false};
    std::thread thread_;
};

latency measure_round(operated_host& on, int count, int swaps, std::chrono::milliseconds length) {
    std::this_thread::sleep_for(settled_in);
    watchers const watching(on.socket(), count);
    std::this_thread::sleep_for(settled_in);
    row_call const call = [&on](std::string_view key, deed what) {
        if (what == deed::add)
            on.keeping()->add(key, 1);
        else
            on.keeping()->read(key);
    };  // outlives the crew
    crew busy([](unsigned seed) { return ask_evenly(watched_rows, 1, seed); }, call);
    auto const began = std::chrono::steady_clock::now();
    for (int i = 0; i != swaps; ++i) {
        std::this_thread::sleep_until(began + std::chrono::milliseconds{500} + i * std::chrono::seconds{1});
        on.swap_rows();
    }
    std::this_thread::sleep_until(began + length);
    busy.finish();
    watching.check();
    return busy.of(stretch::before);
}

void print(int count, std::vector<latency> const& rounds) {
    auto const of = [&rounds](double latency::*value) {
        std::vector<double> all;
        for (auto const& each : rounds) all.push_back(each.*value);
        return summarize(std::move(all));
    };
    auto const tail = of(&latency::p999);
    fmt::print("    {:>3} watchers {:>12.0f} {:>10} {:>10} {:>20}\n", count,
               of(&latency::calls_per_second).median, in_words(of(&latency::p50).median),
               in_words(tail.median), fmt::format("{}…{}", in_words(tail.low), in_words(tail.high)));
}

bool measure_row(operated_host& on, std::string_view name, int rounds, int swaps,
                 std::chrono::milliseconds length) {
    std::vector<latency> without;
    std::vector<latency> with;
    std::vector<double> ratios;
    for (int i = 0; i != rounds; ++i) {
        // In turn which one is first, so that a machine that becomes slower does not favour either.
        bool const first = i % 2 == 0;
        if (first) without.push_back(measure_round(on, 0, swaps, length));
        with.push_back(measure_round(on, watched_by, swaps, length));
        if (!first) without.push_back(measure_round(on, 0, swaps, length));
        ratios.push_back(with.back().p999 / without.back().p999);
    }
    auto const ratio = summarize(ratios);
    fmt::print("  {}; p99.9 with ÷ without ({} rounds): {:.2f}, {:.2f}…{:.2f}\n", name, rounds, ratio.median,
               ratio.low, ratio.high);
    print(0, without);
    print(watched_by, with);
    return judge_at_most(fmt::format("callers' p99.9 with {} watchers, {}", watched_by, name), ratio.median,
                         1.05, "× that without");
}

}  // namespace

bool measure_watchers(operated_host& on, bool quick) {
    using std::chrono::milliseconds;
    fmt::print(
        "\n{} callers of a table with {} rows, and connections that follow the status (medians of rounds)\n",
        callers, watched_rows);
    fmt::print("    {:>12} {:>12} {:>10} {:>10} {:>20}\n", "", "calls/s", "p50", "p99.9", "range");
    bool const still = measure_row(on, "no swap", quick ? 3 : 40, 0, milliseconds{250});
    return measure_row(on, "a swap each second", quick ? 1 : 14, 1, milliseconds{1000}) && still;
}

}  // namespace bench
