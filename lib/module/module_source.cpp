#include "module/module_source.hpp"

#include "base/refuse.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <deque>
#include <system_error>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

constexpr int most_links = 40;  // as the kernel
constexpr std::size_t largest_signature = 4096;

failure untrusted(fs::path const& what, std::string_view why, std::string_view remedy) {
    return refuse(
        errc::untrusted_path, phase::stage,
        "{} {}, so that others could exchange the module; {}, or unset module_policy::check_ownership",
        what.string(), why, remedy);
}

/// Why others could change what was looked at, in words. A directory whose entries only their owners may replace
/// (sticky, as /tmp) is fine on the way to a file.
std::optional<std::string> who_can_change(struct stat const& found, bool sticky_is_fine) {
    if (found.st_uid != geteuid() && found.st_uid != 0)
        return fmt::format("belongs to user {}, not to the host's user {} or root", found.st_uid, geteuid());
    if (S_ISLNK(found.st_mode)) return std::nullopt;  // a link's mode means nothing
    bool const writable = (found.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    if (!writable || (sticky_is_fine && (found.st_mode & S_ISVTX) != 0)) return std::nullopt;
    return fmt::format("can be written by {} (mode {:04o})",
                       (found.st_mode & S_IWOTH) != 0 ? "everybody" : "its group", found.st_mode & 07777u);
}

/// Goes down a path one name at a time, holding a descriptor of what it has reached and checked.
class path_walk {
public:
    explicit path_walk(fs::path const& no_links_below) : no_links_below_(no_links_below) {}

    /// Opens the directory `path`, absolute; each part of it was looked at.
    result<file_descriptor> open_directory(fs::path const& path) {
        push_front(path);
        file_descriptor at(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
        fs::path reached = "/";
        while (true) {
            // What the last name leads to is judged as the directory itself, not as one on the way.
            if (at) {
                struct stat found {};
                if (fstat(at.get(), &found) != 0) return cannot_open(reached, errno);
                if (auto const who = who_can_change(found, !names_.empty()))
                    return untrusted(reached, *who, "change its owner or mode (chmod go-w)");
            }
            if (!at) return cannot_open(reached, errno);
            if (names_.empty()) return at;
            auto const name = names_.front();
            names_.pop_front();
            auto next = step(at, reached, name);
            if (!next) return next.error();
            if (*next) at = std::move(**next);
        }
    }

private:
    void push_front(fs::path const& path) {
        std::deque<std::string> parts;
        for (auto const& part : path.relative_path())
            if (!part.empty() && part != ".") parts.push_back(part.string());
        names_.insert(names_.begin(), parts.begin(), parts.end());
    }

    /// One name further; nothing if it is a link, whose names come next.
    result<std::optional<file_descriptor>> step(file_descriptor& at, fs::path& reached,
                                                std::string const& name) {
        auto const path = reached / name;
        file_descriptor next(openat(at.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        struct stat found {};
        if (!next || fstat(next.get(), &found) != 0) return cannot_open(path, errno);
        if (S_ISDIR(found.st_mode)) {
            reached = name == ".." ? reached.parent_path() : path;
            return std::optional(std::move(next));
        }
        if (!S_ISLNK(found.st_mode)) return cannot_open(path, ENOTDIR);
        if (auto const who = who_can_change(found, true))
            return untrusted(path, *who, "change the owner of the link");
        if (is_below(path))
            return untrusted(path, "is a symbolic link that leads out of the modules directory",
                             "put the files themselves there");
        if (++links_ > most_links) return cannot_open(path, ELOOP);
        char target[PATH_MAX];
        auto const size = readlinkat(next.get(), "", target, sizeof target);
        if (size <= 0 || size == sizeof target) return cannot_open(path, size < 0 ? errno : ENAMETOOLONG);
        fs::path const to(std::string(target, static_cast<std::size_t>(size)));
        push_front(to);
        if (to.is_absolute()) {
            file_descriptor root(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
            if (!root) return cannot_open("/", errno);
            reached = "/";
            return std::optional(std::move(root));
        }
        return std::optional<file_descriptor>();
    }

    bool is_below(fs::path const& path) const {
        if (no_links_below_.empty()) return false;
        auto const [end, ignored] =
            std::mismatch(no_links_below_.begin(), no_links_below_.end(), path.begin(), path.end());
        return end == no_links_below_.end();
    }

    fs::path no_links_below_;
    std::deque<std::string> names_;
    int links_ = 0;
};

result<std::vector<std::byte>> read_checked(int directory, fs::path const& path, bool check) {
    file_descriptor const file(openat(directory,
                                      directory == AT_FDCWD ? path.c_str() : path.filename().c_str(),
                                      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file) return cannot_open(path, errno);
    return read_opened(file, path, [check, &path](struct stat const& found) -> result<void> {
        auto const who = check ? who_can_change(found, false) : std::nullopt;
        if (who) return untrusted(path, *who, "change its owner or mode (chmod go-w)");
        return {};
    });
}

}  // namespace

result<module_source> read_module(fs::path const& file, module_policy const& policy) {
    file_descriptor directory(AT_FDCWD);
    if (policy.check_ownership) {
        std::error_code error;
        auto const absolute = fs::absolute(file, error);
        if (error) return cannot_open(file, error.value());
        auto const inner =
            policy.directory.empty() ? fs::path() : fs::weakly_canonical(policy.directory, error);
        auto opened = path_walk(inner).open_directory(absolute.parent_path());
        if (!opened && opened.error().code == errc::no_such_file) return cannot_open(file, ENOENT);
        if (!opened) return opened.error();
        directory = std::move(*opened);
    }
    auto bytes = read_checked(directory.get(), file, policy.check_ownership);
    if (!bytes) return bytes.error();
    module_source source{std::move(*bytes), std::nullopt};
    if (policy.trusted_keys.empty()) return source;
    auto signature = read_checked(directory.get(), file.string() + ".sig", policy.check_ownership);
    if (!signature && signature.error().code != errc::no_such_file) return signature.error();
    if (signature && signature->size() <= largest_signature)
        source.signature.emplace(reinterpret_cast<char const*>(signature->data()), signature->size());
    else if (signature)
        source.signature.emplace();  // what is so long is no signature
    return source;
}

std::optional<std::string> who_can_fill(fs::path const& directory) {
    for (auto at = fs::absolute(directory);; at = at.parent_path()) {
        auto opened = path_walk({}).open_directory(at);
        if (opened) return std::nullopt;
        if (opened.error().code == errc::untrusted_path) return opened.error().message;
        if (at == at.parent_path()) return opened.error().message;
    }
}

}  // namespace hotswap::detail
