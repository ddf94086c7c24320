// The store of one runtime: whether there is one, and whether operations may write it yet.
#pragma once

#include "durable/durability.hpp"
#include "store/store.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/options.hpp>
#include <hotswap/runtime.hpp>

#include <atomic>
#include <memory>
#include <optional>

namespace hotswap::detail {

/// Threads:  [any]
class host_store {
public:
    /// Opens the store that the options name, if they name one.
    explicit host_store(runtime_options const& options);
    host_store(host_store const&) = delete;
    host_store& operator=(host_store const&) = delete;

    /// Errors:   why the store could not be opened.
    result<void> opened() const;
    /// Null: there is no store, or it could not be opened.
    detail::durability* durability() noexcept { return durability_ ? &*durability_ : nullptr; }
    /// Errors:   why the store could not be opened; no_store if there is none.
    result<detail::durability*> expect_durability() noexcept;
    /// The files of the store, which must be there.
    store& files() const noexcept { return **store_; }

    /// Whether the store may be written: its set is in memory, or empty.
    bool may_be_written() const noexcept { return set_is_here_; }
    /// Notes that a recovery has brought back the stored set.
    void note_recovered() noexcept { set_is_here_ = true; }
    /// Errors:   those of the store; invalid_argument while it holds a set that was not recovered.
    result<void> expect_writable();

private:
    result<std::unique_ptr<store>> const store_;  // null without a store
    std::optional<detail::durability> durability_;
    std::atomic<bool> set_is_here_{false};
};

}  // namespace hotswap::detail
