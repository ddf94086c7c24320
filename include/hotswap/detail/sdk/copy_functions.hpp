// The C functions of a module that copy the tables of a state while its writers continue.
#pragma once

#include <hotswap/detail/sdk/read_arguments.hpp>
#include <hotswap/detail/sdk/table_copy.hpp>
#include <hotswap/detail/state/archive.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace hotswap::sdk {

/// `Functions` is the `module_functions` of a component class whose states have tables.
template <class Functions>
struct copy_functions {
    using state = typename Functions::state;
    using walk = typename Functions::walk;
    using journey = typename Functions::journey;

    template <class State>
    static State read(abi::bytes plain, detail::table_ledger& tables) {
        State value{};
        input_archive in(plain, &tables);
        in >> value;
        if (in.left() != 0) throw archive_error("the outline has bytes after the end of the state");
        return value;
    }

    // Calls `arrive(state&)` with the result of the path on the outline.
    template <std::uint32_t Version, class Arrive>
    static bool climb(std::uint32_t from, abi::bytes plain, detail::table_ledger& tables, journey& j,
                      Arrive& arrive) {
        if (from == Version) {
            using source = typename walk::template state_of<Version>;
            state end = Functions::template upgrade<Version>(j, read<source>(plain, tables));
            arrive(end);
            return true;
        }
        if constexpr (Version < walk::version)
            return climb<Version + 1>(from, plain, tables, j, arrive);
        else
            return false;
    }
    template <std::uint32_t Version, class Arrive>
    static bool descend(typename walk::template state_of<Version>&& now, std::uint32_t to, journey& j,
                        Arrive& arrive) {
        if (to == Version) {
            arrive(now);
            return true;
        }
        if constexpr (Version > walk::oldest_back)
            return descend<Version - 1>(
                Functions::template take_step<Version, Version - 1>(j, std::move(now)), to, j, arrive);
        else
            return false;
    }
    template <class Arrive>
    static void walk_traced(std::uint32_t from, std::uint32_t to, abi::outline of, journey& j,
                            detail::table_ledger& tables, Arrive&& arrive) {
        j.failure = abi::status::bad_snapshot;
        table_copy::trace(tables, of.tables);
        bool known = false;
        try {
            if (to == walk::version && from >= walk::oldest_start)
                known = climb<walk::oldest_start>(from, of.plain, tables, j, arrive);
            else if (from == walk::version && to >= walk::oldest_back)
                known = descend<walk::version>(read<state>(of.plain, tables), to, j, arrive);
        } catch (ended const&) {
            throw;
        } catch (...) {
            // A migration that looked into an empty table may throw for that reason: its accesses to tables
            // then decide.
            table_copy::check_untouched(tables);
            throw;
        }
        if (!known) throw ended{abi::status::unsupported, "the module does not know that path"};
    }

    template <class F>
    static abi::status answering(journey& j, abi::error* why, F&& f) noexcept {
        try {
            f();
            return abi::status::ok;
        } catch (ended const& end) {
            explain(why, end.why);
            return end.how;
        } catch (...) {
            return j.explain(why);
        }
    }

    // The tables that the archive met, in its order.
    template <class State>
    static void write_outline(State const& of, abi::sink* out, abi::table_sink* tables) {
        detail::table_ledger met;
        output_archive(*out, &met) << of;
        for (auto const& [object, type, content] : met.lent)
            if (!tables->add(tables, {content.core, type->fingerprint, content.core->rows()}))
                throw std::bad_alloc();
    }

    static abi::status outline_state(void const* object, abi::sink* out, abi::table_sink* tables,
                                     abi::error* why) noexcept {
        return guarded(why, [=] { write_outline(*static_cast<state const*>(object), out, tables); });
    }

    static abi::status import_outline(abi::outline from, void** out, abi::error* why) noexcept {
        return guarded(
            why,
            [&] {
                detail::table_ledger ledger;
                table_copy::trace(ledger, from.tables);
                ledger.trace = false;
                *out = new state(read<state>(from.plain, ledger));
            },
            abi::status::bad_snapshot);
    }

    static abi::status begin_copy(std::uint32_t from, std::uint32_t to, abi::outline of,
                                  abi::argument_list const* with, void** out, abi::copy_progress* expected,
                                  abi::error* why) noexcept {
        journey j;
        return answering(j, why, [&] {
            if constexpr (walk::takes_arguments) j.with = read_arguments(with);
            detail::table_ledger tables;
            auto made = std::make_unique<table_copy>(from, to);
            walk_traced(from, to, of, j, tables, [&](auto& end) { made->begin(survey(end)); });
            table_copy::check_untouched(tables);
            *expected = made->progress();
            *out = made.release();
        });
    }
    template <class State>
    static detail::table_ledger survey(State& end) {
        detail::table_ledger met;
        std::vector<unsigned char> plain;
        detail::memory_sink sink(plain);
        output_archive(sink.out, &met) << end;
        return met;
    }

    static abi::status advance_copy(void* object, std::int64_t nanoseconds, bool* complete,
                                    abi::copy_progress* progress, abi::error* why) noexcept {
        auto& copy = *static_cast<table_copy*>(object);
        journey j;
        j.failure = abi::status::migration_failed;
        j.from = copy.from;
        j.to = copy.to;
        return answering(j, why, [&] {
            *complete = copy.advance(std::chrono::nanoseconds(nanoseconds));
            *progress = copy.progress();
        });
    }

    static abi::status finish_copy(void* object, abi::outline of, abi::argument_list const* with, void** made,
                                   abi::sink* out, abi::table_sink* tables, abi::error* why) noexcept {
        auto& copy = *static_cast<table_copy*>(object);
        journey j;
        return answering(j, why, [&] {
            if constexpr (walk::takes_arguments) j.with = read_arguments(with);
            detail::table_ledger traced;
            walk_traced(copy.from, copy.to, of, j, traced, [&](auto& end) {
                auto met = survey(end);
                table_copy::check_untouched(traced);
                j.failure = abi::status::migration_failed;
                j.from = copy.from;
                j.to = copy.to;
                copy.finish(met);
                using arrived = std::remove_reference_t<decltype(end)>;
                if (made == nullptr) {
                    auto const kept = std::make_shared<arrived>(std::move(end));
                    write_outline(*kept, out, tables);
                    copy.keep(kept);
                } else if constexpr (std::is_same_v<arrived, state>) {
                    *made = new state(std::move(end));
                }
            });
        });
    }

    static bool free_rows(void* object, std::int64_t nanoseconds) noexcept {
        auto const until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(nanoseconds);
        try {
            for (auto const& entry : survey(*static_cast<state*>(object)).lent)
                for (std::uint32_t shard = 0; shard != detail::table_core::shard_count; ++shard)
                    if (entry.type->free_shard(*entry.content.core, shard) &&
                        std::chrono::steady_clock::now() >= until)
                        return false;
        } catch (...) {
            // The rest is freed with the state, in one step.
        }
        return true;
    }

    static void end_copy(void* object) noexcept { delete static_cast<table_copy*>(object); }
};

}  // namespace hotswap::sdk
