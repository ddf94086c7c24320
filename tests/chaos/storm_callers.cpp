#include "storm_callers.hpp"

#include <exception>

namespace chaos {

storm_caller::storm_caller(storm_targets on, unsigned number, std::uint64_t seed, findings& found)
    : on_(std::move(on)), number_(number), random_(seed), found_(found), thread_([this] { work(); }) {}

void storm_caller::stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
}

void storm_caller::work() {
    try {
        while (!stop_.load(std::memory_order_relaxed)) {
            step();
            // The callers must not use the whole machine.
            if (calls_.load(std::memory_order_relaxed) % 64 == 0) std::this_thread::yield();
        }
    } catch (std::exception const& e) {
        found_.add(fmt::format("a call threw: {}", e.what()));
    }
}

void storm_caller::step() {
    calls_.fetch_add(1, std::memory_order_relaxed);
    auto const dice = random_.below(100);
    if (dice < 50) {
        auto const name = key(random_.below(8));
        auto const more = 1 + random_.below(3);
        auto const wanted = sums_[name] += more;
        auto const got = on_.sums->add(name, more);
        return found_.expect(got == wanted, "the sum of {} is {}, not {}", name, wanted, got);
    }
    if (dice < 60) {
        ++shared_;
        auto const seen = on_.sums->add("shared", 1);
        found_.expect(seen > shared_seen_, "the shared sum only grows: {} after {}", seen, shared_seen_);
        shared_seen_ = seen;
        return;
    }
    if (dice <
        65) {  // a caller that enters again while it holds a lease passes, also while the gate is closed
        auto const lease = on_.sums.lease();
        auto const name = key(random_.below(8));
        auto const outer = lease->total(name);
        auto const inner = on_.sums->total(name);
        return found_.expect(outer == sums_[name] && inner == outer, "the sum of {} is {}, not {} and {}",
                             name, sums_[name], outer, inner);
    }
    change_row();
}

void storm_caller::change_row() {
    auto const name = key(random_.below(8));
    auto const there = rows_.find(name);
    switch (random_.below(5)) {
        case 0:
            on_.rows->put(name, 100);
            rows_[name] = 100;
            break;
        case 1:
            on_.rows->insert(name, 50);
            rows_.emplace(name, 50);
            break;
        case 2:
            on_.rows->erase(name);
            rows_.erase(name);
            break;
        default:
            on_.rows->add(name, 1);
            if (there != rows_.end()) ++there->second;
    }
}

void storm_caller::check(storm_targets const& in) {
    for (auto const& [name, sum] : sums_)
        found_.expect(in.sums->total(name) == sum, "in the end the sum of {} is {}, not {}", name, sum,
                      in.sums->total(name));
    std::map<std::string, std::uint64_t> there;
    auto const mine = key(0).substr(0, key(0).size() - 1);
    for (auto const& [name, number, text] : in.rows->dump()) {
        if (!name.starts_with(mine)) continue;
        there[name] = number;
        found_.expect(text == "the row of number " + std::to_string(number), "the row {} of {} is whole: {}",
                      name, number, text);
    }
    found_.expect(there == rows_,
                  "in the end the {} rows of caller {} are those that it wrote, not {} others", rows_.size(),
                  number_, there.size());
}

}  // namespace chaos
