// Copies of a table, made in the way of a swap: a migration is traced, then a mirror copies row by row.
#pragma once

#include "state/table_contents.hpp"

#include <hotswap/detail/state/table_mirror.hpp>
#include <hotswap/table.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace hotswap_test {

/// The copy of `source` that `walk`, a migration of one table, requests.
template <class Source, class Walk>
class table_copy {
    using access = hotswap::detail::table_access;

public:
    using result = std::remove_cvref_t<std::invoke_result_t<Walk, Source&&>>;

    table_copy(Source& source, Walk walk) {
        auto* const core = access::make_core(source);
        hotswap::detail::traced_table traced{core};
        Source stand_in;
        access::trace(stand_in) = new hotswap::detail::table_trace{&traced};
        result end = walk(std::move(stand_in));
        REQUIRE(access::trace(end) != nullptr);
        mirror_ = std::make_unique<hotswap::detail::table_mirror>(
            access::type_of<Source>, core, access::type_of<result>, std::move(access::trace(end)->chain));
    }
    hotswap::detail::table_mirror& operator*() const noexcept { return *mirror_; }
    hotswap::detail::table_mirror* operator->() const noexcept { return mirror_.get(); }

    /// The finished copy.
    result take() {
        result made;
        access::type_of<result>.fill(&made, mirror_->finish(), nullptr);
        return made;
    }

private:
    std::unique_ptr<hotswap::detail::table_mirror> mirror_;
};

/// The number of watched shards of a table.
template <class Table>
std::size_t watched_shards(Table const& table) {
    auto* const core = hotswap::detail::table_access::core(table);
    if (core == nullptr) return 0;
    return static_cast<std::size_t>(std::count_if(std::begin(core->shards), std::end(core->shards),
                                                  [](auto& shard) { return shard.watcher != nullptr; }));
}

}  // namespace hotswap_test
