// Files that a verb is about to write: shown as a diff, or written, all or none.
#pragma once

#include <hotswap/failure.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::cli {

/// New files, and text at the end of existing ones. What is there already is not changed, so that doing it again does nothing.
class file_changes {
public:
    explicit file_changes(std::filesystem::path root) : root_(std::move(root)) {}

    /// A file, unless it is there.
    void create(std::filesystem::path const& file, std::string content);
    /// Text at the end of a file, unless the file has `mark`.
    void append(std::filesystem::path const& file, std::string_view mark, std::string text);

    bool is_empty() const noexcept { return all_.empty(); }
    /// The paths below the root, each with a word: "new" or "longer".
    std::vector<std::pair<std::string, std::string>> summary() const;
    /// In the form of `diff -u`.
    std::string diff() const;
    /// Errors:   control_failed: a file cannot be written; those that were new are removed again.
    result<void> write() const;

private:
    struct change {
        std::filesystem::path file;
        std::string before;
        std::string added;
        bool is_new = true;
    };

    std::filesystem::path root_;
    std::vector<change> all_;
};

/// The content of a file; empty if there is none.
std::string content_of(std::filesystem::path const& file);

}  // namespace hotswap::cli
