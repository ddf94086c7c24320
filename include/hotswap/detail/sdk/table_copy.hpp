// The copies of a state's tables that a path needs: the part that does not depend on the component.
#pragma once

#include <hotswap/detail/abi/module_api.hpp>
#include <hotswap/detail/sdk/boundary.hpp>
#include <hotswap/detail/state/table_ledger.hpp>
#include <hotswap/detail/state/table_mirror.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace hotswap::sdk {

/// Ends a call across the boundary with a status of its own.
struct ended {
    abi::status how;
    std::string why;
};

class table_copy {
public:
    table_copy(std::uint32_t from, std::uint32_t to) noexcept : from(from), to(to) {}

    std::uint32_t const from;
    std::uint32_t const to;

    /// Gives a ledger the tables of an outline, for a walk on which they are traced.
    static void trace(detail::table_ledger& ledger, abi::table_list tables) {
        ledger.trace = true;
        ledger.sources.reserve(tables.size);
        for (std::uint64_t i = 0; i != tables.size; ++i)
            ledger.sources.push_back(
                {static_cast<detail::table_core*>(tables.data[i].core), tables.data[i].fingerprint, i});
    }

    /// Refuses a migration's use of a traced table that cannot be recorded.
    static void check_untouched(detail::table_ledger const& ledger) {
        for (auto const& source : ledger.sources)
            if (source.touched != nullptr)
                throw ended{abi::status::not_recorded,
                            std::string("a migration ") + source.touched + " of a table"};
    }

    /// Prepares one copy for each traced table at the end of the path.
    /// Lifetime: takes the chains out of the traces.
    void begin(detail::table_ledger const& arrived) {
        plan_ = describe(arrived);
        for (auto const& entry : arrived.lent) {
            if (entry.content.trace == nullptr) continue;
            auto& trace = *entry.content.trace;
            mirrors_.push_back(std::make_unique<detail::table_mirror>(*trace.source->type, trace.source->core,
                                                                      *entry.type, std::move(trace.chain)));
        }
    }

    /// Copies for about `budget`; true once everything is copied.
    bool advance(std::chrono::nanoseconds budget) {
        begin_again_by_key();
        auto const until = std::chrono::steady_clock::now() + budget;
        for (; at_ != mirrors_.size(); ++at_) {
            detail::table_mirror& mirror = *mirrors_[at_];
            for (unsigned bites = 1; mirror.advance(); ++bites)
                if (bites % 4 == 0 && std::chrono::steady_clock::now() >= until) return false;
            if (any_misaligned()) return false;
            check_all();
        }
        if (any_misaligned()) return false;
        check_all();
        return true;
    }

    /// Replaces the traces by the copies at the end of a second walk, which must repeat the first one.
    void finish(detail::table_ledger& arrived) {
        if (any_misaligned())
            throw ended{abi::status::stale, "a row was added whose key this module hashes differently"};
        check_all();
        if (describe(arrived) != plan_)
            throw ended{abi::status::stale, "the data for the row functions changed meanwhile"};
        std::size_t next = 0;
        for (auto const& entry : arrived.lent) {
            if (entry.content.trace == nullptr) continue;
            detail::table_mirror& mirror = *mirrors_[next++];
            if (mirror.source() != entry.content.trace->source->core)
                throw ended{abi::status::stale, "a table was replaced as a whole meanwhile"};
        }
        next = 0;
        for (auto& entry : arrived.lent)
            if (entry.content.trace != nullptr)
                entry.type->fill(entry.object, mirrors_[next++]->finish(), nullptr);
    }

    /// Keeps the end of the path, whose tables were listed for another module, until the copy is destroyed.
    void keep(std::shared_ptr<void const> end) noexcept { end_ = std::move(end); }

    abi::copy_progress progress() const {
        abi::copy_progress sum;
        for (auto const& mirror : mirrors_) {
            sum.rows += mirror->rows_copied();
            sum.total += mirror->source()->rows();
            sum.bytes += mirror->expected_bytes();
        }
        return sum;
    }

private:
    bool any_misaligned() const noexcept {
        for (auto const& mirror : mirrors_)
            if (mirror->is_misaligned()) return true;
        return false;
    }
    // Hash or equality of the keys changed although their names are equal: a slot-by-slot copy would not be
    // found.
    void begin_again_by_key() {
        for (std::size_t i = 0; i != mirrors_.size(); ++i) {
            if (!mirrors_[i]->is_misaligned()) continue;
            mirrors_[i] = mirrors_[i]->begin_by_key();
            if (i < at_) at_ = i;
        }
    }
    void check_all() const {
        for (auto const& mirror : mirrors_)
            if (mirror->failed()) throw std::runtime_error(mirror->why());
    }
    // The sources of the copies, their functions, and the data of these functions.
    static std::vector<unsigned char> describe(detail::table_ledger const& arrived) {
        std::vector<unsigned char> text;
        for (auto const& entry : arrived.lent) {
            auto const* const trace = entry.content.trace;
            if (trace == nullptr) continue;
            for (std::uint64_t const number : {trace->source->number, std::uint64_t{trace->chain.size()}})
                for (int byte = 0; byte != 8; ++byte)
                    text.push_back(static_cast<unsigned char>(number >> 8 * byte));
            for (auto const& link : trace->chain) link->describe(text);
        }
        return text;
    }

    std::vector<std::unique_ptr<detail::table_mirror>> mirrors_;
    std::vector<unsigned char> plan_;
    std::size_t at_ = 0;
    std::shared_ptr<void const> end_;
};

}  // namespace hotswap::sdk
