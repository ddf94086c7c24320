// The name of a type, spelled alike by every compiler: it is part of fingerprints, which modules of two
// compilers compare.
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>

namespace hotswap::detail {

/// The compiler's own spelling.
template <class T>
constexpr std::string_view compilers_name() noexcept {
    std::string_view const text = __PRETTY_FUNCTION__;
    auto const from = text.find("T = ") + 4;
    auto const rest = text.rfind("; std::string_view = ");  // g++ also explains the result's type
    return text.substr(from, (rest != text.npos ? rest : text.rfind(']')) - from);
}

/// Spells a type's name as g++ does: existing snapshots carry fingerprints of that spelling. clang++ leaves
/// out inline namespaces, writes the words of an integer type in another order, and places spaces
/// differently.
class name_speller {
public:
    constexpr name_speller(std::string_view name, char* to) noexcept : left_(name), begin_(to), end_(to) {}

    static constexpr std::size_t longest(std::string_view name) noexcept { return 2 * name.size() + 32; }

    /// The length of the written text, at most `longest(name)`.
    constexpr std::size_t run() noexcept {
        while (!left_.empty()) step();
        return written().size();
    }

private:
    struct number_words {
        unsigned longs = 0;
        bool is_short = false;
        bool is_signed = false;
        bool is_unsigned = false;
        std::string_view kind{};
    };

    static constexpr bool is_digit(char c) noexcept { return '0' <= c && c <= '9'; }
    static constexpr bool is_letter(char c) noexcept {
        return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || is_digit(c) || c == '_' || c == '$';
    }
    static constexpr bool is_kind(std::string_view word) noexcept {
        return word == "int" || word == "char" || word == "double" || word == "__int128";
    }

    constexpr std::string_view written() const noexcept {
        return {begin_, static_cast<std::size_t>(end_ - begin_)};
    }
    constexpr void put(std::string_view text) noexcept {
        for (char const c : text) *end_++ = c;
    }
    constexpr void skip_spaces() noexcept {
        while (left_.starts_with(' ')) left_.remove_prefix(1);
    }
    constexpr std::string_view next_word() const noexcept {
        std::size_t size = 0;
        while (size != left_.size() && is_letter(left_[size])) ++size;
        return left_.substr(0, size);
    }

    constexpr void step() noexcept {
        constexpr std::string_view unnamed = "(anonymous namespace)";
        if (left_.starts_with(unnamed)) {
            put("{anonymous}");
            left_.remove_prefix(unnamed.size());
        } else if (is_letter(left_.front())) {
            spell_word(next_word());
        } else {
            spell_sign(left_.front());
        }
    }

    constexpr void spell_sign(char sign) noexcept {
        left_.remove_prefix(1);
        if (sign == ' ') {
            skip_spaces();
            if (left_.starts_with('*') || left_.starts_with('&')) return;
        }
        if (sign == '>' && written().ends_with('>')) put(" ");
        *end_++ = sign;
    }

    constexpr void spell_word(std::string_view word) noexcept {
        if (is_digit(word.front())) {
            left_.remove_prefix(word.size());
            return put(word.substr(0, word.find_first_of("uUlL")));
        }
        if (number_words said; add(said, word)) return spell_number(said);
        left_.remove_prefix(word.size());
        if (word == "__cxx11" || word == "_V2" || word == "__1") {
            left_.remove_prefix(left_.starts_with("::") ? 2 : 0);
            return;
        }
        if (is_within("std::") && (word == "basic_string" || word == "list")) put("__cxx11::");
        if (is_within("std::chrono::") && word.ends_with("_clock")) put("_V2::");
        put(word);
    }

    // Whether the next word is in the namespace `outer`, and not in one whose name only ends alike.
    constexpr bool is_within(std::string_view outer) const noexcept {
        auto const before = written();
        if (!before.ends_with(outer)) return false;
        if (before.size() == outer.size()) return true;
        char const last = before[before.size() - outer.size() - 1];
        return !is_letter(last) && last != ':';
    }

    static constexpr bool add(number_words& said, std::string_view word) noexcept {
        if (word == "long")
            ++said.longs;
        else if (word == "short")
            said.is_short = true;
        else if (word == "signed")
            said.is_signed = true;
        else if (word == "unsigned")
            said.is_unsigned = true;
        else if (is_kind(word))
            said.kind = word;
        else
            return false;
        return true;
    }

    constexpr void spell_number(number_words said) noexcept {
        left_.remove_prefix(next_word().size());
        for (auto before = left_;; before = left_) {
            skip_spaces();
            auto const word = next_word();
            if (word.empty() || !add(said, word)) {
                left_ = before;
                break;
            }
            left_.remove_prefix(word.size());
        }
        bool const wide = said.kind == "__int128";
        if (wide) put("__int128");
        for (unsigned i = 0; i != said.longs; ++i) put(i == 0 ? "long" : " long");
        if (said.is_short) put("short");
        bool const begun = wide || said.longs != 0 || said.is_short;
        if (said.is_unsigned) put(begun ? " unsigned" : "unsigned");
        if (said.is_signed && said.kind == "char") put("signed");
        if (wide) return;
        if (begun || said.is_unsigned || (said.is_signed && said.kind == "char")) put(" ");
        put(said.kind.empty() ? "int" : said.kind);
    }

    std::string_view left_;
    char* begin_;
    char* end_;
};

/// The length of the template's name in an instance's name: 0 if the name is not an instance's.
constexpr std::size_t head_size(std::string_view name) noexcept {
    std::size_t depth = 0;
    for (std::size_t at = name.size(); at-- != 0;) {
        if (name[at] == '>') ++depth;
        if (depth == 0) return 0;
        if (name[at] == '<' && --depth == 0) return at;
    }
    return 0;
}

template <class... T>
struct types {};

// The number of arguments that identify the instance; the others are the template's defaults. The compilers
// differ in the defaults that they write, and clang++ writes those of an explicit specialization as its
// author did.
template <template <class...> class Template, class Instance, class... Kept>
constexpr std::size_t count_needed(types<Kept...>, types<>) noexcept {
    return sizeof...(Kept);
}
template <template <class...> class Template, class Instance, class... Kept, class Next, class... Rest>
constexpr std::size_t count_needed(types<Kept...>, types<Next, Rest...>) noexcept {
    if constexpr (requires { requires std::is_same_v<Template<Kept...>, Instance>; })
        return sizeof...(Kept);
    else
        return count_needed<Template, Instance>(types<Kept..., Next>{}, types<Rest...>{});
}

template <std::size_t Longest>
struct short_text {
    char text[Longest] = {};
    std::size_t size = 0;

    constexpr std::string_view view() const noexcept { return {text, size}; }
    constexpr void put(std::string_view more) noexcept {
        for (char const c : more) text[size++] = c;
    }
    constexpr void spell(std::string_view name) noexcept { size += name_speller(name, text + size).run(); }
};

template <class T>
constexpr auto spell_head() noexcept {
    constexpr auto name = compilers_name<T>();
    short_text<name_speller::longest(name)> out;
    out.spell(name.substr(0, head_size(name)));
    return out;
}

template <class T>
struct spelled_type {
    static constexpr auto make() noexcept {
        constexpr auto name = compilers_name<T>();
        short_text<name_speller::longest(name)> out;
        out.spell(name);
        return out;
    }
    static constexpr auto text = make();
};

template <class T>
struct spelled_type<T const> {
    static constexpr auto make() noexcept {
        short_text<spelled_type<T>::text.size + 6> out;
        if (!std::is_pointer_v<T>) out.put("const ");
        out.put(spelled_type<T>::text.view());
        if (std::is_pointer_v<T>) out.put(" const");
        return out;
    }
    static constexpr auto text = make();
};

template <template <class...> class Template, class... A>
struct spelled_type<Template<A...>> {
    static constexpr auto make() noexcept {
        using instance = Template<A...>;
        constexpr auto head = spell_head<instance>();
        short_text<head.size + 2 * sizeof...(A) + (spelled_type<A>::text.size + ... + 3)> out;
        out.put(head.view());
        out.put("<");
        std::size_t left = count_needed<Template, instance>(types<>{}, types<A...>{});
        std::size_t const all = left;
        ((left == 0
              ? void()
              : (out.put(left == all ? "" : ", "), out.put(spelled_type<A>::text.view()), void(--left))),
         ...);
        out.put(out.view().ends_with('>') ? " >" : ">");
        return out;
    }
    static constexpr auto text = make();
};

/// The name of `T`, the same with every compiler. Exceptions: inline namespaces other than the standard
/// library's, which clang++ leaves out, lambdas, and some templates that have values among their parameters.
/// Cost:     compile time for each part of the name; `compilers_name` is cheaper if the name's beginning is
///           enough.
template <class T>
constexpr std::string_view type_name() noexcept {
    return spelled_type<T>::text.view();
}

template <class T>
inline constexpr auto template_name_text = spell_head<T>();

/// The name of the template of which `T` is an instance; empty if `T` is not an instance.
template <class T>
constexpr std::string_view template_name() noexcept {
    return template_name_text<T>.view();
}

}  // namespace hotswap::detail
