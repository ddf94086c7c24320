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
#include <cstdlib>
#include <system_error>
#include <utility>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

constexpr char own_prefix[] = "host-";
constexpr char new_prefix[] = ".new-";
constexpr char lock_name[] = "lock";

fs::path default_base() {
    char const* const runtime_dir = std::getenv("XDG_RUNTIME_DIR");
    if (runtime_dir != nullptr && *runtime_dir == '/') return fs::path(runtime_dir) / "hotswap";
    std::error_code error;
    auto const temporary = fs::temp_directory_path(error);
    return (error ? fs::path("/tmp") : temporary) / fmt::format("hotswap-{}", geteuid());
}

failure cannot_stage(fs::path const& where, std::string_view what, int error) {
    return refuse(errc::staging_failed, phase::stage,
                  "the private copy of a module needs a directory that only this user can write: {} {} ({}); "
                  "mend it or "
                  "set runtime_options::staging",
                  where.string(), what, std::generic_category().message(error));
}

// The shared base must be ours alone, or another user could exchange what we are about to load.
result<void> prepare_base(fs::path const& base) {
    std::error_code error;
    if (base.has_parent_path()) fs::create_directories(base.parent_path(), error);
    if (mkdir(base.c_str(), 0700) != 0 && errno != EEXIST) return cannot_stage(base, "cannot be made", errno);
    struct stat found {};
    if (lstat(base.c_str(), &found) != 0) return cannot_stage(base, "cannot be looked at", errno);
    if (!S_ISDIR(found.st_mode)) return cannot_stage(base, "is not a directory", ENOTDIR);
    if (found.st_uid != geteuid() || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return cannot_stage(base, "belongs to, or can be written by, another user", EPERM);
    return {};
}

void sweep_one(fs::path const& directory) {
    file_descriptor const lock(open((directory / lock_name).c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    if (!lock) return;
    if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return;  // its process lives
    std::error_code error;
    fs::remove_all(directory, error);
}

// A directory that has no name of its own yet may be about to be locked by a living process.
bool is_abandoned(fs::directory_entry const& entry) {
    std::error_code error;
    auto const written = entry.last_write_time(error);
    return !error && fs::file_time_type::clock::now() - written > std::chrono::minutes(1);
}

void sweep(fs::path const& base) {
    std::error_code error;
    for (fs::directory_iterator it(base, error), end; !error && it != end; it.increment(error)) {
        auto const name = it->path().filename().string();
        if (name.starts_with(own_prefix) || (name.starts_with(new_prefix) && is_abandoned(*it)))
            sweep_one(it->path());
    }
}

}  // namespace

staged_file::staged_file(fs::path path, std::string name, std::string digest, std::vector<std::byte> bytes,
                         std::optional<std::string> signature)
    : path_(std::move(path)),
      name_(std::move(name)),
      digest_(std::move(digest)),
      size_(bytes.size()),
      bytes_(std::move(bytes)),
      signature_(std::move(signature)) {}

staged_file::~staged_file() {
    if (path_.empty()) return;
    unlink(path_.c_str());
    if (signature_) unlink((path_.string() + signature_suffix).c_str());
}

staged_file::staged_file(staged_file&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      name_(std::move(other.name_)),
      digest_(std::move(other.digest_)),
      size_(other.size_),
      bytes_(std::move(other.bytes_)),
      signature_(std::move(other.signature_)) {}

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
    : policy_(std::move(policy)), base_(base.empty() ? default_base() : std::move(base)) {}

staging_area::~staging_area() {
    if (lock_ < 0) return;
    // Code that is still mapped keeps its inode; the directory may go in any case.
    std::error_code error;
    fs::remove_all(own_, error);
    close(lock_);
}

// The lock is taken before the directory gets the name under which others look for it.
result<void> staging_area::prepare() {
    if (auto prepared = prepare_base(base_); !prepared) return prepared.error();
    if (auto const who = policy_.check_ownership ? who_can_fill(base_) : std::nullopt)
        return cannot_stage(base_, fmt::format("lies where others could exchange it: {}", *who), EPERM);
    sweep(base_);
    auto made = (base_ / fmt::format("{}{}-XXXXXX", new_prefix, getpid())).string();
    if (mkdtemp(made.data()) == nullptr) return cannot_stage(made, "cannot be made", errno);
    file_descriptor lock(
        open((fs::path(made) / lock_name).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    auto const give_up = [&made](std::string_view what) {
        int const error = errno;
        std::error_code ignored;
        fs::remove_all(made, ignored);
        return cannot_stage(made, what, error);
    };
    if (!lock || flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return give_up("cannot be locked");
    auto const unique = fs::path(made).filename().string().substr(sizeof new_prefix - 1);
    auto const named = base_ / (own_prefix + unique);
    if (rename(made.c_str(), named.c_str()) != 0) return give_up("cannot be renamed");
    // As the process's own map will name it: without links and dots on the way.
    std::error_code error;
    own_ = fs::canonical(named, error);
    if (error) return cannot_stage(named, "cannot be resolved", error.value());
    lock_ = lock.release();
    return {};
}

result<staged_file> staging_area::stage(fs::path const& source, std::string name) {
    std::lock_guard const lock(mutex_);
    auto content = read_module(source, policy_);
    if (!content) return content.error();
    std::error_code error;
    if (own_.empty() || !fs::exists(own_, error)) {
        if (lock_ >= 0) close(std::exchange(lock_, -1));
        if (auto prepared = prepare(); !prepared) return prepared.error();
    }
    return write(std::move(*content), std::move(name));
}

// The copy is sealed by what surrounds it: a directory that only this user enters, a mode that nobody may write by, and no
// descriptor that could. What is hashed and judged are the bytes that were written, and before the load the file is
// compared with them.
result<staged_file> staging_area::write(module_source source, std::string name) {
    auto const path = own_ / fmt::format("{}-{}", next_++, name);
    auto digest = content_digest(source.bytes);
    auto const put = [](fs::path const& at, std::span<std::byte const> content) -> result<void> {
        file_descriptor const file(
            open(at.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400));
        if (!file) return cannot_stage(at, "cannot be made", errno);
        int error = HOTSWAP_FAILPOINT("stage.write");
        if (error == 0) error = write_all(file.get(), content);
        if (error == 0) return {};
        return cannot_stage(at, "cannot be written", error);
    };
    // The owner is there before the file, so that whatever goes wrong on the way removes it.
    staged_file made(path, std::move(name), std::move(digest), std::move(source.bytes),
                     std::move(source.signature));
    if (auto done = put(path, made.bytes()); !done) return done.error();
    if (auto const& text = made.signature())
        if (auto done = put(path.string() + signature_suffix, std::as_bytes(std::span(*text))); !done)
            return done.error();
    return made;
}

}  // namespace hotswap::detail
