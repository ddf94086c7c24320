#include "control/news_text.hpp"

#include "control/read_verbs.hpp"
#include "report/json_writer.hpp"

#include <hotswap/describe.hpp>

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace hotswap::detail {

namespace {

constexpr std::size_t events_at_once = 64;

}  // namespace

std::string news_text::events_after(std::uint64_t& after) {
    std::string text;
    for (auto const& each : of_.events().after(after, events_at_once)) {
        text += text_of(each);
        after = each.number;
    }
    return text;
}

std::string news_text::status_after(std::uint64_t& after) {
    auto const last = of_.events().last() + 1;  // so that the first status is always news
    if (last == after) return {};
    after = last;
    if (status_number_ != last) {
        status_ = fmt::format("event: status\ndata: {}\n\n", boost::json::serialize(status_of(of_)));
        status_number_ = last;
    }
    return status_;
}

std::string const& news_text::text_of(numbered_event const& one) {
    auto const number_of = [](auto const& each) { return each.first; };
    auto at = std::ranges::lower_bound(events_, one.number, {}, number_of);
    if (at != events_.end() && at->first == one.number) return at->second;
    at = events_.emplace(at, one.number,
                         fmt::format("id: {}\nevent: event\ndata: {}\n\n", one.number,
                                     boost::json::serialize(json_writer()(one.what))));
    if (events_.size() <= events_at_once) return at->second;
    // The oldest are wanted least; the one that is asked for stays.
    if (at != events_.begin()) {
        events_.pop_front();
        return std::ranges::lower_bound(events_, one.number, {}, number_of)->second;
    }
    events_.pop_back();
    return events_.front().second;
}

}  // namespace hotswap::detail
