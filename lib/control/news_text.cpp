#include "control/news_text.hpp"

#include "control/read_verbs.hpp"
#include "report/json_writer.hpp"

#include <hotswap/describe.hpp>

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <iterator>

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
    auto at = events_.find(one.number);
    if (at == events_.end())
        at = events_
                 .emplace(one.number, fmt::format("id: {}\nevent: event\ndata: {}\n\n", one.number,
                                                  boost::json::serialize(json_writer()(one.what))))
                 .first;
    // The oldest are wanted least; the one that is asked for stays.
    if (events_.size() > events_at_once)
        events_.erase(at == events_.begin() ? std::prev(events_.end()) : events_.begin());
    return at->second;
}

}  // namespace hotswap::detail
