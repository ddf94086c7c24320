// JSON as described types.
#pragma once

#include "base/enum_name.hpp"
#include "base/refuse.hpp"
#include "report/json_names.hpp"

#include <hotswap/failure.hpp>
#include <hotswap/module_ref.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// Reads the output of json_writer. A missing member keeps its value.
class json_reader {
public:
    using value = boost::json::value;

    /// `strict`: an unknown member of an object is refused.
    explicit json_reader(bool strict) : strict_(strict) {}

    /// False if the value is of another kind than `into`; `wrong` then names the place, the expected and the
    /// found value.
    template <class T>
    bool read(value const& from, T& into) {
        return take(from, into);
    }
    std::string const& wrong() const noexcept { return wrong_; }

private:
    bool take(value const& from, bool& into) {
        if (!from.is_bool()) return refused(from, "true or false");
        into = from.get_bool();
        return true;
    }
    bool take(value const& from, std::integral auto& into) {
        boost::json::error_code error;
        auto const number = from.to_number<std::remove_reference_t<decltype(into)>>(error);
        if (error) return refused(from, "a whole number in the range of its type");
        into = number;
        return true;
    }
    bool take(value const& from, std::string& into) {
        if (!from.is_string()) return refused(from, "a text");
        into.assign(from.get_string().data(), from.get_string().size());
        return true;
    }
    bool take(value const& from, std::filesystem::path& into) {
        std::string text;
        if (!take(from, text)) return false;
        into = text;
        return true;
    }
    bool take(value const& from, module_ref& into) {
        std::string text;
        if (!from.is_string() || !take(from, text)) return refused(from, "a family, a release or a file");
        into = module_ref(text);
        return true;
    }
    bool take(value const& from, errc& into) {
        auto const code = from.is_string() ? errc_named(text_of(from)) : std::nullopt;
        if (!code) return refused(from, "the name of a code");
        into = *code;
        return true;
    }
    template <described_enum E>
    bool take(value const& from, E& into) {
        auto const found = from.is_string() ? enum_of_name<E>(text_of(from)) : std::nullopt;
        if (!found) return refused(from, "one of " + names_of<E>());
        into = *found;
        return true;
    }
    bool take(value const& from, std::chrono::nanoseconds& into) {
        boost::json::error_code error;
        auto const count = from.to_number<std::chrono::nanoseconds::rep>(error);
        if (error || count < 0) return refused(from, "a whole number of nanoseconds, 0 or more");
        into = std::chrono::nanoseconds(count);
        return true;
    }
    bool take(value const& from, std::chrono::system_clock::time_point& into) {
        std::chrono::nanoseconds since{0};
        if (!take(from, since)) return false;
        into = std::chrono::system_clock::time_point(
            std::chrono::duration_cast<std::chrono::system_clock::duration>(since));
        return true;
    }
    bool take(value const& from, std::map<std::string, std::string, std::less<>>& into) {
        if (!from.is_object()) return refused(from, "an object of texts");
        into.clear();
        for (auto const& each : from.get_object())
            if (!take_at(each.key(), each.value(), into[std::string(each.key())])) return false;
        return true;
    }
    template <class T>
    bool take(value const& from, std::optional<T>& into) {
        return take(from, into.emplace());
    }
    template <class T>
    bool take(value const& from, std::vector<T>& into) {
        if (!from.is_array()) return refused(from, "a list");
        into.clear();
        for (auto const& each : from.get_array()) {
            auto const index = std::to_string(into.size());
            if (!take_at(index, each, into.emplace_back())) return false;
        }
        return true;
    }
    template <described_struct T>
    bool take(value const& from, T& into) {
        if (!from.is_object()) return refused(from, "an object");
        for (auto const& each : from.get_object()) {
            bool known = false;
            bool good = true;
            boost::mp11::mp_for_each<described_members<T>>([&](auto member) {
                using type = std::remove_reference_t<decltype(into.*member.pointer)>;
                if (known || each.key() != json_name<type>(member.name)) return;
                known = true;
                good = take_at(each.key(), each.value(), into.*member.pointer);
            });
            if (!good || (!known && strict_ && !unknown<T>(each.key()))) return false;
        }
        return true;
    }

    template <class T>
    bool take_at(std::string_view name, value const& from, T& into) {
        auto const length = where_.size();
        where_.append(where_.empty() ? "" : ".").append(name);
        bool const good = take(from, into);
        where_.resize(length);
        return good;
    }

    static std::string_view text_of(value const& from) {
        return {from.get_string().data(), from.get_string().size()};
    }
    template <class E>
    static std::string names_of() {
        std::string all;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto each) {
            all.append(all.empty() ? "\"" : ", \"").append(enumerator_text(each.name)).append("\"");
        });
        return all;
    }

    bool refused(value const& found, std::string_view expected) {
        constexpr std::size_t longest = 80;
        auto text = boost::json::serialize(found);
        if (text.size() > longest) text = text.substr(0, longest) + "…";
        wrong_ =
            fmt::format("{}: expected {}, found {}", where_.empty() ? "the JSON" : where_, expected, text);
        return false;
    }
    template <class T>
    bool unknown(std::string_view name) {
        std::string all;
        boost::mp11::mp_for_each<described_members<T>>([&](auto member) {
            using type = std::remove_reference_t<decltype(std::declval<T&>().*member.pointer)>;
            all.append(all.empty() ? "" : ", ").append(json_name<type>(member.name));
        });
        wrong_ = fmt::format("{}{}{}: there is no such member; expected one of {}", where_,
                             where_.empty() ? "" : ".", name, all);
        return false;
    }

    bool const strict_;
    std::string where_{};
    std::string wrong_{};
};

}  // namespace hotswap::detail
