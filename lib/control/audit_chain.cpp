#include "control/audit_chain.hpp"

#include "base/refuse.hpp"
#include "module/digest.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <deque>
#include <fstream>
#include <utility>

namespace hotswap::detail {

namespace {

constexpr std::string_view hash_member = R"(,"hash":")";
constexpr std::size_t hash_length = 64;  // hexadecimal
constexpr std::size_t end_length = 2;    // "}

std::string hash_of(std::string_view text) { return content_digest(std::as_bytes(std::span(text))); }

failure damaged(std::string_view what) {
    return refuse(errc::audit_damaged, phase::none, "{}; compare it with a copy of the audit", what);
}

}  // namespace

std::string chained_line(boost::json::object content, audit_head& head) {
    boost::json::object whole{{"seq", ++head.sequence}, {"prev", head.hash}};
    for (auto& each : content) whole[each.key()] = std::move(each.value());
    auto line = boost::json::serialize(whole);
    head.hash = hash_of(line);
    line.pop_back();
    return line.append(hash_member).append(head.hash).append("\"}\n");
}

result<audit_head> read_chained_line(std::string_view line) {
    if (line.size() < hash_member.size() + hash_length + end_length) return damaged("the line is cut");
    auto const content = line.substr(0, line.size() - hash_member.size() - hash_length - end_length);
    auto const end = line.substr(content.size());
    auto const hash = end.substr(hash_member.size(), hash_length);
    if (!end.starts_with(hash_member) || !end.ends_with("\"}"))
        return damaged("the line has no hash at its end");
    if (hash_of(std::string(content) + "}") != hash)
        return damaged("the line's hash is not that of its content");
    boost::json::error_code error;
    auto const value = boost::json::parse({line.data(), line.size()}, error);
    auto const* const object = error ? nullptr : value.if_object();
    auto const* const sequence = object == nullptr ? nullptr : object->if_contains("seq");
    if (sequence == nullptr || !sequence->is_number()) return damaged("the line is not one of an audit");
    auto const number = sequence->to_number<std::uint64_t>(error);
    if (error) return damaged("the line has no number");
    return audit_head{number, std::string(hash)};
}

result<std::vector<boost::json::object>> newest_lines(std::filesystem::path const& file, std::size_t most) {
    std::ifstream in(file, std::ios::binary);
    if (!in)
        return refuse(errc::control_failed, phase::none, "the audit {} cannot be read; is it there?",
                      file.native());
    std::deque<std::string> newest;
    for (std::string line; std::getline(in, line);) {
        newest.push_back(std::move(line));
        if (newest.size() > most) newest.pop_front();
    }
    std::vector<boost::json::object> all;
    for (auto const& line : newest) {
        boost::json::error_code error;
        auto value = boost::json::parse(line, error);
        if (!error && value.is_object()) all.push_back(std::move(value.get_object()));
    }
    return all;
}

namespace {

// A line that cannot be read may be one of the chain that was altered, or a rest that was never one.
void check_line(std::string const& line, std::string const& place, bool& after_unreadable,
                audit_check& found) {
    bool const is_first = found.lines++ == 0;
    auto const read = read_chained_line(line);
    if (!read) {
        found.faults.push_back(place + ": " + read.error().message);
        after_unreadable = true;
        return;
    }
    if (is_first) found.first = read->sequence;
    auto const expected = found.head.sequence + 1;
    bool const is_next = read->sequence == expected;
    bool const is_after_altered = std::exchange(after_unreadable, false) && read->sequence == expected + 1;
    auto const previous = boost::json::parse(line).at("prev").as_string();
    if (!is_first && !is_next && !is_after_altered)
        found.faults.push_back(
            fmt::format("{}: line {} follows line {}: lines are missing, doubled or out of place", place,
                        read->sequence, found.head.sequence));
    else if (!is_first && is_next && std::string_view(previous) != found.head.hash)
        found.faults.push_back(place + ": the line before was altered after this one was written");
    found.head = *read;
}

}  // namespace

result<audit_check> check_audit(std::span<std::filesystem::path const> files) {
    audit_check found;
    bool after_unreadable = false;
    for (auto const& file : files) {
        std::ifstream in(file, std::ios::binary);
        if (!in)
            return refuse(errc::control_failed, phase::none,
                          "{} cannot be read; name the files of an audit, the oldest first", file.native());
        std::string line;
        for (std::uint64_t number = 1; std::getline(in, line); ++number)
            check_line(line, fmt::format("{}:{}", file.native(), number), after_unreadable, found);
    }
    return found;
}

}  // namespace hotswap::detail
