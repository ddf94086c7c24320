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

/// A release, with the grammar of `release_text`. Numbers have any number of digits: dates are releases, too.
/// Source:   Semantic Versioning 2.0.0, sections 9 to 11.
struct release {
    std::string major;
    std::string minor;
    std::string patch;
    std::string pre_release;
    std::string build;

    /// Empty if the text is not a release, or is longer than a descriptor can hold.
    static std::optional<release> parse(std::string_view text);
    bool is_pre_release() const noexcept { return !pre_release.empty(); }
    /// Build metadata is ignored, as in the source.
    std::strong_ordering operator<=>(release const& other) const;
    bool operator==(release const& other) const { return (*this <=> other) == 0; }
};

/// The order in which files are taken: the order of the releases, and between equal releases the order of
/// their build metadata, identifier by identifier as in pre-releases; a release without build metadata comes
/// first.
std::strong_ordering order_of_builds(release const& a, release const& b);

/// The family of a file named `family-RELEASE.so`; empty if it is named otherwise.
std::string family_of(std::filesystem::path const& file);
/// The release in such a name; empty if the file is named otherwise.
std::string release_in_name(std::filesystem::path const& file);

/// Remarks on a step between two releases, in words: that it leads down, or to a pre-release.
std::vector<std::string> notes_on_step(std::string_view from, std::string_view to);

/// The files that may be taken.
struct choice_rules {
    bool pre_releases = false;
    std::function<bool(std::filesystem::path const&)> is_out{};  ///< the files that a probation has rejected
    /// Why a file's contract does not fit, as the end of a sentence that begins with the file's name; empty:
    /// the contract fits, or the file cannot be read, and is judged when it is staged. Not called if there is
    /// no other file to take.
    std::function<std::string(std::filesystem::path const&)> misfit{};
};

struct chosen_module {
    std::filesystem::path file;
    /// Newer files of the same family that were not taken, and wrongly named ones; with the reason, in words.
    std::vector<std::string> passed_over;
};

/// The newest `family-RELEASE.so` in `directory`: the one of the highest release.
/// Effects:  if no file fits, the newest one is chosen nevertheless, and its refusal gives the reason.
/// Errors:   no_such_file, naming the directory and its content; rolled_back if a probation has rejected all
///           files.
result<chosen_module> newest_module(std::filesystem::path const& directory, std::string_view family,
                                    choice_rules const& rules = {});

/// The file `family-RELEASE.so` of exactly that release in `directory`.
/// Errors:   invalid_argument if `number` is not a release; no_such_file, naming the existing releases.
result<chosen_module> module_of_release(std::filesystem::path const& directory, std::string_view family,
                                        std::string_view number);

}  // namespace hotswap::detail
