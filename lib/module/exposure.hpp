// Who else could change what a host is about to load, and how that is put right.
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

/// A file, directory or link that others than the host's user and root could change.
struct exposure {
    enum class remedy { mode, owner, namespace_, none };
    std::filesystem::path path;
    std::string why;
    remedy by = remedy::none;
};

/// Whether only `user` is in the group: it is the user's primary group, has the user's name, lists no other member, and is no
/// other account's primary group in /etc/passwd. False where that cannot be shown.
/// Cost:     reads the system's user and group databases.
bool is_private_group(gid_t group, uid_t user);
/// Whether what the group can write is still written by root and this process's user only.
bool is_trusted_group(gid_t group);

/// Whether a user namespace of that map (/proc/self/uid_map) shows some other user as `user`, its overflow uid.
bool is_unmapped(uid_t user, uid_t overflow, std::string_view uid_map);

/// Looks at owners and modes, for the length of one operation: what it learns of groups it remembers.
class exposure_check {
public:
    exposure_check() = default;
    /// By a policy: whether owners and modes are looked at, and whose groups may write.
    explicit exposure_check(module_policy const& by)
        : checks_(by.check_ownership), trusted_groups_(by.trusted_groups) {}

    /// Notes why others could change the file of which `fd` is a descriptor (O_PATH will do), if they could. A directory whose
    /// entries only their owners may replace (sticky, as /tmp) is fine on the way to a file.
    /// Effects:  one path is noted once.
    /// Returns whether they could.
    bool look_at(int fd, struct stat const& found, std::filesystem::path const& path, bool sticky_is_fine);
    void note(exposure what);

    bool empty() const noexcept { return all_.empty(); }
    /// All of it, without what to do.
    std::string in_words() const;
    /// One refusal for all, with the commands that put all of it right.
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
