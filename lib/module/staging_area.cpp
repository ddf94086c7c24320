#include "module/staging_area.hpp"

#include "base/failpoint.hpp"
#include "base/refuse.hpp"
#include "module/digest.hpp"
#include "module/file_io.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

constexpr char own_prefix[] = "host-";
constexpr char new_prefix[] = ".new-";

/// A lock on a directory that ends with this process; empty while another process has it.
std::optional<file_descriptor> lock_directory(fs::path const& directory) {
    file_descriptor lock(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!lock || flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
    return lock;
}

void sweep_one(fs::path const& directory) {
    auto const lock = lock_directory(directory);
    if (!lock) return;  // its process is alive
    // An earlier build of this library, which may run next to this one, locks a file in the directory.
    file_descriptor const before(open((directory / "lock").c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    if (before && flock(before.get(), LOCK_EX | LOCK_NB) != 0) return;
    std::error_code error;
    fs::remove_all(directory, error);
}

// A directory without its final name may soon be locked by a living process.
bool is_abandoned(fs::directory_entry const& entry) {
    std::error_code error;
    auto const written = entry.last_write_time(error);
    return !error && fs::file_time_type::clock::now() - written > std::chrono::minutes(1);
}

// A base may be any directory that the host has named: remove only a directory that matches ours in every
// respect.
bool is_ours(fs::path const& directory) {
    struct stat found {};
    if (lstat(directory.c_str(), &found) != 0 || !S_ISDIR(found.st_mode) || found.st_uid != geteuid() ||
        (found.st_mode & 07777u) != 0700)
        return false;
    std::error_code error;
    for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
        auto const kind = it->path().extension();
        bool const is_known = kind == ".so" || kind == ".sig" || it->path().filename() == "lock";
        if (!is_known || it->symlink_status(error).type() != fs::file_type::regular) return false;
    }
    return !error;
}

void sweep(fs::path const& base) {
    std::error_code error;
    for (fs::directory_iterator it(base, error), end; !error && it != end; it.increment(error)) {
        auto const name = it->path().filename().string();
        bool const may_be_dead =
            name.starts_with(own_prefix) || (name.starts_with(new_prefix) && is_abandoned(*it));
        if (may_be_dead && is_ours(it->path())) sweep_one(it->path());
    }
}

/// A file to be made; removed unless its path is taken out.
struct path_guard {
    explicit path_guard(fs::path at) : path(std::move(at)) {}
    ~path_guard() {
        if (!path.empty()) unlink(path.c_str());
    }
    path_guard(path_guard const&) = delete;
    path_guard& operator=(path_guard const&) = delete;

    fs::path path;
};

}  // namespace

staged_file::staged_file(fs::path path, std::shared_ptr<module_copy const> copy, std::vector<std::byte> bytes)
    : path_(std::move(path)), copy_(std::move(copy)), bytes_(std::move(bytes)) {}

staged_file::~staged_file() {
    if (path_.empty()) return;
    unlink(path_.c_str());
    if (signature()) unlink((path_.string() + signature_suffix).c_str());
}

staged_file::staged_file(staged_file&& other) noexcept
    : path_(std::exchange(other.path_, {})), copy_(std::move(other.copy_)), bytes_(std::move(other.bytes_)) {}

staged_file& staged_file::operator=(staged_file&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(copy_, other.copy_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

bool staged_file::is_gone() const noexcept {
    struct stat found {};
    return lstat(path_.c_str(), &found) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

bool staged_file::is_unchanged() const {
    auto const now = [this]() -> result<std::vector<std::byte>> {
        file_descriptor const file(open(path_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (!file) return cannot_open(path_, errno);
        return read_opened(file, path_, [this](struct stat const& found) -> result<void> {
            if (found.st_uid == geteuid() && (found.st_mode & 07777u) == 0400u && found.st_nlink == 1)
                return {};
            return cannot_open(path_, EPERM);
        });
    }();
    return now && *now == bytes_;
}

staging_area::staging_area(fs::path base, module_policy policy)
    : policy_(std::move(policy)), wanted_(std::move(base)) {}

staging_area::~staging_area() {
    if (!lock_ || keeps_files_) return;
    // Code that is still mapped keeps its inode; the directory can always be removed.
    std::error_code error;
    fs::remove_all(own_, error);
}

// The lock is taken before the directory gets the name by which other processes find it.
result<void> staging_area::settle_in(fs::path const& base) {
    if (!keeps_files_) sweep(base);  // a core file may still need the files of a dead process
    auto made = (base / fmt::format("{}{}-XXXXXX", new_prefix, getpid())).string();
    if (mkdtemp(made.data()) == nullptr) return cannot_stage(made, "cannot be made", errno);
    auto const give_up = [&made](std::string_view what) {
        int const error = errno;
        std::error_code ignored;
        fs::remove_all(made, ignored);
        return cannot_stage(made, what, error);
    };
    auto lock = lock_directory(made);
    if (!lock) return give_up("cannot be locked");
    auto const unique = fs::path(made).filename().string().substr(sizeof new_prefix - 1);
    auto const named = base / (own_prefix + unique);
    if (rename(made.c_str(), named.c_str()) != 0) return give_up("cannot be renamed");
    // As in the process's own map: without links and dots.
    std::error_code error;
    auto own = fs::canonical(named, error);
    if (error) return cannot_stage(named, "cannot be resolved", error.value());
    own_ = std::move(own);
    lock_ = std::move(*lock);
    return {};
}

// Takes the first usable base. Each skipped base is logged once: an operator may have meant it.
result<void> staging_area::prepare() {
    std::optional<failure> passed_over;
    for (auto const& each : staging_bases(wanted_)) {
        auto base = open_base(each, policy_);
        auto done = base ? settle_in(*base) : result<void>(base.error());
        if (!done) {
            if (!passed_over) passed_over = done.error();
            continue;
        }
        if (!passed_over) return {};
        auto warning = fmt::format("private copies of modules go to {} instead: {}", base->string(),
                                   passed_over->message);
        if (warning != last_warning_) warnings_.push_back(warning);
        last_warning_ = std::move(warning);
        return {};
    }
    return *passed_over;
}

// The directory exists as long as its path leads to the locked directory.
result<void> staging_area::be_ready() {
    struct stat held {};
    struct stat found {};
    if (lock_ && fstat(lock_.get(), &held) == 0 && stat(own_.c_str(), &found) == 0 &&
        held.st_dev == found.st_dev && held.st_ino == found.st_ino)
        return {};
    return prepare();
}

result<staged_file> staging_area::stage(fs::path const& source, std::string name) {
    mutex_lock const lock(mutex_);
    auto content = read_module(source, policy_);
    if (!content) return content.error();
    if (auto ready = be_ready(); !ready) return ready.error();
    return write(std::move(*content), std::move(name));
}

result<staged_file> staging_area::stage(module_copy const& earlier, std::string name) {
    mutex_lock const lock(mutex_);
    auto content = earlier.read();
    if (!content) return content.error();
    if (auto ready = be_ready(); !ready) return ready.error();
    return write(std::move(*content), std::move(name));
}

result<void> staging_area::put_back(staged_file& copy) {
    if (!copy.is_gone()) return {};
    auto again = stage(*copy.copy(), copy.name());
    if (!again) return again.error();
    copy = std::move(*again);
    return {};
}

std::vector<std::string> staging_area::take_warnings() {
    mutex_lock const lock(mutex_);
    return std::exchange(warnings_, {});
}

// The copy's surroundings protect it: a directory that only this user can enter, a mode without write
// permission, and no descriptor that could write. The written bytes are hashed and judged, and before the
// load the file is compared with these bytes.
result<staged_file> staging_area::write(module_source source, std::string name) {
    auto const path = own_ / fmt::format("{}-{}", next_++, name);
    auto const put = [](fs::path const& at, std::span<std::byte const> content) -> result<file_descriptor> {
        file_descriptor const file(
            open(at.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400));
        if (!file) return cannot_stage(at, "cannot be made", errno);
        int error = HOTSWAP_FAILPOINT("stage.write");
        if (error == 0) error = write_all(file.get(), content);
        if (error != 0) return cannot_stage(at, "cannot be written", error);
        file_descriptor reading(open(at.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
        if (!reading) return cannot_stage(at, "cannot be opened again", errno);
        return reading;
    };
    // Any failure removes both files.
    path_guard written(path), signed_by(path.string() + signature_suffix);
    auto held = put(path, source.bytes);
    if (!held) return held.error();
    if (auto const& text = source.signature)
        if (auto done = put(signed_by.path, std::as_bytes(std::span(*text))); !done) return done.error();
    auto copy =
        std::make_shared<module_copy const>(std::move(*held), std::move(name), content_digest(source.bytes),
                                            source.bytes.size(), std::move(source.signature));
    staged_file made(std::move(written.path), std::move(copy), std::move(source.bytes));
    signed_by.path.clear();
    return made;
}

}  // namespace hotswap::detail
