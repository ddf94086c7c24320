#include "store/directory.hpp"

#include "base/refuse.hpp"
#include "module/exposure.hpp"
#include "store/store_failure.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <memory>
#include <system_error>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view temporary_prefix = ".new-";

// Only one process uses a store, and the leftovers of earlier processes were swept: a counter makes names
// unique.
std::string temporary_name() {
    static std::atomic<std::uint64_t> made{0};
    return fmt::format("{}{}-{}", temporary_prefix, getpid(), made.fetch_add(1, std::memory_order_relaxed));
}

// The parent's fsync makes a new directory durable.
int sync_parent(fs::path const& path) {
    auto const parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
    file_descriptor const fd(open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return errno;
    return attempt("store.sync_directory", [&] { return fsync(fd.get()); });
}

int make(fs::path const& path) {
    int const error = attempt("store.mkdir", [&] { return mkdir(path.c_str(), 0700); });
    if (error == EEXIST) return 0;
    return error != 0 ? error : sync_parent(path);
}

int make_all(fs::path const& path) {
    std::error_code ignored;
    if (path.empty() || fs::is_directory(path, ignored)) return 0;
    if (path.has_parent_path() && path.parent_path() != path)
        if (int const error = make_all(path.parent_path()); error != 0) return error;
    return make(path);
}

}  // namespace

unnamed_file::~unnamed_file() {
    if (!name_.empty()) in_->remove(name_);
}

result<directory> directory::open(fs::path const& path) {
    std::error_code unknown;
    auto named = fs::absolute(path, unknown).lexically_normal();
    if (unknown) return store_failure(path, "cannot be found", unknown.value());
    if (!named.has_filename()) named = named.parent_path();  // the path ended in a slash
    if (int const error = make_all(named); error != 0) return store_failure(named, "cannot be made", error);
    int fd = -1;
    int const error =
        attempt("store.open", [&] { return fd = ::open(named.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (error != 0) return store_failure(named, "cannot be opened as a directory", error);
    return adopt(named, fd);
}

result<directory> directory::open_within(std::string const& name) const {
    auto const path = path_ / name;
    int error = attempt("store.mkdir", [&] { return mkdirat(fd(), name.c_str(), 0700); });
    if (error == 0) {
        if (auto synced = sync(); !synced) return synced.error();
    } else if (error != EEXIST) {
        return store_failure(path, "cannot be made", error);
    }
    int opened = -1;
    error = attempt("store.open", [&] {
        return opened = openat(fd(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    });
    if (error != 0) return store_failure(path, "cannot be opened as a directory", error);
    return adopt(path, opened);
}

// Checks the opened directory, so that no other directory can replace it afterwards.
result<directory> directory::adopt(fs::path path, int fd) {
    file_descriptor owned(fd);
    struct stat found {};
    if (fstat(owned.get(), &found) != 0) return store_failure(path, "cannot be examined", errno);
    if (found.st_uid != geteuid() && found.st_uid != 0)
        return refuse(
            errc::untrusted_path, phase::persist,
            "the store {} belongs to user {}, who could change what this host (user {}) loads from it; "
            "give it to the host's user (chown)",
            path.string(), found.st_uid, geteuid());
    if (exposure_check().look_at(owned.get(), found, path, false))
        return refuse(
            errc::untrusted_path, phase::persist,
            "the store {} has mode {:o}: others could change what this host loads from it; only its "
            "owner may write it (chmod go-w)",
            path.string(), found.st_mode & 07777U);
    return directory(std::move(path), std::move(owned));
}

result<std::optional<std::vector<std::byte>>> directory::read(std::string const& name,
                                                              std::uint64_t limit) const {
    int opened = -1;
    int error = attempt("store.open", [&] {
        return opened = openat(fd(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    });
    file_descriptor const file(opened);
    if (error == ENOENT) return std::nullopt;
    if (error == ELOOP || error == ENXIO) return store_damage(path_ / name, "it is not a regular file");
    if (error != 0) return store_failure(path_ / name, "cannot be opened", error);
    struct stat found {};
    if (fstat(file.get(), &found) != 0) return store_failure(path_ / name, "cannot be examined", errno);
    if (!S_ISREG(found.st_mode)) return store_damage(path_ / name, "it is not a regular file");
    auto const size = static_cast<std::uint64_t>(found.st_size);
    if (size > limit)
        return store_damage(path_ / name,
                            fmt::format("it has {} bytes, at most {} were expected", size, limit));
    std::vector<std::byte> content(size);
    for (std::size_t have = 0; have != content.size();) {
        ssize_t got = 0;
        error = attempt("store.read", [&] {
            return got = ::read(file.get(), content.data() + have, content.size() - have);
        });
        if (error == EINTR) continue;
        if (error == EIO) return store_damage(path_ / name, "the disk cannot read it (EIO)");
        if (error != 0) return store_failure(path_ / name, "cannot be read", error);
        if (got == 0) return store_damage(path_ / name, "it was cut while it was being read");
        have += static_cast<std::size_t>(got);
    }
    return content;
}

bool directory::has(std::string const& name) const noexcept {
    struct stat found {};
    return fstatat(fd(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
}

result<unnamed_file> directory::prepare(byte_parts content, mode_t mode) const {
    auto const name = temporary_name();
    int opened = -1;
    int error = attempt("store.create", [&] {
        return opened =
                   openat(fd(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    });
    if (error != 0) return store_failure(path_ / name, "cannot be made", error);
    file_descriptor const file(opened);
    unnamed_file made(*this, name);
    for (auto const part : content) {
        error = HOTSWAP_FAILPOINT("store.write");
        if (error == 0) error = write_all(file.get(), part);
        if (error != 0) return store_failure(path_ / name, "cannot be written", error);
    }
    error = attempt("store.sync", [&] { return fdatasync(file.get()); });
    if (error != 0) return store_failure(path_ / name, "cannot be made durable (fdatasync)", error);
    return made;
}

result<void> directory::name_it(unnamed_file const& file, std::string const& name) const {
    int const error =
        attempt("store.rename", [&] { return renameat(fd(), file.name().c_str(), fd(), name.c_str()); });
    if (error != 0) return store_failure(path_ / name, "cannot be put in place (rename)", error);
    return {};
}

result<void> directory::link(std::string const& name, std::string const& second) const {
    // If both names already refer to one file, rename does nothing and leaves the temporary name; `made`
    // removes that name.
    unnamed_file const made(*this, temporary_name());
    int const error =
        attempt("store.link", [&] { return linkat(fd(), name.c_str(), fd(), made.name().c_str(), 0); });
    if (error != 0) return store_failure(path_ / name, "cannot be kept under a second name (link)", error);
    return name_it(made, second);
}

result<void> directory::sync() const {
    int const error = attempt("store.sync_directory", [&] { return fsync(fd()); });
    if (error != 0) return store_failure(path_, "cannot be made durable (fsync)", error);
    return {};
}

result<void> directory::write(std::string const& name, byte_parts content, mode_t mode) const {
    auto const file = prepare(content, mode);
    if (!file) return file.error();
    if (auto named = name_it(*file, name); !named) return named.error();
    if (auto synced = sync(); !synced) {
        remove(name);
        return synced.error();
    }
    return {};
}

void directory::remove(std::string const& name) const noexcept { unlinkat(fd(), name.c_str(), 0); }

result<std::vector<std::string>> directory::list() const { return list(false); }

result<std::vector<std::string>> directory::list(bool temporary) const {
    int opened = -1;
    int error =
        attempt("store.list", [&] { return opened = openat(fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (error != 0) return store_failure(path_, "cannot be listed", error);
    struct close_directory {
        void operator()(DIR* stream) const noexcept { closedir(stream); }
    };
    std::unique_ptr<DIR, close_directory> const stream(fdopendir(opened));
    if (!stream) {
        error = errno;
        close(opened);
        return store_failure(path_, "cannot be listed", error);
    }
    std::vector<std::string> names;
    errno = 0;
    while (dirent const* const entry = readdir(stream.get())) {
        std::string_view const name = entry->d_name;
        if (name != "." && name != ".." && name.starts_with(temporary_prefix) == temporary)
            names.emplace_back(name);
        errno = 0;
    }
    if (errno != 0) return store_failure(path_, "cannot be listed", errno);
    return names;
}

result<void> directory::sweep() const {
    auto const left_over = list(true);
    if (!left_over) return left_over.error();
    for (auto const& name : *left_over) remove(name);
    return {};
}

}  // namespace hotswap::detail
