#include "harness/curve.hpp"

#include "harness/contestant.hpp"
#include "harness/measurements.hpp"
#include "harness/plot.hpp"

#include <fmt/format.h>

#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>

namespace bench {

namespace {

std::vector<entry> entries() {
    return {
        {names::precopy, make_precopy},
        {names::direct, make_direct},
        {names::lent, make_lent},
        {names::flat, make_flat},
        {names::snapshot, make_snapshot},
        {names::handoff, make_handoff},
        {names::stop_the_world, make_stop_the_world},
        {names::erlang_ets, make_erlang_ets},
        {names::erlang_map, make_erlang_map},
    };
}

// Swaps with many rows take long, and their times vary little.
int swaps_with(std::uint64_t rows) { return rows <= 100'000 ? 11 : rows <= 1'000'000 ? 7 : 3; }

// A contestant's rows, and at least as much memory again while they are rewritten.
constexpr std::uint64_t bytes_per_row = 800;

// With more rows there is not enough memory for all contestants at a time: they run one after the other.
constexpr std::uint64_t interleaved_up_to = 1'000'000;

std::uint64_t memory_available() {
    std::ifstream info("/proc/meminfo");
    for (std::string word; info >> word;)
        if (std::uint64_t kilobytes = 0; word == "MemAvailable:" && info >> kilobytes)
            return kilobytes * 1024;
    return UINT64_MAX;
}

void remark(series& on, std::string const& text) {
    if (on.remark.find(text) == std::string::npos) on.remark += (on.remark.empty() ? "" : "; ") + text;
}

// Null, with a remark, if it cannot take part.
std::unique_ptr<contestant> admit(entry const& who, std::uint64_t rows, series& into) {
    std::uint64_t const needed = rows * bytes_per_row;
    if (std::uint64_t const there = memory_available(); there < needed) {
        remark(into, fmt::format("left out with {} rows: needs {:.1f} GB of memory, {:.1f} GB are free", rows,
                                 static_cast<double>(needed) / 1e9, static_cast<double>(there) / 1e9));
        return nullptr;
    }
    try {
        return who.make(rows);
    } catch (peer_missing const& e) {
        remark(into, e.what());
        return nullptr;
    }
}

latency middle(std::vector<swap_sample> const& samples, latency swap_sample::*stretch) {
    auto const median = [&](double latency::*of) {
        std::vector<double> all;
        for (auto const& sample : samples) all.push_back(sample.*stretch.*of);
        return summarize(std::move(all));
    };
    return {median(&latency::calls_per_second).median, median(&latency::p50).median,
            median(&latency::p999).median, median(&latency::max).high};
}

point condense(std::uint64_t rows, std::vector<swap_sample> const& samples) {
    std::vector<double> pauses;
    for (auto const& sample : samples) pauses.push_back(sample.pause);
    return {rows, summarize(std::move(pauses)), middle(samples, &swap_sample::before),
            middle(samples, &swap_sample::during), middle(samples, &swap_sample::after)};
}

// Swap by swap in turn, the contestants from `first` up to `last`.
void run_in_turn(std::vector<entry> const& all, std::size_t first, std::size_t last, std::uint64_t rows,
                 std::vector<series>& curve) {
    std::vector<std::unique_ptr<contestant>> present(all.size());
    for (std::size_t i = first; i != last; ++i) present[i] = admit(all[i], rows, curve[i]);
    std::vector<std::vector<swap_sample>> samples(all.size());
    // One more swap to warm up code, pages and Erlang's heaps; not with many rows, where a swap takes
    // minutes.
    int const first_counted = rows <= interleaved_up_to ? 1 : 0;
    for (int round = 0; round != first_counted + swaps_with(rows); ++round)
        for (std::size_t i = first; i != last; ++i) {
            if (!present[i]) continue;
            auto const sample = present[i]->swap();
            if (round >= first_counted) samples[i].push_back(sample);
        }
    for (std::size_t i = first; i != last; ++i)
        if (present[i]) curve[i].points.push_back(condense(rows, samples[i]));
    present.clear();
    malloc_trim(0);  // so that the next contestants do not reuse memory that these freed
}

void run_size(std::vector<entry> const& all, std::uint64_t rows, std::vector<series>& curve) {
    fmt::print(stderr, "curve: {} contestants with {} rows\n", all.size(), rows);
    if (rows <= interleaved_up_to) return run_in_turn(all, 0, all.size(), rows, curve);
    for (std::size_t i = 0; i != all.size(); ++i) run_in_turn(all, i, i + 1, rows, curve);
}

}  // namespace

point const* series::at(std::uint64_t rows) const noexcept {
    auto const found = std::ranges::find(points, rows, &point::rows);
    return found == points.end() ? nullptr : &*found;
}

std::vector<series> run_curve(std::vector<std::uint64_t> const& sizes) {
    auto const all = entries();
    std::vector<series> curve;
    for (auto const& each : all) curve.push_back({std::string(each.name)});
    for (auto const rows : sizes) run_size(all, rows, curve);
    return curve;
}

bool measure_curve(bool quick, std::filesystem::path const& plot) {
    std::vector<std::uint64_t> sizes{1'000, 10'000, 100'000};
    if (!quick) sizes.insert(sizes.end(), {1'000'000, 10'000'000});
    auto const curve = run_curve(sizes);
    print_pauses(curve, sizes);
    print_callers(curve, quick ? 100'000 : 1'000'000);
    bool const reached = judge_curve(curve);
    if (!plot.empty()) {
        write_plot(curve, plot);
        fmt::print("  drawn: {}\n", plot.string());
    }
    return reached;
}

}  // namespace bench
