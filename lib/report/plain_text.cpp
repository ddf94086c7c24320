#include "report/plain_text.hpp"

namespace hotswap::detail {

// Source: The Unicode Standard, table 3-7, well-formed UTF-8 byte sequences.
std::size_t character_length(std::string_view text) noexcept {
    if (text.empty()) return 0;
    auto const at = [text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    auto const follows = [&at](std::size_t from, std::size_t to) {
        for (auto i = from; i != to; ++i)
            if ((at(i) & 0xC0U) != 0x80U) return false;
        return true;
    };
    unsigned const first = at(0);
    unsigned const second = at(1);
    if (first < 0x80U) return 1;
    if (first >= 0xC2U && first <= 0xDFU) return follows(1, 2) ? 2 : 0;
    if (first >= 0xE0U && first <= 0xEFU) {
        bool const is_too_long = first == 0xE0U && second < 0xA0U;
        bool const is_surrogate = first == 0xEDU && second > 0x9FU;
        return follows(1, 3) && !is_too_long && !is_surrogate ? 3 : 0;
    }
    if (first < 0xF0U || first > 0xF4U) return 0;
    bool const is_in_range = (first != 0xF0U || second >= 0x90U) && (first != 0xF4U || second <= 0x8FU);
    return follows(1, 4) && is_in_range ? 4 : 0;
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        auto const length = character_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string as_utf8(std::string_view text) {
    std::string clean;
    while (!text.empty()) {
        auto const length = character_length(text);
        clean += length == 0 ? std::string_view("?") : text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return clean;
}

std::string one_line(std::string_view text, std::size_t most) {
    std::string clean;
    while (!text.empty()) {
        auto const length = character_length(text);
        if (clean.size() + (length == 0 ? 1 : length) > most) break;
        auto const first = static_cast<unsigned char>(text.front());
        if (length == 0)
            clean += '?';
        else if (first < 0x20U || first == 0x7FU)
            clean += ' ';
        else
            clean += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return clean;
}

}  // namespace hotswap::detail
