// C++ as text: enough of it to find a component's class and its state, and to write the next version of both.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::cli {

/// The text with comments and literals replaced by blanks, so that every place stays where it is.
std::string blanked(std::string const& text);

/// The namespaces around a place of a blanked text: "counter::v1". Those without a name do not count.
std::string namespaces_at(std::string const& blank, std::size_t at);

/// A part of a text: [begin, end).
struct text_range {
    std::size_t begin = 0;
    std::size_t end = 0;

    std::string in(std::string const& text) const { return text.substr(begin, end - begin); }
};

/// The definition of a struct, class or enumeration with its semicolon, within namespaces that end with `within` (empty: any).
std::optional<text_range> find_definition(std::string const& blank, std::string_view name,
                                          std::string_view within);

/// Each whole word `from` as `to`, outside of `except`.
std::string with_word(std::string text, std::string_view from, std::string_view to, text_range except = {});

/// Files that the text includes by quotes.
std::vector<std::string> own_includes(std::string const& text);
/// The lines that include files by angle brackets.
std::string system_includes(std::string const& text);
/// Right after the last line that includes a file by quotes, or else by angle brackets; 0 if there is none.
std::size_t end_of_includes(std::string const& text);

/// The file and all files that it includes by quotes, each as a path that can be opened, the file first.
std::vector<std::filesystem::path> with_own_includes(std::filesystem::path const& file,
                                                     std::filesystem::path const& root);

}  // namespace hotswap::cli
