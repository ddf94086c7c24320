#include "store/seal.hpp"

#include "store/store_failure.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace hotswap::detail {

namespace {

constexpr std::string_view magic = "hotswap-store";
constexpr std::string_view format = "2";
constexpr std::string_view no_subject = "=";
constexpr std::size_t tag_size = 32;
constexpr std::size_t tag_digits = 2 * tag_size;

bool is_plain(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

// A name must not add a blank or an end of line.
std::string escape(std::string_view text) {
    if (text.empty()) return std::string(no_subject);
    std::string escaped;
    for (char const c : text)
        if (is_plain(c))
            escaped += c;
        else
            escaped += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    return escaped;
}

std::string unescape(std::string_view text) {
    if (text == no_subject) return {};
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned code = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, code, 16).ec == std::errc{}) {
            plain += static_cast<char>(code);
            i += 2;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

std::optional<std::uint64_t> number_in(std::string_view text) noexcept {
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view as_text(std::span<std::byte const> bytes) noexcept {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

unsigned char const* as_octets(void const* bytes) noexcept {
    return static_cast<unsigned char const*>(bytes);
}

class hash {
public:
    explicit hash(std::span<std::byte const> key) {
        static int const ready = sodium_init();
        static_cast<void>(ready);
        crypto_generichash_init(&state_, as_octets(key.data()), key.size(), tag_size);
    }
    void add(std::span<std::byte const> bytes) noexcept {
        crypto_generichash_update(&state_, as_octets(bytes.data()), bytes.size());
    }
    std::string hexadecimal() {
        std::array<unsigned char, tag_size> octets{};
        crypto_generichash_final(&state_, octets.data(), octets.size());
        std::string text(tag_digits + 1, '\0');
        sodium_bin2hex(text.data(), text.size(), octets.data(), octets.size());
        text.pop_back();
        return text;
    }

private:
    crypto_generichash_state state_;
};

// The words of a line; no words if there is no line.
struct words {
    std::array<std::string_view, 8> word{};
    std::size_t count = 0;
    std::size_t line_size = 0;

    explicit words(std::string_view file) {
        auto line = file.substr(0, longest_seal);
        auto const end = line.find('\n');
        if (end == line.npos) return;
        line_size = end + 1;
        line = line.substr(0, end);
        for (; count != word.size(); ++count) {
            auto const blank = line.find(' ');
            word[count] = line.substr(0, blank);
            if (blank == line.npos) {
                ++count;
                return;
            }
            line.remove_prefix(blank + 1);
        }
        count = 0;  // words are left over
    }
};

}  // namespace

sealer::~sealer() { sodium_memzero(key_.data(), key_.size()); }

std::string sealer::tag(std::string_view line, byte_parts content) const {
    hash over(key_);
    over.add(std::as_bytes(std::span(line)));
    for (auto const part : content) over.add(part);
    return over.hexadecimal();
}

std::string sealer::seal(std::string_view kind, std::uint64_t sequence, std::string_view subject,
                         byte_parts content) const {
    std::size_t length = 0;
    for (auto const part : content) length += part.size();
    auto line = fmt::format("{} {} {} {} {} {} {} ", magic, format, kind, sequence, escape(subject), length,
                            algorithm());
    line += tag(line, content);
    line += '\n';
    return line;
}

std::string sealer::tag_of(std::string_view line) {
    return std::string(line.substr(line.size() - tag_digits - 1, tag_digits));
}

result<sealed> sealer::open(std::span<std::byte const> file, std::string_view kind,
                            std::filesystem::path const& path) const {
    words const line(as_text(file));
    if (line.count != line.word.size() || line.word[0] != magic)
        return store_damage(path, "it does not begin with the seal of a store's file");
    auto const& [_, its_format, its_kind, sequence, subject, length, its_algorithm, its_tag] = line.word;
    if (its_format != format)
        return store_damage(
            path, fmt::format("its format is {}, this version of hotswap reads {}", its_format, format));
    if (its_kind != kind)
        return store_damage(path, fmt::format("it is a {}, a {} was expected", its_kind, kind));
    auto const content = file.subspan(line.line_size);
    if (number_in(length) != content.size())
        return store_damage(path,
                            fmt::format("{} bytes follow its seal, which says {}", content.size(), length));
    auto const its_sequence = number_in(sequence);
    if (!its_sequence) return store_damage(path, "its sequence number is not a number");
    if (its_algorithm != algorithm())
        return store_damage(path, key_.empty() ? "it was sealed with a key, and none is configured"
                                               : "it was sealed without a key, and one is configured");
    auto const covered = as_text(file).substr(0, line.line_size - 1 - its_tag.size());
    auto const right = tag(covered, std::array{content});
    if (its_tag.size() != right.size() || sodium_memcmp(its_tag.data(), right.data(), right.size()) != 0)
        return store_damage(path, key_.empty() ? "its checksum is wrong"
                                               : "its checksum is wrong, or it was sealed with another key");
    return sealed{std::string(its_kind), *its_sequence, unescape(subject), right, content};
}

bool is_digest(std::string_view text) noexcept {
    return text.size() == tag_digits && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

}  // namespace hotswap::detail
