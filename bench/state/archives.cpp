// Saving and loading a state of a million rows: our archives next to Boost's, cereal's, and memcpy of as many bytes.
#include "harness/figures.hpp"
#include "harness/measurements.hpp"
#include "harness/missing.hpp"

#include "transfer/byte_buffer.hpp"

#include <hotswap/detail/state/archive.hpp>

#include <fmt/format.h>

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#if BENCH_HAS_CEREAL
#include <cereal/archives/binary.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>
#endif

#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

namespace {

constexpr std::uint64_t rows = 1'000'000;

// In each library's default form: hotswap needs nothing, the others need a `serialize`.
struct plain_row {
    std::uint64_t seen = 0;
    std::int64_t balance = 0;
    std::string note;
    bool operator==(plain_row const&) const = default;
};
struct serialized_row {
    std::uint64_t seen = 0;
    std::int64_t balance = 0;
    std::string note;
    bool operator==(serialized_row const&) const = default;

    template <class Archive>
    void serialize(Archive& archive, unsigned = 0) {
        archive& seen& balance& note;
    }
};
struct cereal_row {
    std::uint64_t seen = 0;
    std::int64_t balance = 0;
    std::string note;
    bool operator==(cereal_row const&) const = default;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(seen, balance, note);
    }
};

using numbers = std::vector<std::uint64_t>;

// 80 bytes a row with two lengths: 16 of key, 16 of numbers, 32 of note.
template <class Row>
std::map<std::string, Row> ledger() {
    std::map<std::string, Row> made;
    for (std::uint64_t i = 0; i != rows; ++i)
        made.emplace_hint(
            made.end(), fmt::format("customer {:07}", i),
            Row{i, -static_cast<std::int64_t>(i), fmt::format("a note on customer, no. {:07}", i)});
    return made;
}

double milliseconds(std::function<void()> const& work) {
    auto const began = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
}

template <class State>
void compare(State const& saved, State const& loaded) {
    if (saved != loaded) throw std::runtime_error("a loaded state differs from what was saved: a bug");
}

/// The times of one save and one load.
struct sample {
    double save = 0;  // ms
    double load = 0;
};

template <class State>
sample by_hotswap(State const& state, std::size_t prepared) {
    hotswap::detail::byte_buffer buffer;
    buffer.prepare(prepared);
    State loaded;
    sample const took{milliseconds([&] { hotswap::output_archive(*buffer.sink()) << state; }),
                      milliseconds([&] {
                          hotswap::input_archive in({buffer.bytes().data(), buffer.size()});
                          in >> loaded;
                      })};
    compare(state, loaded);
    return took;
}

template <class Output, class Input, class State>
sample by_stream(State const& state) {
    std::stringstream stream(std::ios::in | std::ios::out | std::ios::binary);
    State loaded;
    sample const took{milliseconds([&] {
                          Output out(stream);
                          out << state;
                      }),
                      milliseconds([&] {
                          Input in(stream);
                          in >> loaded;
                      })};
    compare(state, loaded);
    return took;
}

#if BENCH_HAS_CEREAL
template <class State>
sample by_cereal(State const& state) {
    std::stringstream stream(std::ios::in | std::ios::out | std::ios::binary);
    State loaded;
    sample const took{milliseconds([&] { cereal::BinaryOutputArchive{stream}(state); }),
                      milliseconds([&] { cereal::BinaryInputArchive{stream}(loaded); })};
    compare(state, loaded);
    return took;
}
#endif

// Copies into untouched memory, as an archive must.
sample by_memcpy(numbers const& bytes) {
    std::size_t const size = bytes.size() * sizeof bytes[0];
    auto const to = std::make_unique_for_overwrite<unsigned char[]>(size);
    auto const back = std::make_unique_for_overwrite<std::uint64_t[]>(bytes.size());
    sample const took{milliseconds([&] { std::memcpy(to.get(), bytes.data(), size); }),
                      milliseconds([&] { std::memcpy(back.get(), to.get(), size); })};
    if (!std::equal(bytes.begin(), bytes.end(), back.get())) throw std::runtime_error("memcpy differs");
    return took;
}

struct contestant {
    std::string name;
    std::function<sample()> measure{};  ///< empty: the peer is missing
    std::vector<double> saves{};
    std::vector<double> loads{};
};

void run(std::vector<contestant>& all, int rounds) {
    for (int round = 0; round != rounds; ++round)
        for (auto& each : all) {
            if (!each.measure) continue;
            auto const took = each.measure();
            each.saves.push_back(took.save);
            each.loads.push_back(took.load);
        }
}

void print(std::string const& title, std::vector<contestant> const& all, contestant const& base) {
    auto const save = summarize(base.saves);
    auto const load = summarize(base.loads);
    fmt::print("\n{} (ms, median of {} interleaved runs)\n", title, base.saves.size());
    fmt::print("  {:<38} {:>7} {:>15} {:>8} {:>7} {:>15} {:>8}\n", "", "save", "lowest…highest", "Boost ÷",
               "load", "lowest…highest", "Boost ÷");
    for (auto const& each : all) {
        if (!each.measure) {
            fmt::print("  {:<38} {}\n", each.name, missing_peer("libcereal-dev"));
            continue;
        }
        auto const s = summarize(each.saves);
        auto const l = summarize(each.loads);
        fmt::print("  {:<38} {:>7.1f} {:>7.1f}…{:<7.1f} {:>8.2f} {:>7.1f} {:>7.1f}…{:<7.1f} {:>8.2f}\n",
                   each.name, s.median, s.low, s.high, save.median / s.median, l.median, l.low, l.high,
                   load.median / l.median);
    }
}

template <class State>
std::size_t saved_size(State const& state) {
    hotswap::detail::byte_buffer buffer;
    hotswap::output_archive(*buffer.sink()) << state;
    return buffer.size();
}

// The report finds the contestants by their order here.
template <class Ours, class Boosts>
std::vector<contestant> contestants(Ours const& ours, Boosts const& boosts, numbers const& bytes) {
    std::size_t const size = saved_size(ours);
    return {{"hotswap, prepared as for a swap", [&ours, size] { return by_hotswap(ours, size); }},
            {"hotswap, into a buffer that grows", [&ours] { return by_hotswap(ours, 0); }},
            {"Boost binary archive, stringstream",
             [&boosts] {
                 return by_stream<boost::archive::binary_oarchive, boost::archive::binary_iarchive>(boosts);
             }},
            {"memcpy of the same bytes", [&bytes] { return by_memcpy(bytes); }}};
}

template <class State>
contestant cereals([[maybe_unused]] State const& state) {
#if BENCH_HAS_CEREAL
    return {"cereal binary archive, stringstream", [&state] { return by_cereal(state); }};
#else
    return {"cereal binary archive"};
#endif
}

double share_of_boosts(std::vector<contestant> const& all, std::vector<double> contestant::*of) {
    return summarize(all[0].*of).median / summarize(all[2].*of).median;
}

}  // namespace

bool measure_archives(int rounds) {
    auto const ours = ledger<plain_row>();
    auto const boosts = ledger<serialized_row>();
    auto const cereal = ledger<cereal_row>();
    std::size_t const size = saved_size(ours);
    numbers bytes(size / sizeof(std::uint64_t));
    for (std::size_t i = 0; i != bytes.size(); ++i) bytes[i] = i;

    auto maps = contestants(ours, boosts, bytes);
    maps.push_back(cereals(cereal));
    run(maps, rounds);
    print(fmt::format("a std::map of {} rows {{u64, i64, string}}, {:.1f} MB", rows,
                      static_cast<double>(size) / 1e6),
          maps, maps[2]);
    bool const saves = judge_at_most("save", share_of_boosts(maps, &contestant::saves), 1.0 / 4, "× Boost's");
    bool const loads = judge_at_most("load", share_of_boosts(maps, &contestant::loads), 1.0 / 3, "× Boost's");

    auto flat = contestants(bytes, bytes, bytes);
    flat.push_back(cereals(bytes));
    run(flat, rounds);
    print("the same bytes as a std::vector of u64", flat, flat[2]);
    // No goal for the load: Boost reads these in one piece as well.
    bool const pieces =
        judge_at_most("save", share_of_boosts(flat, &contestant::saves), 1.0 / 4, "× Boost's");
    return saves && loads && pieces;
}

}  // namespace bench
