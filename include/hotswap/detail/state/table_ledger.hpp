// The tables of a state whose plain fields are written or read without their rows.
#pragma once

#include <hotswap/detail/state/archive.hpp>
#include <hotswap/detail/state/table_pass.hpp>

#include <cstdint>
#include <vector>

namespace hotswap::detail {

/// Holds the tables in place of their rows while an archive writes or reads the rest of a state.
class table_ledger {
public:
    /// A table field that was met while writing.
    struct entry {
        void* object;
        table_type const* type;
        lent_table content;
    };
    std::vector<entry> lent;

    /// The tables for the fields met while reading: each field becomes an empty traced table, or a further
    /// owner of a core.
    std::vector<traced_table> sources;
    bool trace = false;

    std::uint64_t lend(void* object, table_type const& type) {
        lent.push_back({object, &type, type.lend(object)});
        return lent.size() - 1;
    }
    void fill(std::uint64_t number, void* object, table_type const& type) {
        if (number >= sources.size() || sources[number].fingerprint != type.fingerprint)
            refuse_archive("the state holds a table of another kind than expected");
        traced_table& source = sources[number];
        source.type = &type;
        if (trace) return type.fill(object, nullptr, &source);
        source.core->owners.fetch_add(1, std::memory_order_relaxed);
        type.fill(object, source.core, nullptr);
    }
};

}  // namespace hotswap::detail
