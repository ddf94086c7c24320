// A table that is copied row by row while its writers continue.
//
// The copy advances slot by slot under the lock of the current shard. If a writer changes a slot that is
// already copied, the same call changes the copy too, under the same lock; the copy meets changes of later
// slots when it reaches them. So there is no journal, and the copy is complete with the last slot: this
// invariant holds at every moment and needs no convergence. It requires that slots never move.
#pragma once

#include <hotswap/detail/state/table_pass.hpp>

#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <utility>

namespace hotswap::detail {

class table_mirror : private table_watcher {
public:
    /// Few enough that a caller who waits for the shard's lock hardly notices, and enough to pay for taking
    /// the lock.
    static constexpr std::uint32_t rows_in_a_bite = 4;

    /// `by_key`: rows do not keep their slots, although they keep their keys.
    table_mirror(table_type const& from, table_core* source, table_type const& to, table_chain chain,
                 bool by_key = false)
        : table_watcher{}, chain_(std::move(chain)), target_(new table_core) {
        pass_.from = &from;
        pass_.to = &to;
        pass_.source = source;
        pass_.target = target_;
        pass_.chain = &chain_;
        pass_.searched = &searched_;
        pass_.aligned = !by_key;
        for (auto const& link : chain_) pass_.aligned = pass_.aligned && !link->changes_keys();
        if (pass_.aligned) target_->seed = source->seed;
        if (!pass_.aligned) before = &before_change;
        changed = &after_change;
        erased = &before_erase;
        source->owners.fetch_add(1, std::memory_order_relaxed);
        heap_of_each_ = sample_heap();
    }
    ~table_mirror() {
        detach();
        pass_.from->release(pass_.source);
        pass_.to->release(target_);
    }
    table_mirror(table_mirror const&) = delete;
    table_mirror& operator=(table_mirror const&) = delete;

    /// Copies a few more rows; false once no rows are left, or the copy has failed.
    bool advance() {
        if (shard_ == table_core::shard_count || failed()) return false;
        table_shard& from = pass_.source->shards[shard_];
        if (!is_begun_) begin(from);
        if (failed()) return false;
        table_guard lock(from);
        copy_bite(from);
        // A waiting thread would otherwise see the lock taken again before it is awake.
        if (lock.release())
            sched_yield();
        else
            table_lock::leave_open();
        return true;
    }

    /// Gives the copy to its new owner, or to none: writers do not change it any more.
    /// Threads:  [quiesced]
    table_core* finish() noexcept {
        is_over_.store(true, std::memory_order_release);
        return std::exchange(target_, nullptr);
    }
    /// Removes the watcher; afterwards no writer is inside it.
    void detach() noexcept {
        is_over_.store(true, std::memory_order_release);
        for (table_shard& each : pass_.source->shards) {
            table_guard const shard(each);
            if (shard->watcher == this) shard->watcher = nullptr;
        }
    }

    /// Whether this module's code hashes a row's key differently from the code that added the row: then the
    /// copy has failed, and a copy that adds each row by its key is needed.
    bool is_misaligned() const noexcept { return is_misaligned_.load(std::memory_order_acquire); }
    /// Makes that other copy, from the beginning; this one is useless afterwards.
    std::unique_ptr<table_mirror> begin_by_key() {
        detach();
        return std::make_unique<table_mirror>(*pass_.from, pass_.source, *pass_.to, std::move(chain_), true);
    }

    table_core* source() const noexcept { return pass_.source; }
    std::uint64_t rows_copied() const noexcept { return rows_; }
    /// The memory that the finished copy takes: slots, index, and the rows' memory elsewhere, estimated from
    /// a few rows of the source.
    std::uint64_t expected_bytes() const {
        std::uint64_t const rows = pass_.source->rows();
        return sizeof(table_core) + rows * (pass_.to->shape.stride + 16 + heap_of_each_);
    }
    bool complete() const noexcept { return shard_ == table_core::shard_count; }
    bool failed() const noexcept { return failure_.load(std::memory_order_acquire) != failure::none; }
    /// The failure's reason, in words.
    std::string const& why() const noexcept {
        while (failure_.load(std::memory_order_acquire) != failure::told) sched_yield();
        return why_;
    }

private:
    enum class failure : unsigned char { none, being_told, told };

    std::uint64_t sample_heap() const noexcept {
        std::uint64_t bytes = 0;
        std::uint64_t rows = 0;
        for (std::uint32_t shard = 0; shard < table_core::shard_count; shard += 4) {
            table_guard const lock(pass_.source->shards[shard]);
            for (std::uint32_t slot = 0; slot < 4; ++slot) {
                if (!pass_.is_taken(shard, slot)) continue;
                bytes += pass_.from->heap_bytes(lock->row(slot, pass_.from->shape));
                ++rows;
            }
        }
        return rows == 0 ? 0 : bytes / rows;
    }

    // Allocates memory for the shard's rows before taking its lock.
    void begin(table_shard& from) {
        std::uint32_t rows = 0;
        std::uint32_t slots = 0;
        {
            table_guard const shard(from);
            rows = shard->rows();
            slots = shard->high_water;
        }
        if (pass_.aligned && slots != 0) {
            target_->shards[shard_].reserve_index(rows);
            target_->shards[shard_].reserve_slot(slots - 1, pass_.to->shape);
            target_->shards[shard_].touch(slots, pass_.to->shape);
        }
        table_guard const shard(from);
        if (shard->watcher != nullptr) {
            fail("another copy of the same table is being made; wait for it and try again");
            return;
        }
        shard->watcher = this;
        is_begun_ = true;
    }

    void copy_bite(table_shard& from) noexcept {
        std::uint32_t& at = copied_[shard_];
        std::uint32_t const last_slot = std::min(from.high_water, at + 8 * rows_in_a_bite);
        for (std::uint32_t rows = 0; at < last_slot && rows != rows_in_a_bite && !failed(); ++at) {
            if (!pass_.is_taken(shard_, at)) continue;
            transfer(shard_, at);
            ++rows;
            ++rows_;
        }
        if (at < from.high_water) return;
        at = everything;
        ++shard_;
        is_begun_ = false;
    }

    // Must not throw: it may run in a call of a writer, which is not concerned with the copy.
    void transfer(std::uint32_t shard, std::uint32_t slot) noexcept {
        try {
            bool arrived = false;
            pass_.copy(shard, slot, table_pass::purpose::arrive, &arrived);
            if (pass_.aligned && !arrived) pass_.to->remove(target_->shards[shard], slot);
        } catch (...) {
            fail_at(shard, slot);
        }
    }
    void fail_at(std::uint32_t shard, std::uint32_t slot) noexcept {
        try {
            throw;
        } catch (hash_changed const& what) {
            is_misaligned_.store(true, std::memory_order_release);
            fail_saying([&] { return std::string(what.what()); });
        } catch (key_collision const& both) {
            fail_saying([&] { return std::string(both.what()); });
        } catch (std::exception const& e) {
            fail_saying([&] { return "the row " + pass_.name(shard, slot) + ": " + e.what(); });
        } catch (...) {
            fail_saying([&] {
                return "the row " + pass_.name(shard, slot) + ": an exception that is not a std::exception";
            });
        }
    }
    void fail(char const* why) noexcept {
        fail_saying([why] { return std::string(why); });
    }
    template <class Say>
    void fail_saying(Say say) noexcept {
        failure none = failure::none;
        if (!failure_.compare_exchange_strong(none, failure::being_told)) return;
        try {
            why_ = say();
        } catch (...) {
            why_ = "no memory";  // short enough for the string's own buffer
        }
        failure_.store(failure::told, std::memory_order_release);
    }

    bool is_copied(std::uint32_t shard, std::uint32_t slot) const noexcept {
        return !is_over_.load(std::memory_order_acquire) && !failed() && slot < copied_[shard];
    }
    static void before_change(table_watcher* self, std::uint32_t shard, std::uint32_t slot) noexcept {
        auto& mine = *static_cast<table_mirror*>(self);
        if (!mine.is_copied(shard, slot)) return;
        try {
            mine.pass_.copy(shard, slot, table_pass::purpose::forget);
        } catch (...) {
            mine.fail_at(shard, slot);
        }
    }
    static void after_change(table_watcher* self, std::uint32_t shard, std::uint32_t slot) noexcept {
        auto& mine = *static_cast<table_mirror*>(self);
        if (mine.is_copied(shard, slot)) mine.transfer(shard, slot);
    }
    static void before_erase(table_watcher* self, std::uint32_t shard, std::uint32_t slot) noexcept {
        auto& mine = *static_cast<table_mirror*>(self);
        // If keys change, `before_change` has found the copy by the key that the row had then.
        if (mine.pass_.aligned && mine.is_copied(shard, slot))
            mine.pass_.to->remove(mine.target_->shards[shard], slot);
    }

    static constexpr std::uint32_t everything = 0xffffffff;

    table_chain chain_;
    table_core* target_;
    table_pass pass_;
    std::array<std::uint32_t, table_core::shard_count> copied_{};  // each guarded by its shard's lock
    std::uint32_t shard_ = 0;
    bool is_begun_ = false;
    std::uint64_t rows_ = 0;
    std::uint64_t heap_of_each_ = 0;
    std::atomic<bool> is_over_{false};
    std::atomic<bool> searched_{false};
    std::atomic<bool> is_misaligned_{false};
    std::atomic<failure> failure_{failure::none};
    std::string why_;
};

}  // namespace hotswap::detail
