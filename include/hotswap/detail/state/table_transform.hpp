// `transform` on a table: recorded if the table is traced, at once if it has the rows.
#pragma once

#include <hotswap/detail/base/library_thread.hpp>
#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/state/table_functions.hpp>
#include <hotswap/detail/state/table_type.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace hotswap::detail {

/// Below this number a second thread costs more than it saves.
inline constexpr std::uint64_t rows_worth_a_thread = 20'000;

/// Sends all rows of a table through its chain, shard by shard, on as many threads as are worth it.
/// Errors:   exceptions of a function of the chain, and key_collision; the target is then incomplete.
class whole_table_pass {
public:
    explicit whole_table_pass(table_pass const& pass) noexcept : pass_(pass) {}

    void run() {
        std::uint64_t const paying = pass_.source->rows() / rows_worth_a_thread;
        std::uint64_t const processors = std::thread::hardware_concurrency();
        std::vector<library_thread> helpers;
        try {
            for (std::uint64_t i = 1; i < std::min({paying, processors, std::uint64_t{16}}); ++i)
                helpers.emplace_back(thread_name("table"), [this]() noexcept { work(); });
        } catch (std::exception const&) {
            // No more threads: the ones that exist do the work.
        }
        work();
        helpers.clear();  // joins them
        mutex_lock const lock(mutex_);
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    void work() noexcept {
        try {
            for (std::uint32_t shard; !failed_ && (shard = next_++) < table_core::shard_count;) {
                table_shard const& from = pass_.source->shards[shard];
                for (std::uint32_t slot = 0; slot != from.high_water; ++slot)
                    if (pass_.is_taken(shard, slot)) send(shard, slot);
            }
        } catch (...) {
            mutex_lock const lock(mutex_);
            failed_ = true;
            if (!failure_) failure_ = std::current_exception();
        }
    }

    // If keys may collide, the rows must stay unchanged, so that a message can name the other row.
    void send(std::uint32_t shard, std::uint32_t slot) const {
        if (pass_.aligned)
            pass_.consume(shard, slot);
        else
            pass_.copy(shard, slot);
    }

    table_pass const& pass_;
    std::atomic<std::uint32_t> next_{0};
    std::atomic<bool> failed_{false};
    mutex mutex_;
    std::exception_ptr failure_ HOTSWAP_GUARDED_BY(mutex_);
};

template <class Function, class Table, class Data, class F>
typename Function::table transform_table(Table&& old, Data const& data, F f) {
    using result = typename Function::table;
    auto link = std::make_unique<Function>(f, data);
    result made;
    if (table_trace*& trace = table_access::trace(old); trace != nullptr) {
        trace->chain.push_back(std::move(link));
        table_access::trace(made) = std::exchange(trace, nullptr);
        return made;
    }
    Table const source(std::move(old));
    if (table_access::core(source) == nullptr) return made;
    bool const aligned = !link->changes_keys();
    table_chain chain;
    chain.push_back(std::move(link));
    table_pass const pass{&table_access::type_of<std::remove_const_t<Table>>,
                          &table_access::type_of<result>,
                          table_access::core(source),
                          table_access::make_core(made),
                          &chain,
                          aligned};
    if (aligned) pass.target->seed = pass.source->seed;
    whole_table_pass(pass).run();
    return made;
}

}  // namespace hotswap::detail
