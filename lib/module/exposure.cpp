#include "module/exposure.hpp"

#include "base/refuse.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <sstream>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_named = 32;  // a user who can write a directory can put any number of files there
constexpr std::size_t longest_entry = std::size_t{1} << 20;

/// Calls a function that fills an entry and a buffer for its texts; enlarges the buffer as the function
/// requires.
template <class Entry, class Ask>
bool look_up(Entry& entry, std::vector<char>& texts, Ask&& ask) {
    for (texts.resize(4096); texts.size() <= longest_entry; texts.resize(texts.size() * 4)) {
        Entry* found = nullptr;
        int const error = ask(&entry, texts.data(), texts.size(), &found);
        if (error == EINTR) continue;
        if (error != ERANGE) return error == 0 && found != nullptr;
    }
    return false;
}

/// Whether the accounts of this machine show that no other account has the group as its primary group.
bool is_primary_for_none_but(uid_t user, gid_t group) {
    std::unique_ptr<FILE, int (*)(FILE*)> const accounts(std::fopen("/etc/passwd", "re"), &std::fclose);
    if (!accounts) return false;
    std::vector<char> texts(4096);
    for (bool is_listed = false;;) {
        passwd entry{};
        passwd* found = nullptr;
        int const error = fgetpwent_r(accounts.get(), &entry, texts.data(), texts.size(), &found);
        if (error == ERANGE && texts.size() <= longest_entry) {
            texts.resize(texts.size() * 4);
            continue;
        }
        // If the user's account comes from another source, that source may have other accounts with the
        // group.
        if (error != 0 || found == nullptr) return error == ENOENT && is_listed;
        if (entry.pw_gid == group && entry.pw_uid != user) return false;
        is_listed = is_listed || entry.pw_uid == user;
    }
}

/// Whether the groups of this machine give the number only to `name`, without a password and with no member
/// but `user`.
bool is_group_of(std::string_view name, gid_t group, std::string_view user) {
    std::unique_ptr<FILE, int (*)(FILE*)> const groups(std::fopen("/etc/group", "re"), &std::fclose);
    if (!groups) return false;
    std::vector<char> texts(4096);
    for (bool is_listed = false;;) {
        struct group entry {};
        struct group* found = nullptr;
        int const error = fgetgrent_r(groups.get(), &entry, texts.data(), texts.size(), &found);
        if (error == ERANGE && texts.size() <= longest_entry) {
            texts.resize(texts.size() * 4);
            continue;
        }
        if (error != 0 || found == nullptr) return error == ENOENT && is_listed;
        if (entry.gr_gid != group) continue;
        std::string_view const password = entry.gr_passwd == nullptr ? "" : entry.gr_passwd;
        if (name != entry.gr_name || (password.size() > 1 && password.front() != '!')) return false;
        for (char** each = entry.gr_mem; *each != nullptr; ++each)
            if (user != *each) return false;
        is_listed = true;
    }
}

// The mode does not show an access list, except for the list's mask, which replaces the group's bits.
bool has_access_list(int fd) {
    auto const path = fmt::format("/proc/self/fd/{}", fd);
    if (getxattr(path.c_str(), "system.posix_acl_access", nullptr, 0) >= 0) return true;
    return errno != ENODATA && errno != EOPNOTSUPP;
}

// A short text of the kernel, in one read.
std::string content_of(char const* file) {
    std::unique_ptr<FILE, int (*)(FILE*)> const in(std::fopen(file, "re"), &std::fclose);
    std::string text(std::size_t{1} << 16, '\0');
    text.resize(in ? std::fread(text.data(), 1, text.size(), in.get()) : 0);
    return text;
}

uid_t overflow_uid() {
    std::istringstream text(content_of("/proc/sys/kernel/overflowuid"));
    uid_t number = 65534;
    text >> number;
    return number;
}

std::string quoted(std::string const& path) {
    auto const plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("/._-+,:@%").find(c) != std::string_view::npos;
    };
    if (std::all_of(path.begin(), path.end(), plain)) return path;
    std::string text = "'";
    for (char const c : path) text += c == '\'' ? "'\\''" : std::string(1, c);
    return text + "'";
}

}  // namespace

bool is_private_group(gid_t group, uid_t user) {
    std::vector<char> of_user;
    std::vector<char> of_group;
    passwd owner{};
    struct group members {};
    if (!look_up(owner, of_user, [user](auto... rest) { return getpwuid_r(user, rest...); }) ||
        owner.pw_gid != group)
        return false;
    if (!look_up(members, of_group, [group](auto... rest) { return getgrgid_r(group, rest...); }))
        return false;
    std::string_view const name = owner.pw_name;
    if (name != members.gr_name) return false;
    for (char** each = members.gr_mem; *each != nullptr; ++each)
        if (name != *each) return false;
    return is_group_of(name, group, name) && is_primary_for_none_but(user, group);
}

// Only root is in root's group, unless this process is in it without being root: then other users may be in
// it too, as in containers.
bool is_trusted_group(gid_t group) {
    if (is_private_group(group, geteuid())) return true;
    if (group != 0 || geteuid() == 0 || getegid() == 0) return false;
    std::vector<gid_t> own(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
    if (getgroups(static_cast<int>(own.size()), own.data()) < 0) return false;
    return std::find(own.begin(), own.end(), gid_t{0}) == own.end() && is_private_group(group, 0);
}

bool is_unmapped(uid_t user, uid_t overflow, std::string_view uid_map) {
    if (user != overflow) return false;
    std::istringstream lines{std::string(uid_map)};
    std::uint64_t inside = 0;
    std::uint64_t outside = 0;
    std::uint64_t count = 0;
    bool is_empty = true;
    while (lines >> inside >> outside >> count) {
        is_empty = false;
        if (user >= inside && user - inside < count) return false;
    }
    return !is_empty;  // without /proc the answer is unknown
}

bool exposure_check::is_ours(gid_t group) {
    if (std::find(trusted_groups_.begin(), trusted_groups_.end(), group) != trusted_groups_.end())
        return true;
    auto const [known, is_new] = groups_.try_emplace(group, false);
    if (is_new) known->second = is_trusted_group(group);
    return known->second;
}

bool exposure_check::look_at(int fd, struct stat const& found, fs::path const& path, bool sticky_is_fine) {
    if (!checks_) return false;
    if (found.st_uid != geteuid() && found.st_uid != 0) {
        if (is_unmapped(found.st_uid, overflow_uid(), content_of("/proc/self/uid_map")))
            note({path,
                  fmt::format("belongs to a user whom this user namespace does not map (shown as {})",
                              found.st_uid),
                  exposure::remedy::namespace_});
        else
            note({path,
                  fmt::format("belongs to user {}, not to the host's user {} or root", found.st_uid,
                              geteuid()),
                  exposure::remedy::owner});
        return true;
    }
    if (S_ISLNK(found.st_mode)) return false;  // a link's mode has no effect
    bool const by_all = (found.st_mode & S_IWOTH) != 0;
    bool const by_group = (found.st_mode & S_IWGRP) != 0;
    if ((!by_all && !by_group) || (sticky_is_fine && (found.st_mode & S_ISVTX) != 0)) return false;
    if (!by_all && is_ours(found.st_gid) && !has_access_list(fd)) return false;
    note({path,
          by_all ? fmt::format("can be written by every user (mode {:04o})", found.st_mode & 07777u)
                 : fmt::format("can be written by its group {} (mode {:04o})", found.st_gid,
                               found.st_mode & 07777u),
          exposure::remedy::mode});
    return true;
}

void exposure_check::note(exposure what) {
    if (std::any_of(all_.begin(), all_.end(), [&](exposure const& each) { return each.path == what.path; }))
        return;
    if (all_.size() == most_named)
        ++more_;
    else
        all_.push_back(std::move(what));
}

std::string exposure_check::in_words() const {
    std::string what;
    for (exposure const& each : all_)
        what += fmt::format("{}{} {}", what.empty() ? "" : ", ", each.path.string(), each.why);
    if (more_ != 0) what += fmt::format(", and {} more", more_);
    return what;
}

failure exposure_check::refusal() const {
    std::string modes;
    std::string owners;
    bool is_mapping = false;
    bool is_exposed = false;
    for (exposure const& each : all_) {
        is_exposed = is_exposed || each.by != exposure::remedy::none;
        if (each.by == exposure::remedy::mode) modes += " " + quoted(each.path.string());
        if (each.by == exposure::remedy::owner) owners += " " + quoted(each.path.string());
        if (each.by == exposure::remedy::namespace_) is_mapping = true;
    }
    if (!is_exposed) return refuse(errc::untrusted_path, phase::stage, "{}", in_words());
    std::string remedy;
    if (!modes.empty()) remedy += "chmod go-w" + modes;
    if (!owners.empty())
        remedy += fmt::format(
            "{}chown -h {}{} (or put the modules in a directory that only root and the host's user "
            "can write)",
            remedy.empty() ? "" : " && ", geteuid(), owners);
    if (is_mapping)
        remedy += fmt::format("{}run the host where that owner is mapped (uid_map, PrivateUsers=)",
                              remedy.empty() ? "" : ", and ");
    return refuse(errc::untrusted_path, phase::stage,
                  "{}, so that other users could replace the module; {}{}unset "
                  "module_policy::check_ownership",
                  in_words(), remedy, remedy.empty() ? "" : ", or ");
}

}  // namespace hotswap::detail
