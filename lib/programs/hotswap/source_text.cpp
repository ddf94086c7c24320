#include "programs/hotswap/source_text.hpp"

#include "programs/hotswap/file_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <regex>

namespace hotswap::cli {

namespace fs = std::filesystem;

namespace {

bool is_of_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The end of a comment or a literal that begins at `at`; `at` if none does.
std::size_t end_of_blank(std::string const& text, std::size_t at) {
    auto const next = [&](std::size_t i) { return i < text.size() ? text[i] : '\0'; };
    if (text[at] == '/' && next(at + 1) == '/') return std::min(text.find('\n', at), text.size());
    if (text[at] == '/' && next(at + 1) == '*') {
        auto const end = text.find("*/", at + 2);
        return end == text.npos ? text.size() : end + 2;
    }
    bool const is_digit_separator = text[at] == '\'' && at != 0 && is_of_word(text[at - 1]);
    if ((text[at] != '"' && text[at] != '\'') || is_digit_separator) return at;
    for (auto i = at + 1; i < text.size(); ++i) {
        if (text[i] == '\\')
            ++i;
        else if (text[i] == text[at] || text[i] == '\n')
            return i + 1;
    }
    return text.size();
}

std::size_t end_of_braces(std::string const& blank, std::size_t open) {
    std::size_t depth = 0;
    for (auto i = open; i != blank.size(); ++i) {
        if (blank[i] == '{') ++depth;
        if (blank[i] == '}' && --depth == 0) return i + 1;
    }
    return blank.npos;
}

bool ends_with_namespaces(std::string_view path, std::string_view wanted) {
    if (wanted.empty() || path == wanted) return true;
    return path.ends_with(wanted) && path.size() > wanted.size() + 1 &&
           path[path.size() - wanted.size() - 1] == ':';
}

}  // namespace

std::string blanked(std::string const& text) {
    auto made = text;
    for (std::size_t at = 0; at < text.size();) {
        auto const end = end_of_blank(text, at);
        if (end == at) {
            ++at;
            continue;
        }
        for (; at != end; ++at)
            if (made[at] != '\n') made[at] = ' ';
    }
    return made;
}

std::string namespaces_at(std::string const& blank, std::size_t at) {
    std::vector<std::string> open;
    std::string pending;
    bool is_namespace = false;
    for (std::size_t i = 0; i < at;) {
        if (is_of_word(blank[i])) {
            auto end = i;
            while (end < at && (is_of_word(blank[end]) || blank[end] == ':')) ++end;
            auto const word = blank.substr(i, end - i);
            if (word == "namespace")
                is_namespace = true, pending.clear();
            else if (is_namespace)
                pending = word;
            i = end;
            continue;
        }
        if (blank[i] == '{') {
            open.push_back(is_namespace ? pending : std::string());
            is_namespace = false;
        } else if (blank[i] == '}' && !open.empty()) {
            open.pop_back();
        } else if (blank[i] == ';') {
            is_namespace = false;
        }
        ++i;
    }
    std::string path;
    for (auto const& each : open)
        if (!each.empty()) path += (path.empty() ? "" : "::") + each;
    return path;
}

std::optional<text_range> find_definition(std::string const& blank, std::string_view name,
                                          std::string_view within) {
    std::regex const head("\\b(struct|class|enum(\\s+(class|struct))?)\\s+" + std::string(name) +
                          "\\b[^;{}]*\\{");
    for (auto found = std::sregex_iterator(blank.begin(), blank.end(), head); found != std::sregex_iterator();
         ++found) {
        auto const begin = static_cast<std::size_t>(found->position());
        if (!ends_with_namespaces(namespaces_at(blank, begin), within)) continue;
        auto end = end_of_braces(blank, begin + static_cast<std::size_t>(found->length()) - 1);
        if (end == blank.npos) continue;
        end = blank.find(';', end);
        if (end != blank.npos) return text_range{begin, end + 1};
    }
    return std::nullopt;
}

std::string with_word(std::string text, std::string_view from, std::string_view to, text_range except) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
        bool const is_word = (at == 0 || !is_of_word(text[at - 1])) &&
                             (at + from.size() == text.size() || !is_of_word(text[at + from.size()]));
        bool const is_excepted = at >= except.begin && at < except.end;
        if (is_word && !is_excepted) {
            text.replace(at, from.size(), to);
            if (at < except.begin) {
                except.begin += to.size() - from.size();
                except.end += to.size() - from.size();
            }
            at += to.size();
        } else {
            at += from.size();
        }
    }
    return text;
}

std::vector<std::string> own_includes(std::string const& text) {
    std::vector<std::string> all;
    std::regex const line("(^|\\n)[ \\t]*#[ \\t]*include[ \\t]*\"([^\"\\n]+)\"");
    for (auto found = std::sregex_iterator(text.begin(), text.end(), line); found != std::sregex_iterator();
         ++found)
        all.push_back((*found)[2]);
    return all;
}

std::string system_includes(std::string const& text) {
    std::string all;
    std::regex const line("(^|\\n)[ \\t]*(#[ \\t]*include[ \\t]*<[^>\\n]+>)");
    for (auto found = std::sregex_iterator(text.begin(), text.end(), line); found != std::sregex_iterator();
         ++found)
        all += (*found)[2].str() + "\n";
    return all;
}

std::size_t end_of_includes(std::string const& text) {
    for (char const* const which : {"include[ \\t]*\"", "(include|pragma)"}) {
        std::size_t end = 0;
        std::regex const line(fmt::format("(^|\\n)[ \\t]*#[ \\t]*{}[^\\n]*", which));
        for (auto found = std::sregex_iterator(text.begin(), text.end(), line);
             found != std::sregex_iterator(); ++found)
            end = static_cast<std::size_t>(found->position() + found->length());
        if (end != 0) return std::min(end + 1, text.size());
    }
    return 0;
}

std::vector<fs::path> with_own_includes(fs::path const& file, fs::path const& root) {
    std::vector<fs::path> all{file};
    for (std::size_t i = 0; i != all.size(); ++i) {
        auto const here = all[i];
        for (auto const& name : own_includes(content_of(here))) {
            for (auto const& place : {here.parent_path() / name, root / name}) {
                auto const path = place.lexically_normal();
                if (!fs::exists(path)) continue;
                if (std::ranges::find(all, path) == all.end()) all.push_back(path);
                break;
            }
        }
    }
    return all;
}

}  // namespace hotswap::cli
