// Release 1.0.0: a table of counters. The table needs no mutex.
#include "hits.hpp"

#include <hotswap/component.hpp>
#include <hotswap/table.hpp>

#include <string>

namespace demo {

namespace v1 {
struct row {
    std::uint32_t count = 0;
};
struct state {
    static constexpr hotswap::schema schema{"demo.hits", 1};
    hotswap::table<std::string, row> pages;
};
}  // namespace v1

class hits_impl final : public hits {
public:
    using state = v1::state;

    hits_impl(hotswap::host&, state& state) : pages_(state.pages) {}

    void visit(std::string_view page) override {
        pages_.try_emplace_or_visit(page, v1::row{1}, [](auto& entry) { ++entry.second.count; });
    }
    std::uint64_t of(std::string_view page) override {
        std::uint64_t count = 0;
        pages_.cvisit(page, [&](auto const& entry) { count = entry.second.count; });
        return count;
    }
    std::uint64_t pages() override { return pages_.size(); }

private:
    hotswap::table<std::string, v1::row>& pages_;
};

}  // namespace demo

HOTSWAP_COMPONENT(demo::hits_impl)
