// The trace of a migration on a table without rows: the functions to run on every row.
#pragma once

#include <hotswap/detail/state/table_shard.hpp>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace hotswap {

template <class Key, class Row, class Hash, class Equal>
class table;

}  // namespace hotswap

namespace hotswap::detail {

struct table_access;
struct table_flow;
struct table_type;

struct no_data {};

/// A key in a chain of functions: the row's own, which is only lent, or a key that may be consumed.
struct key_in_flight {
    void const* key;
    bool lent;
};

/// One function of a chain, with its data.
class table_link {
public:
    virtual ~table_link() = default;
    /// Calls the function and sends its result on; a row that the function drops is not sent.
    /// Threads:  [any]
    virtual void run(key_in_flight key, void* row, table_flow const& next) const = 0;
    virtual bool changes_keys() const noexcept = 0;
    /// Appends the bytes that identify this link: its function and the value of its data.
    virtual void describe(std::vector<unsigned char>& out) const = 0;
};

using table_chain = std::vector<std::unique_ptr<table_link const>>;

/// A table of the running component, replaced by an empty one while a migration is traced.
struct traced_table {
    table_core* core = nullptr;
    std::uint64_t fingerprint = 0;
    std::uint64_t number = 0;          ///< its place in the state
    table_type const* type = nullptr;  ///< the walking module's code for it
    /// The migration's first operation other than moving and transforming, if any.
    char const* touched = nullptr;
};

/// The content of a table field: rows, or the trace of a migration on another table.
struct lent_table {
    table_core* core;
    struct table_trace* trace;
};

/// The record in an empty table while a migration is traced.
struct table_trace {
    traced_table* source;
    table_chain chain{};

    void touch(char const* what) const noexcept {
        if (source->touched == nullptr) source->touched = what;
    }
};

template <class Table, class F, class Data = no_data>
class row_function;
template <class Table, class F, class Data = no_data>
class entry_function;

template <class Function, class Table, class Data, class F>
typename Function::table transform_table(Table&& old, Data const& data, F f);

}  // namespace hotswap::detail
