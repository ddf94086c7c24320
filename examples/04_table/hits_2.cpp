// Release 2.0.0: wider counters, and a flag for popular pages. Each row is rewritten before the pause.
#include "hits.hpp"

#include <hotswap/component.hpp>
#include <hotswap/table.hpp>

#include <string>
#include <utility>

namespace demo {

namespace v1 {  // frozen: release 1.0.0 writes it
struct row {
    std::uint32_t count = 0;
};
struct state {
    static constexpr hotswap::schema schema{"demo.hits", 1};
    hotswap::table<std::string, row> pages;
};
}  // namespace v1

namespace v2 {
struct row {
    std::uint64_t count = 0;
    bool popular = false;
};
struct state {
    static constexpr hotswap::schema schema{"demo.hits", 2};
    hotswap::table<std::string, row> pages;
};
}  // namespace v2

// The table records the lambda and runs it on the live rows while release 1.0.0 serves. The lambda captures
// nothing and has no side effects, because threads that count a visit make some of its calls.
v2::state widen(v1::state&& old) {
    return {std::move(old.pages).transform([](v1::row&& r) { return v2::row{r.count, r.count >= 1000}; })};
}

class hits_impl final : public hits {
public:
    using state = v2::state;
    using history = hotswap::history<&widen>;

    hits_impl(hotswap::host&, state& state) : pages_(state.pages) {}

    void visit(std::string_view page) override {
        pages_.try_emplace_or_visit(page, v2::row{1, false},
                                    [](auto& entry) { entry.second.popular = ++entry.second.count >= 1000; });
    }
    std::uint64_t of(std::string_view page) override {
        std::uint64_t count = 0;
        pages_.cvisit(page, [&](auto const& entry) { count = entry.second.count; });
        return count;
    }
    std::uint64_t pages() override { return pages_.size(); }

private:
    hotswap::table<std::string, v2::row>& pages_;
};

}  // namespace demo

HOTSWAP_COMPONENT(demo::hits_impl)
