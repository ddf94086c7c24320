#include "module/path_walk.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

constexpr int most_links = 40;  // as the kernel

}  // namespace

result<file_descriptor> path_walk::open_directory(fs::path const& path, bool on_the_way) {
    push_front(path);
    if (auto done = go_down(0, on_the_way); !done) return done.error();
    return std::move(at_);
}

result<found_file> path_walk::find_file(fs::path const& path) {
    push_front(path);
    for (;;) {
        if (auto done = go_down(1, false); !done) return done.error();
        if (names_.empty()) return cannot_open(path, EISDIR);
        auto const whole = reached_ / names_.front();
        file_descriptor const last(
            openat(at_.get(), names_.front().c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        struct stat found {};
        bool const is_link = last && fstat(last.get(), &found) == 0 && S_ISLNK(found.st_mode);
        if (!is_link || !is_inside(whole)) break;
        names_.pop_front();
        if (auto done = follow(last, found, whole); !done) return done.error();
    }
    if (!link_inside_.empty() && !is_inside(reached_)) {
        check_.note(
            {link_inside_,
             fmt::format("is a symbolic link that leads out of the modules directory, to {} (put the files "
                         "there, or name them by their real paths)",
                         (reached_ / names_.front()).string())});
        return check_.refusal();
    }
    return found_file{std::move(at_), reached_ / names_.front()};
}

void path_walk::push_front(fs::path const& path) {
    std::deque<std::string> parts;
    for (auto const& part : path.relative_path())
        if (!part.empty() && part != ".") parts.push_back(part.string());
    names_.insert(names_.begin(), parts.begin(), parts.end());
    if (!path.is_absolute()) return;
    at_ = file_descriptor(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    reached_ = "/";
}

// The target of the last name is judged as the directory itself, not as a directory on the path to it.
result<void> path_walk::go_down(std::size_t names_left, bool on_the_way) {
    for (;;) {
        struct stat found {};
        if (!at_ || fstat(at_.get(), &found) != 0) return cannot_open(reached_, errno);
        check_.look_at(at_.get(), found, reached_, on_the_way || names_.size() > names_left);
        if (names_.size() <= names_left) return {};
        auto const name = std::move(names_.front());
        names_.pop_front();
        if (auto done = step(name); !done) return done;
    }
}

result<void> path_walk::step(std::string const& name) {
    auto const path = reached_ / name;
    file_descriptor next(openat(at_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat found {};
    if (!next || fstat(next.get(), &found) != 0) return cannot_open(path, errno);
    if (S_ISLNK(found.st_mode)) return follow(next, found, path);
    if (!S_ISDIR(found.st_mode)) return cannot_open(path, ENOTDIR);
    reached_ = name == ".." ? reached_.parent_path() : path;
    at_ = std::move(next);
    return {};
}

// The names of the link's target come next.
result<void> path_walk::follow(file_descriptor const& link, struct stat const& found, fs::path const& path) {
    check_.look_at(link.get(), found, path, true);
    if (is_inside(path)) link_inside_ = path;
    if (++links_ > most_links) return cannot_open(path, ELOOP);
    char target[PATH_MAX];
    auto const size = readlinkat(link.get(), "", target, sizeof target);
    if (size <= 0 || size == sizeof target) return cannot_open(path, size < 0 ? errno : ENAMETOOLONG);
    push_front(fs::path(std::string(target, static_cast<std::size_t>(size))));
    return {};
}

bool path_walk::is_inside(fs::path const& path) const {
    if (inside_.empty()) return false;
    auto const [end, ignored] = std::mismatch(inside_.begin(), inside_.end(), path.begin(), path.end());
    return end == inside_.end();
}

}  // namespace hotswap::detail
