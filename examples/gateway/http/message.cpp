#include "http/message.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/url/parse.hpp>

#include <algorithm>

namespace gateway {

answer problem(unsigned status, std::string_view error, std::string_view message) {
    return {.status = status, .body = {{"error", error}, {"message", message}}};
}

std::optional<std::vector<std::string>> path_segments(std::string_view target) {
    auto const parsed = target.starts_with('/') ? boost::urls::parse_origin_form(target)
                                                : boost::urls::parse_absolute_uri(target);
    if (!parsed) return std::nullopt;
    std::vector<std::string> segments;
    for (auto const& segment : parsed->segments()) segments.push_back(segment);
    return segments;
}

bool is_utf8(std::string_view text) {
    if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return true;
    boost::json::error_code error;
    boost::json::parse(boost::json::serialize(boost::json::string(text)), error);
    return !error;
}

}  // namespace gateway
