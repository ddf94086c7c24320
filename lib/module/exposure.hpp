// The users who could change a file that a host loads, and the remedy.
#pragma once

#include <hotswap/detail/module/policy.hpp>
#include <hotswap/failure.hpp>

#include <sys/stat.h>
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::detail {

/// A file, directory or link that users other than the host's user and root could change.
struct exposure {
    enum class remedy { mode, owner, namespace_, none };
    std::filesystem::path path;
    std::string why;
    remedy by = remedy::none;
};

/// Whether only `user` is in the group: it is the user's primary group, has the user's name, lists no other
/// member, and is no other account's primary group in /etc/passwd. False if this cannot be shown.
/// Cost:     reads the system's user and group databases.
bool is_private_group(gid_t group, uid_t user);
/// Whether only root and this process's user can write the files that the group can write.
bool is_trusted_group(gid_t group);

/// Whether a user namespace with that map (/proc/self/uid_map) shows another user as `user`, its overflow
/// uid.
bool is_unmapped(uid_t user, uid_t overflow, std::string_view uid_map);

/// Checks owners and modes during one operation, and caches its knowledge of groups.
class exposure_check {
public:
    exposure_check() = default;
    /// A policy decides whether owners and modes are checked, and whose groups may write.
    explicit exposure_check(module_policy const& by)
        : checks_(by.check_ownership), trusted_groups_(by.trusted_groups) {}

    /// Records why other users could change the file whose descriptor is `fd` (O_PATH is enough), if they
    /// could; returns whether they could. A directory whose entries only their owners may replace (sticky, as
    /// /tmp) is accepted on the path to a file.
    /// Effects:  one path is recorded once.
    bool look_at(int fd, struct stat const& found, std::filesystem::path const& path, bool sticky_is_fine);
    void note(exposure what);

    bool empty() const noexcept { return all_.empty(); }
    /// All exposures, without the remedies.
    std::string in_words() const;
    /// One refusal for all exposures, with the commands that fix all of them.
    /// Errors:   untrusted_path.
    failure refusal() const;

private:
    bool is_ours(gid_t group);

    bool const checks_ = true;
    std::vector<gid_t> const trusted_groups_{};
    std::vector<exposure> all_;
    std::size_t more_ = 0;
    std::map<gid_t, bool> groups_;
};

}  // namespace hotswap::detail
