#include "transfer/table_rows.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace hotswap_test;

namespace {

using hotswap::table_way;

/// Threads that write at random, each to its own keys, whose expected rows it knows.
class writers {
public:
    writers(hotswap::handle<rows> const& handle, std::uint64_t count) : models_(count) {
        for (std::uint64_t i = 0; i != count; ++i)
            crew_.emplace_back([this, handle, i] { write(handle, i); });
    }
    ~writers() { stop(); }
    writers(writers const&) = delete;
    writers& operator=(writers const&) = delete;

    /// Ends the threads; returns the expected content of the table.
    entries stop() {
        stop_ = true;
        for (auto& each : crew_)
            if (each.joinable()) each.join();
        entries all;
        for (auto const& model : models_)
            for (auto const& [key, number] : model)
                all.emplace_back(key, number, "the row of number " + std::to_string(number));
        std::sort(all.begin(), all.end());
        return all;
    }

private:
    void write(hotswap::handle<rows> const& handle, std::uint64_t which) {
        constexpr std::uint64_t keys_of_each = 400;
        auto& model = models_[which];
        std::mt19937_64 random(which);
        while (!stop_) {
            auto const key = key_of(which * keys_of_each + random() % keys_of_each);
            std::uint64_t const number = random() % 1000 + 1;
            switch (random() % 5) {
                case 0:
                    handle->put(key, number);
                    model[key] = number;
                    break;
                case 1:
                    handle->insert(key, number);
                    model.try_emplace(key, number);
                    break;
                case 2:
                    handle->erase(key);
                    model.erase(key);
                    break;
                default:
                    handle->add(key, number);
                    if (auto const found = model.find(key); found != model.end()) found->second += number;
            }
        }
    }

    std::vector<std::map<std::string, std::uint64_t>> models_;
    std::atomic<bool> stop_{false};
    std::vector<std::thread> crew_;
};

}  // namespace

TEST_CASE("swap: random writers at work during swaps up and down lose nothing, row by row") {
    // Rows change their type on the path 1 ↔ 2, and rows and keys on the path 3 ↔ 4.
    for (std::array const releases : {std::array{"1.0.0", "2.0.0"}, std::array{"3.0.0", "4.0.0"}}) {
        CAPTURE(releases[1]);
        site at;
        auto const handle = at.load<rows>("rows", built("rows", "1.0.0"));
        if (releases[0] != std::string_view("1.0.0")) at.swap("rows", built("rows", releases[0]));
        std::size_t before_pause = 0;
        entries expected;
        {
            writers crew(handle, 2);
            for (int round = 0; round != 8; ++round) {
                auto const up = at.swap("rows", built("rows", releases[1]));
                auto const down = at.swap("rows", built("rows", releases[0]));
                for (auto const& report : {up, down})
                    before_pause += report.tables.way == table_way::before_pause ? 1u : 0u;
            }
            expected = crew.stop();
        }
        CHECK(before_pause == 16);
        CHECK(handle->dump() == expected);
    }
}

TEST_CASE("snapshot: callers at work see no long pause, and each snapshot is of one moment") {
    site at;
    auto const handle = at.load<rows>("rows", built("rows", "1.0.0"));
    for (std::uint64_t i = 0; i != 1000; ++i) handle->put(key_of(i), 0);
    std::atomic<bool> stop{false};
    // The writer increments one row after the other: at any moment the numbers are n and n - 1, and the n
    // come first.
    std::thread writer([&] {
        while (!stop)
            for (std::uint64_t i = 0; i != 1000; ++i) handle->add(key_of(i), 1);
    });
    std::vector<std::vector<std::byte>> frames;
    for (int i = 0; i != 10; ++i) frames.push_back(at.snapshot("rows"));
    stop = true;
    writer.join();
    for (auto const& frame : frames) {
        at.runtime.restore("rows", frame).value();
        std::vector<std::uint64_t> numbers(1000);
        for (auto const& [key, number, name] : handle->dump()) numbers[std::stoull(key.substr(1))] = number;
        bool dropped = false;
        for (std::size_t i = 1; i != numbers.size(); ++i) {
            if (numbers[i] == numbers[i - 1]) continue;
            CHECK(numbers[i] + 1 == numbers[i - 1]);
            CHECK_FALSE(dropped);
            dropped = true;
        }
    }
}
