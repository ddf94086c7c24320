// The files that tools bring from an old version to a new one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace bench {

/// What the files are after a run, or after its sudden end.
enum class set_content {
    all_old,
    all_new,
    mixed,    ///< some are old and some are new
    damaged,  ///< one of them is missing, empty or cut off
};

/// Small files in two versions, and the place where one of them is installed.
class file_set {
public:
    /// Writes both versions into the directory `in`, which is there.
    file_set(std::filesystem::path in, std::size_t files);

    std::size_t files() const noexcept { return files_; }
    static std::string name(std::size_t i);
    /// A directory for what a tool keeps; removed with the set.
    std::filesystem::path const& site() const noexcept { return in_; }
    /// Where the old version is, in a directory src.
    std::filesystem::path old_version() const { return in_ / "old"; }
    std::filesystem::path new_version() const { return in_ / "new"; }
    /// The root of a system in which the files are in /srv.
    std::filesystem::path root() const { return in_ / "root"; }
    std::filesystem::path installed() const { return root() / "srv"; }

    /// Installs the old version; nothing else is there afterwards.
    void put_old() const;
    set_content look() const;

private:
    std::filesystem::path in_;
    std::size_t files_;
};

/// Makes `to` a copy of the directory `from`; what was there before is gone.
void replace_directory(std::filesystem::path const& from, std::filesystem::path const& to);

/// Waits until everything is on the disk on which `at` is, so that the next run does not wait for it.
void settle(std::filesystem::path const& at);

void write_text(std::filesystem::path const& file, std::string_view text);
/// Empty if there is no such file.
std::string read_text(std::filesystem::path const& file);

}  // namespace bench
