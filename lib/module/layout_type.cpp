#include "module/layout_type.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace hotswap::detail {

namespace {

using kind = layout_type::kind;

constexpr unsigned deepest = 200;

struct named_kind {
    std::string_view name;
    kind what;
};
constexpr std::array<named_kind, 10> with_parts{{{"duration<", kind::duration},
                                                 {"time<", kind::time},
                                                 {"array<", kind::array},
                                                 {"list<", kind::list},
                                                 {"set<", kind::set},
                                                 {"optional<", kind::optional},
                                                 {"map<", kind::map},
                                                 {"table<", kind::table},
                                                 {"tuple<", kind::tuple},
                                                 {"variant<", kind::variant}}};

/// Reads from the front of a text; once something does not fit, everything fails.
class layout_parser {
public:
    explicit layout_parser(std::string_view text) noexcept : left_(text) {}

    bool is_good() const noexcept { return is_good_; }
    bool is_at_end() const noexcept { return left_.empty(); }

    layout_type type() {
        if (++depth_ > deepest) is_good_ = false;
        layout_type made;
        if (is_good_) read(made);
        --depth_;
        return made;
    }

private:
    bool take(std::string_view text) noexcept {
        if (!left_.starts_with(text)) return false;
        left_.remove_prefix(text.size());
        return true;
    }
    void expect(char c) noexcept {
        if (!take(std::string_view(&c, 1))) is_good_ = false;
    }
    std::string name() {
        constexpr std::string_view ends = "{}<>(),;:=/ ";
        auto const size = std::min(left_.find_first_of(ends), left_.size());
        std::string made(left_.substr(0, size));
        left_.remove_prefix(size);
        return made;
    }
    std::uint64_t number() noexcept {
        std::uint64_t value = 0;
        auto const [end, error] = std::from_chars(left_.data(), left_.data() + left_.size(), value);
        if (error != std::errc{}) is_good_ = false;
        left_.remove_prefix(static_cast<std::size_t>(end - left_.data()));
        return value;
    }

    void read(layout_type& into) {
        if (take("string")) {
            into.what = kind::string;
        } else if (take("bool")) {
            into.what = kind::boolean;
        } else if (take("enum ")) {
            read_enumeration(into);
        } else if (take("opaque ")) {
            into.what = kind::opaque;
            into.name = name();
        } else if (take("^")) {
            into.what = kind::ancestor;
            into.number = number();
        } else if (!read_with_parts(into)) {
            read_scalar_or_structure(into);
        }
    }
    void read_enumeration(layout_type& into) {
        into.what = kind::enumeration;
        into.name = name();
        expect(':');
        into.parts.push_back(type());
        expect('(');
        while (is_good_ && !take(")")) {
            if (!into.enumerators.empty()) expect(',');
            auto each = name();
            expect('=');
            into.enumerators.emplace_back(std::move(each), number());
        }
    }
    bool read_with_parts(layout_type& into) {
        auto const found =
            std::ranges::find_if(with_parts, [&](auto const& each) { return take(each.name); });
        if (found == with_parts.end()) return false;
        into.what = found->what;
        bool const has_number = into.what == kind::array || is_time(into.what);
        if (has_number) {
            into.parts.push_back(type());
            expect(',');
            (into.what == kind::array ? into.number : into.num) = number();
            if (is_time(into.what)) {
                expect('/');
                into.den = number();
            }
            expect('>');
        }
        while (!has_number && is_good_ && !take(">")) {
            if (!into.parts.empty()) expect(',');
            into.parts.push_back(type());
        }
        is_good_ = is_good_ && has_its_parts(into);
        return true;
    }
    static bool is_time(kind what) noexcept { return what == kind::duration || what == kind::time; }
    static bool has_its_parts(layout_type const& of) noexcept {
        if (of.what == kind::tuple || of.what == kind::variant) return true;
        return of.parts.size() == (of.what == kind::map || of.what == kind::table ? 2U : 1U) && of.den != 0;
    }
    void read_scalar_or_structure(layout_type& into) {
        auto first = name();
        if (take("{")) return read_structure(into, std::move(first));
        auto const letter = first.empty() ? '\0' : first.front();
        into.what = letter == 'i' ? kind::signed_ : letter == 'u' ? kind::unsigned_ : kind::floating;
        auto const [end, error] =
            std::from_chars(first.data() + !first.empty(), first.data() + first.size(), into.number);
        is_good_ = is_good_ && (letter == 'i' || letter == 'u' || letter == 'f') && error == std::errc{} &&
                   end == first.data() + first.size() && into.number % 8 == 0 && into.number != 0 &&
                   into.number <= 128;
    }
    void read_structure(layout_type& into, std::string its_name) {
        into.what = kind::structure;
        into.name = std::move(its_name);
        while (is_good_ && !take("}")) {
            if (!into.fields.empty()) expect(';');
            into.fields.push_back(name());
            expect(':');
            into.parts.push_back(type());
        }
    }

    std::string_view left_;
    bool is_good_ = true;
    unsigned depth_ = 0;
};

std::string_view word_of(kind what) noexcept {
    auto const found = std::ranges::find(with_parts, what, &named_kind::what);
    return found == with_parts.end() ? std::string_view() : found->name.substr(0, found->name.size() - 1);
}

std::string path_to(std::string const& path, std::string_view next) {
    return path.empty() ? std::string(next) : fmt::format("{}.{}", path, next);
}

std::string place(std::string const& path) { return path.empty() ? "the state" : "the field " + path; }

std::string difference(layout_type const& there, layout_type const& here, std::string const& path);

std::string difference_of_fields(layout_type const& there, layout_type const& here, std::string const& path) {
    for (auto const& each : there.fields)
        if (std::ranges::find(here.fields, each) == here.fields.end())
            return fmt::format("{} is only there", place(path_to(path, each)));
    for (auto const& each : here.fields)
        if (std::ranges::find(there.fields, each) == there.fields.end())
            return fmt::format("{} is only here", place(path_to(path, each)));
    for (std::size_t i = 0; i != here.fields.size(); ++i) {
        if (there.fields[i] != here.fields[i])
            return fmt::format("{} stands where {} stands there", place(path_to(path, here.fields[i])),
                               path_to(path, there.fields[i]));
        if (auto found = difference(there.parts[i], here.parts[i], path_to(path, here.fields[i]));
            !found.empty())
            return found;
    }
    return {};
}

std::string difference(layout_type const& there, layout_type const& here, std::string const& path) {
    if (there == here) return {};
    bool const are_alike = there.what == here.what && there.name == here.name &&
                           there.number == here.number && there.num == here.num && there.den == here.den &&
                           there.parts.size() == here.parts.size();
    if (there.what == kind::structure && here.what == kind::structure && there.name == here.name)
        return difference_of_fields(there, here, path);
    if (there.what == kind::enumeration && are_alike && there.parts == here.parts)
        return fmt::format("{}: the enumerators of {} differ", place(path), here.name);
    if (are_alike)
        for (std::size_t i = 0; i != here.parts.size(); ++i)
            if (auto found = difference(there.parts[i], here.parts[i], path); !found.empty()) return found;
    return fmt::format("{} is {} there and {} here", place(path), layout_in_words(there),
                       layout_in_words(here));
}

}  // namespace

std::optional<layout_type> parse_layout(std::string_view text) {
    layout_parser from(text);
    auto made = from.type();
    if (!from.is_good() || !from.is_at_end()) return std::nullopt;
    return made;
}

std::string layout_in_words(layout_type const& type) {
    auto const parts = [&type] {
        std::string text;
        for (auto const& each : type.parts) text += (text.empty() ? "" : ", ") + layout_in_words(each);
        return text;
    };
    switch (type.what) {
        case kind::boolean:
            return "bool";
        case kind::signed_:
            return fmt::format("i{}", type.number);
        case kind::unsigned_:
            return fmt::format("u{}", type.number);
        case kind::floating:
            return fmt::format("f{}", type.number);
        case kind::string:
            return "string";
        case kind::enumeration:
            return fmt::format("enum {} : {}", type.name, parts());
        case kind::structure:
            return type.name.empty() ? "a struct" : type.name;
        case kind::ancestor:
            return "a struct around it";
        case kind::opaque:
            return type.name;
        case kind::array:
            return fmt::format("array<{}, {}>", parts(), type.number);
        case kind::duration:
        case kind::time:
            return fmt::format("{}<{}, {}/{} s>", word_of(type.what), parts(), type.num, type.den);
        default:
            return fmt::format("{}<{}>", word_of(type.what), parts());
    }
}

std::string layout_difference(layout_type const& there, layout_type const& here) {
    return difference(there, here, {});
}

layout_texts read_layouts(std::string_view note) {
    layout_texts all;
    while (!note.empty() && note.front() != '\0') {
        auto const end = std::min(note.find('\n'), note.size());
        auto const line = note.substr(0, end);
        note.remove_prefix(std::min(end + 1, note.size()));
        std::uint32_t version = 0;
        auto const [after, error] = std::from_chars(line.data(), line.data() + line.size(), version);
        auto const at = static_cast<std::size_t>(after - line.data());
        if (error != std::errc{} || at >= line.size() || line[at] != ' ') return {};
        all.emplace(version, line.substr(at + 1));
    }
    return all;
}

}  // namespace hotswap::detail
