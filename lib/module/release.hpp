// Releases, as in Semantic Versioning, and the files in which a directory keeps them.
#pragma once

#include <hotswap/failure.hpp>

#include <compare>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// A release, whose grammar is that of `release_text`. Numbers have any number of digits: dates are releases, too.
/// Source:   Semantic Versioning 2.0.0, sections 9 to 11.
struct release {
    std::string major;
    std::string minor;
    std::string patch;
    std::string pre_release;
    std::string build;

    /// Nothing if the text is none, or longer than a descriptor can hold.
    static std::optional<release> parse(std::string_view text);
    bool is_pre_release() const noexcept { return !pre_release.empty(); }
    /// Build metadata is ignored, as in the source.
    std::strong_ordering operator<=>(release const& other) const;
    bool operator==(release const& other) const { return (*this <=> other) == 0; }
};

/// The order in which files are taken: that of the releases, and between equal ones that of their build metadata, identifier by
/// identifier as in pre-releases; one without comes before any.
std::strong_ordering order_of_builds(release const& a, release const& b);

/// The family of a file named `family-RELEASE.so`; empty if it is named otherwise.
std::string family_of(std::filesystem::path const& file);
/// The release in such a name; empty if it is named otherwise.
std::string release_in_name(std::filesystem::path const& file);

/// What is to be known of a step between two releases, in words: that it leads down, or to a pre-release.
std::vector<std::string> notes_on_step(std::string_view from, std::string_view to);

/// Which files may be taken.
struct choice_rules {
    bool pre_releases = false;
    std::function<bool(std::filesystem::path const&)> is_out{};  ///< of which ones a probation said no
    /// Why the contract of one does not fit, as the end of a sentence that begins with its name; empty: it does, or it cannot
    /// be read, and is judged when it is staged. Not asked where there is nothing else to take.
    std::function<std::string(std::filesystem::path const&)> misfit{};
};

struct chosen_module {
    std::filesystem::path file;
    std::vector<std::string>
        passed_over;  ///< of the same family and newer, or named wrongly; with the reason, in words
};

/// The newest `family-RELEASE.so` in `directory`: the one of the highest release.
/// Effects:  where none fits, it is the newest all the same, for the words with which it is refused.
/// Errors:   no_such_file, naming the directory and what it holds instead; rolled_back if all were out.
result<chosen_module> newest_module(std::filesystem::path const& directory, std::string_view family,
                                    choice_rules const& rules = {});

/// The file `family-RELEASE.so` of just that release in `directory`.
/// Errors:   invalid_argument if it is no release; no_such_file, naming the releases that are there.
result<chosen_module> module_of_release(std::filesystem::path const& directory, std::string_view family,
                                        std::string_view number);

}  // namespace hotswap::detail
