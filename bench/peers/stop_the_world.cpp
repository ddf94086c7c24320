// The method of a C++ program without a tool: one lock around the rows, held while all rows are rewritten.
#include "harness/contestant.hpp"
#include "harness/under_load.hpp"

#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <variant>

namespace bench {

namespace {

struct row_1 {
    std::uint32_t count = 0;
    std::string name;
};
struct row_2 {
    std::uint64_t count = 0;
    std::string name;
    bool flag = false;
};

struct string_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept { return std::hash<std::string_view>{}(key); }
};
template <class Row>
using row_map = std::unordered_map<std::string, Row, string_hash, std::equal_to<>>;

row_2 rewritten(row_1&& row) { return {row.count, std::move(row.name), false}; }
row_1 rewritten(row_2&& row) { return {static_cast<std::uint32_t>(row.count), std::move(row.name)}; }

class stop_the_world final : public contestant {
public:
    explicit stop_the_world(std::uint64_t rows) : rows_(rows) {
        auto& filled = held_.emplace<row_map<row_1>>();
        filled.reserve(rows);
        for (std::uint64_t i = 0; i != rows; ++i) {
            auto key = "key " + std::to_string(i);
            auto name = "the name of " + key;
            filled.emplace(std::move(key), row_1{1, std::move(name)});
        }
    }

    swap_sample swap() override {
        return measure_under_load(
            rows_, [this](std::string_view key, deed what) { what == deed::read ? read(key) : add(key); },
            [this] { return rewrite(); });
    }

private:
    void read(std::string_view key) {
        std::shared_lock const lock(mutex_);
        std::visit([&](auto& rows) { last_read_ = rows.find(key)->second.count; }, held_);
    }
    void add(std::string_view key) {
        std::lock_guard const lock(mutex_);
        std::visit([&](auto& rows) { ++rows.find(key)->second.count; }, held_);
    }

    // Readers are served until this thread has the lock, so the pause begins there; the old rows are freed
    // after the pause.
    double rewrite() {
        decltype(held_) old;
        std::unique_lock lock(mutex_);
        auto const began = std::chrono::steady_clock::now();
        old.swap(held_);
        std::visit([this](auto& from) { refill(from); }, old);
        lock.unlock();
        return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count();
    }

    template <class Row>
    void refill(row_map<Row>& from) {
        auto& to = held_.emplace<row_map<decltype(rewritten(Row{}))>>();
        to.reserve(from.size());
        for (auto& [key, row] : from) to.emplace(key, rewritten(std::move(row)));
    }

    std::uint64_t const rows_;
    std::shared_mutex mutex_;
    std::variant<row_map<row_1>, row_map<row_2>> held_;
    static inline thread_local std::uint64_t volatile last_read_ = 0;  // so that a read is not left out
};

}  // namespace

std::unique_ptr<contestant> make_stop_the_world(std::uint64_t rows) {
    return std::make_unique<stop_the_world>(rows);
}

}  // namespace bench
