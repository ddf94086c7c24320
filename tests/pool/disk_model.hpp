// What may be on a disk after a power failure: a model of names and contents, of which each lasts only once it was made durable by itself.
// Stricter than most file systems: fsync of a file says nothing of its name, and names of one directory may last in any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap_test {

enum class on_disk : std::uint8_t { file, directory, link };

struct disk_entry {
    on_disk kind = on_disk::file;
    std::string content{};  ///< the target of a link
    bool operator==(disk_entry const&) const = default;
};

/// By path, relative to the root.
using disk_tree = std::map<std::string, disk_entry>;

/// A call that has returned, as the recorder writes it down:
///   create PATH                   mkdir PATH              sync PATH (a file or a directory)
///   write PATH OFFSET HEX         rmdir PATH              sync_all .
///   truncate PATH SIZE            unlink PATH
///   symlink PATH TARGET           rename PATH TO          link PATH FROM
struct file_call {
    std::string what{};
    std::string path{};
    std::vector<std::string> more{};
};

/// A call for each line, whose words are parted by tabs.
std::vector<file_call> calls_in(std::string_view record);

/// Which calls of a record make something durable: to leave some out is to test whether the test would find that.
struct obeyed_syncs {
    bool of_files = true;
    bool of_directories = true;
};

/// How many of an instant's states are made. Up to `all` in all: every one. Else: nothing lasts, all lasts, all but one, one alone, all
/// but two (`pairs`), each content that one file may have, and a sample by a fixed seed.
struct chosen_states {
    std::size_t all = 128;
    bool pairs = true;
    std::size_t sample = 24;
};

class disk_model {
public:
    /// All of `tree` is durable.
    explicit disk_model(disk_tree const& tree, obeyed_syncs obeyed = {});

    /// Throws std::runtime_error if the model does not know the call, or it cannot have happened.
    void add(file_call const& call);
    /// What programs see.
    disk_tree seen() const;
    /// What may be there after a power failure now; none of them twice.
    std::vector<disk_tree> after_power_failure(chosen_states const& chosen) const;

private:
    using index = std::size_t;
    static constexpr index none = ~index{0};
    struct node {
        on_disk kind = on_disk::file;
        std::string content{};               ///< durable; the target of a link
        std::vector<std::string> written{};  ///< the contents since, oldest first
        std::map<std::string, index> names{};
        std::map<std::string, index> durable_names{};
    };
    /// Names of one directory that change at once: two of a rename, else one.
    struct change {
        index directory = none;
        std::vector<std::pair<std::string, index>> names{};
    };
    /// What of all changes and contents lasts.
    struct choice {
        std::vector<bool> changes{};
        std::map<index, std::string> contents{};
    };

    index find(std::string_view path) const;
    std::pair<index, std::string> parent_of(std::string const& path) const;
    index add_node(on_disk kind, std::string content);
    void put(std::vector<std::pair<std::string, index>> const& paths);
    void rename(std::string const& from, std::string const& to);
    void write(node& into, std::size_t at, std::string const& bytes);
    void sync(node& of, index at);
    std::string const& content_of(node const& of) const {
        return of.written.empty() ? of.content : of.written.back();
    }

    void lose_dependents(std::vector<bool>& lasting) const;
    void keep_needed(std::vector<bool>& lasting) const;
    static std::vector<std::string> possible_contents(node const& of);
    std::vector<choice> every_choice() const;
    std::vector<choice> some_choices(chosen_states const& chosen) const;
    std::size_t count_choices(std::size_t enough) const;
    choice whole(bool lasts) const;
    disk_tree tree_of(choice const& of) const;
    void walk(index directory, std::string const& prefix,
              std::vector<std::map<std::string, index>> const& names, choice const* of,
              disk_tree& into) const;

    obeyed_syncs obeyed_;
    std::vector<node> nodes_;
    std::vector<change> changes_;  ///< that are not durable, in their order
};

/// The files below a directory.
disk_tree tree_at(std::filesystem::path const& root);
/// Makes `root` hold these files and no others.
void put_tree(disk_tree const& tree, std::filesystem::path const& root);
/// The differences, for a message; empty: none.
std::string difference(disk_tree const& wanted, disk_tree const& found);

}  // namespace hotswap_test
