#include "pool/json_places.hpp"

#include "base/refuse.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <set>
#include <vector>

namespace hotswap::detail {

namespace {

namespace json = boost::json;

constexpr std::size_t most_depth = 32;

// Is fed byte by byte: a call that comes while a byte is parsed is about the token that this byte ends.
struct place_handler {
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
    using code = boost::system::error_code;

    struct level {
        std::string pointer;
        std::size_t next = 0;  // the index of the next element of an array
        std::string member{};  // the last key of an object
        std::set<std::string, std::less<>> members{};
        bool is_array = false;
    };

    std::size_t token = 0;  // where the token that is being read begins
    bool in_token = false;
    std::map<std::string, std::size_t, std::less<>> offsets{};
    std::string twice{};  // the pointer of a member that is there twice
    std::vector<level> levels{};
    std::string text{};  // of the key that is being read

    std::string pointer() {
        if (levels.empty()) return {};
        auto& in = levels.back();
        return pointer_to(in.pointer, in.is_array ? std::to_string(in.next++) : in.member);
    }
    bool note() {
        offsets.emplace(pointer(), token);
        in_token = false;
        return true;
    }
    bool open(bool is_array) {
        auto const here = pointer();
        offsets.emplace(here, token);
        levels.push_back({.pointer = here, .is_array = is_array});
        in_token = false;
        return true;
    }
    bool close() {
        levels.pop_back();
        in_token = false;
        return true;
    }

    bool on_document_begin(code&) { return true; }
    bool on_document_end(code&) { return true; }
    bool on_object_begin(code&) { return open(false); }
    bool on_object_end(std::size_t, code&) { return close(); }
    bool on_array_begin(code&) { return open(true); }
    bool on_array_end(std::size_t, code&) { return close(); }
    bool on_key_part(json::string_view part, std::size_t, code&) {
        text.append(part.data(), part.size());
        return true;
    }
    bool on_key(json::string_view part, std::size_t, code&) {
        text.append(part.data(), part.size());
        auto& in = levels.back();
        in.member = std::exchange(text, {});
        if (!in.members.insert(in.member).second && twice.empty()) {
            twice = pointer_to(in.pointer, in.member);
            offsets[twice] = token;
        }
        in_token = false;
        return true;
    }
    bool on_string_part(json::string_view, std::size_t, code&) { return true; }
    bool on_string(json::string_view, std::size_t, code&) { return note(); }
    bool on_number_part(json::string_view, code&) { return true; }
    bool on_int64(std::int64_t, json::string_view, code&) { return note(); }
    bool on_uint64(std::uint64_t, json::string_view, code&) { return note(); }
    bool on_double(double, json::string_view, code&) { return note(); }
    bool on_bool(bool, code&) { return note(); }
    bool on_null(code&) { return note(); }
    bool on_comment_part(json::string_view, code&) { return true; }
    bool on_comment(json::string_view, code&) { return true; }
};

bool is_between_tokens(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ':';
}

}  // namespace

result<placed_json> placed_json::read(std::string name, std::string_view text) {
    placed_json made;
    made.name_ = std::move(name);
    for (std::size_t i = 0; i != text.size(); ++i)
        if (text[i] == '\n') made.lines_.push_back(i + 1);
    json::parse_options options;
    options.max_depth = most_depth;
    json::basic_parser<place_handler> parser(options);
    auto& places = parser.handler();
    boost::system::error_code error;
    std::size_t at = 0;
    for (; at != text.size() && !error; ++at) {
        // A number ends at the byte after it.
        if (!places.in_token && !is_between_tokens(text[at])) {
            places.token = at;
            places.in_token = true;
        }
        parser.write_some(true, text.data() + at, 1, error);
    }
    if (!error) parser.write_some(false, text.data() + at, 0, error);
    if (error)
        return refuse(
            errc::pool_refused, phase::none, "{}: {}", made.at(std::min(at, text.size()) - (at != 0 ? 1 : 0)),
            error == json::error::too_deep ? "nested too deep" : "this is no JSON: " + error.message());
    made.offsets_ = std::move(places.offsets);
    if (!places.twice.empty())
        return refuse(errc::pool_refused, phase::none, "{}: this object has the member twice; remove one",
                      made.place_of(places.twice));
    made.value_ = json::parse({text.data(), text.size()}, error, {}, options);
    if (error)
        return refuse(errc::pool_refused, phase::none, "{}: this is no JSON: {}", made.name_,
                      error.message());
    return made;
}

std::string placed_json::place_of(std::string pointer) const {
    for (;;) {
        if (auto const found = offsets_.find(pointer); found != offsets_.end()) return at(found->second);
        if (pointer.empty()) return name_;
        pointer.erase(pointer.rfind('/'));
    }
}

std::string placed_json::at(std::size_t offset) const {
    auto const line = std::ranges::upper_bound(lines_, offset) - lines_.begin();
    return fmt::format("{}:{}:{}", name_, line, offset - lines_[static_cast<std::size_t>(line - 1)] + 1);
}

std::string pointer_to(std::string_view pointer, std::string_view member) {
    std::string made(pointer);
    made += '/';
    for (char const c : member) {
        if (c == '~')
            made += "~0";
        else if (c == '/')
            made += "~1";
        else
            made += c;
    }
    return made;
}

}  // namespace hotswap::detail
