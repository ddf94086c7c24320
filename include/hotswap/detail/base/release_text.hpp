// The one grammar of releases, for components, their files and hotswap_add_component.
#pragma once

#include <cstddef>
#include <string_view>

namespace hotswap {

/// The parts of a release as it is written: `MAJOR.MINOR.PATCH[-PRE.RELEASE][+BUILD]`.
/// Source:   Semantic Versioning 2.0.0, sections 2, 9 and 10.
struct release_text {
    /// The most characters of a release: the size of the descriptor's field.
    static constexpr std::size_t longest = 31;

    std::string_view major{};
    std::string_view minor{};
    std::string_view patch{};
    std::string_view pre_release{};  ///< without its dash; empty if there is none
    std::string_view build{};        ///< without its plus; empty if there is none
    bool valid = false;

    /// Parses a release; not `valid` if the text is not a release. The length is not checked.
    /// Threads:  [any]
    static constexpr release_text parse(std::string_view text);

private:
    static constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
    static constexpr bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    }

    /// Any number of digits, without a leading zero before others.
    static constexpr std::string_view take_number(std::string_view& text) {
        std::size_t digits = 0;
        while (digits < text.size() && is_digit(text[digits])) ++digits;
        if (digits > 1 && text.front() == '0') return {};
        auto const number = text.substr(0, digits);
        text.remove_prefix(digits);
        return number;
    }

    /// Identifiers with dots between them. `strict`: numbers among them have no leading zero before other
    /// digits.
    static constexpr bool are_identifiers(std::string_view text, bool strict) {
        for (;;) {
            std::size_t size = 0;
            bool letters = false;
            for (; size < text.size() && text[size] != '.'; ++size) {
                if (!is_digit(text[size]) && !is_letter(text[size])) return false;
                letters = letters || is_letter(text[size]);
            }
            if (size == 0 || (strict && !letters && size > 1 && text.front() == '0')) return false;
            if (size == text.size()) return true;
            text.remove_prefix(size + 1);
        }
    }
};

constexpr release_text release_text::parse(std::string_view text) {
    release_text parsed;
    if (auto const plus = text.find('+'); plus != text.npos) {
        parsed.build = text.substr(plus + 1);
        if (!are_identifiers(parsed.build, false)) return {};
        text = text.substr(0, plus);
    }
    if (auto const dash = text.find('-'); dash != text.npos) {
        parsed.pre_release = text.substr(dash + 1);
        if (!are_identifiers(parsed.pre_release, true)) return {};
        text = text.substr(0, dash);
    }
    std::string_view* const parts[] = {&parsed.major, &parsed.minor, &parsed.patch};
    for (std::size_t i = 0; i != 3; ++i) {
        if (i != 0) {
            if (text.empty() || text.front() != '.') return {};
            text.remove_prefix(1);
        }
        *parts[i] = take_number(text);
        if (parts[i]->empty()) return {};
    }
    parsed.valid = text.empty();
    return parsed;
}

}  // namespace hotswap
