#include "report/state_json.hpp"

#include "base/refuse.hpp"
#include "report/plain_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::detail {

namespace {

namespace json = boost::json;
using kind = layout_type::kind;

constexpr unsigned deepest = 500;

json::value hex_of(std::span<std::byte const> bytes) {
    std::string text;
    for (auto const each : bytes) text += fmt::format("{:02x}", static_cast<unsigned>(each));
    return json::object{{"hex", text}};
}

struct unreadable {
    failure why;
};

class state_reader {
public:
    explicit state_reader(std::span<std::byte const> payload) noexcept : left_(payload) {}

    bool is_at_end() const noexcept { return left_.empty(); }

    json::value read(layout_type const& type) {
        if (++depth_ > deepest) refuse_bytes("is nested too deep");
        auto made = read_one(type);
        --depth_;
        return made;
    }

    [[noreturn]] static void refuse_bytes(std::string_view how) {
        throw unreadable{
            refuse(errc::bad_snapshot, phase::none,
                   "the state {}: it is not of the layout that the module has for it; name the module of "
                   "the release that wrote it",
                   how)};
    }

private:
    std::span<std::byte const> take(std::uint64_t size) {
        if (size > left_.size()) refuse_bytes("ends in the middle of a value");
        auto const taken = left_.first(static_cast<std::size_t>(size));
        left_ = left_.subspan(taken.size());
        return taken;
    }
    template <class Number>
    Number take_number() {
        Number value{};
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    // No element takes less than a byte, except those without content, which are few.
    std::uint64_t take_count() {
        auto const count = take_number<std::uint64_t>();
        if (count > left_.size()) refuse_bytes("has a count that is larger than its bytes");
        return count;
    }

    json::value read_signed(std::uint64_t bits) {
        switch (bits) {
            case 8:
                return take_number<std::int8_t>();
            case 16:
                return take_number<std::int16_t>();
            case 32:
                return take_number<std::int32_t>();
            case 64:
                return take_number<std::int64_t>();
            default:
                return hex_of(take(bits / 8));
        }
    }
    json::value read_unsigned(std::uint64_t bits) {
        switch (bits) {
            case 8:
                return take_number<std::uint8_t>();
            case 16:
                return take_number<std::uint16_t>();
            case 32:
                return take_number<std::uint32_t>();
            case 64:
                return take_number<std::uint64_t>();
            default:
                return hex_of(take(bits / 8));
        }
    }
    json::value read_floating(std::uint64_t bits) {
        auto const bytes = take(bits / 8);
        double value = 0;
        if (bits == 32) {
            float number = 0;
            std::memcpy(&number, bytes.data(), sizeof number);
            value = number;
        } else if (bits == 64) {
            std::memcpy(&value, bytes.data(), sizeof value);
        } else {
            return hex_of(bytes);
        }
        return std::isfinite(value) ? json::value(value) : hex_of(bytes);
    }
    json::value read_text() {
        auto const bytes = take(take_count());
        std::string_view const text(reinterpret_cast<char const*>(bytes.data()), bytes.size());
        return is_utf8(text) ? json::value(json::string(text.data(), text.size())) : hex_of(bytes);
    }
    json::value read_enumeration(layout_type const& type) {
        auto const number = read(type.parts.front());
        auto const value = number.is_int64()  ? static_cast<std::uint64_t>(number.get_int64())
                           : number.is_bool() ? static_cast<std::uint64_t>(number.get_bool())
                                              : number.to_number<std::uint64_t>();
        for (auto const& [name, known] : type.enumerators)
            if (known == value) return json::string(name);
        return number;
    }
    json::value read_structure(layout_type const& type) {
        if (type.fields.empty()) {
            take(1);
            return json::object();
        }
        around_.push_back(&type);
        json::object all;
        for (std::size_t i = 0; i != type.fields.size(); ++i) all[type.fields[i]] = read(type.parts[i]);
        around_.pop_back();
        return all;
    }
    json::value read_elements(layout_type const& type, std::uint64_t count) {
        json::array all;
        for (std::uint64_t i = 0; i != count; ++i) all.push_back(read(type.parts.front()));
        return all;
    }
    // Each entry with its bytes, by which they are ordered.
    json::value read_in_order(layout_type const& type) {
        auto const count = take_count();
        std::vector<std::pair<std::string, json::value>> entries;
        for (std::uint64_t i = 0; i != count; ++i) {
            auto const before = left_;
            auto key = read(type.parts[0]);
            std::string bytes(reinterpret_cast<char const*>(before.data()), before.size() - left_.size());
            if (type.parts.size() == 2) {
                auto value = read(type.parts[1]);
                key = json::object{{"key", std::move(key)}, {"value", std::move(value)}};
            }
            entries.emplace_back(std::move(bytes), std::move(key));
        }
        std::ranges::stable_sort(entries, {}, &std::pair<std::string, json::value>::first);
        json::array all;
        for (auto& each : entries) all.push_back(std::move(each.second));
        return all;
    }
    json::value read_variant(layout_type const& type) {
        auto const which = take_number<std::uint32_t>();
        if (which >= type.parts.size()) refuse_bytes("has an alternative that there is not");
        return json::object{{"alternative", which}, {"value", read(type.parts[which])}};
    }
    json::value read_tuple(layout_type const& type) {
        if (type.parts.empty()) take(1);
        json::array all;
        for (auto const& each : type.parts) all.push_back(read(each));
        return all;
    }
    bool take_flag() {
        auto const flag = take_number<std::uint8_t>();
        if (flag > 1) refuse_bytes("has a flag that is neither true nor false");
        return flag == 1;
    }

    json::value read_one(layout_type const& type) {
        switch (type.what) {
            case kind::boolean:
                return take_flag();
            case kind::signed_:
                return read_signed(type.number);
            case kind::unsigned_:
                return read_unsigned(type.number);
            case kind::floating:
                return read_floating(type.number);
            case kind::string:
                return read_text();
            case kind::enumeration:
                return read_enumeration(type);
            case kind::duration:
            case kind::time:
                return read(type.parts.front());
            case kind::array:
                if (type.number == 0) take(1);
                return read_elements(type, type.number);
            case kind::list:
                return read_elements(type, take_count());
            case kind::set:
            case kind::map:
            case kind::table:
                return read_in_order(type);
            case kind::optional:
                return take_flag() ? read(type.parts.front()) : json::value();
            case kind::tuple:
                return read_tuple(type);
            case kind::variant:
                return read_variant(type);
            case kind::structure:
                return read_structure(type);
            case kind::ancestor:
                if (type.number == 0 || type.number > around_.size())
                    refuse_bytes("refers to no structure around it");
                return read_ancestor(*around_[static_cast<std::size_t>(type.number) - 1]);
            case kind::opaque:
                break;
        }
        throw unreadable{refuse(errc::schema_mismatch, phase::none,
                                "the state holds {}, a class that writes itself: only its module can read it",
                                type.name)};
    }
    json::value read_ancestor(layout_type const& type) {
        // The structures around an ancestor are those that were around it before.
        auto const around = around_;
        around_.resize(static_cast<std::size_t>(std::ranges::find(around_, &type) - around_.begin()));
        auto made = read_structure(type);
        around_ = around;
        return made;
    }

    std::span<std::byte const> left_;
    std::vector<layout_type const*> around_;
    unsigned depth_ = 0;
};

std::string key_text(json::value const& key) {
    return key.is_string() ? fmt::format("\"{}\"", std::string_view(key.get_string())) : json::serialize(key);
}

bool is_entries(json::value const& of) {
    auto const* const array = of.if_array();
    return array != nullptr && !array->empty() && std::ranges::all_of(*array, [](json::value const& each) {
               auto const* const entry = each.if_object();
               return entry != nullptr && entry->size() == 2 && entry->contains("key") &&
                      entry->contains("value");
           });
}

void compare(std::string const& path, json::value const* from, json::value const* to,
             std::vector<state_change>& found);

void compare_entries(std::string const& path, json::value const& from, json::value const& to,
                     std::vector<state_change>& found) {
    std::map<std::string, std::pair<json::value const*, json::value const*>> by_key;
    for (auto const& each : from.get_array()) by_key[key_text(each.at("key"))].first = &each.at("value");
    for (auto const& each : to.get_array()) by_key[key_text(each.at("key"))].second = &each.at("value");
    for (auto const& [key, values] : by_key)
        compare(fmt::format("{}[{}]", path, key), values.first, values.second, found);
}

void compare(std::string const& path, json::value const* from, json::value const* to,
             std::vector<state_change>& found) {
    if (from != nullptr && to != nullptr) {
        if (*from == *to) return;
        bool const has_entries = is_entries(*from) || is_entries(*to);
        if (has_entries && from->is_array() && to->is_array())
            return compare_entries(path, *from, *to, found);
        if (from->is_object() && to->is_object()) {
            auto const& before = from->get_object();
            auto const& after = to->get_object();
            auto const inner = [&](std::string_view name) {
                return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
            };
            for (auto const& each : before)
                compare(inner(each.key()), &each.value(), after.if_contains(each.key()), found);
            for (auto const& each : after)
                if (!before.contains(each.key())) compare(inner(each.key()), nullptr, &each.value(), found);
            return;
        }
    }
    found.push_back({path, from == nullptr ? json::value() : *from, to == nullptr ? json::value() : *to});
}

}  // namespace

result<json::value> state_as_json(layout_type const& layout, std::span<std::byte const> payload) {
    try {
        state_reader from(payload);
        auto made = from.read(layout);
        if (!from.is_at_end()) state_reader::refuse_bytes("has bytes after its end");
        return made;
    } catch (unreadable const& failed) {
        return failed.why;
    }
}

std::vector<state_change> state_changes(json::value const& from, json::value const& to) {
    std::vector<state_change> found;
    compare({}, &from, &to, found);
    return found;
}

}  // namespace hotswap::detail
