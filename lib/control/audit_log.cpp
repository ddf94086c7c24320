#include "control/audit_log.hpp"

#include "base/refuse.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t longest_line = std::uint64_t{2} << 20U;

std::string utc_now() {
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    auto const seconds = std::chrono::floor<std::chrono::seconds>(now);
    auto const rest = std::chrono::duration_cast<std::chrono::microseconds>(now - seconds);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(seconds.count()), rest.count());
}

}  // namespace

audit_log::audit_log(fs::path file, std::uint64_t file_bytes)
    : path_(std::move(file)), file_bytes_(file_bytes) {}

audit_log::~audit_log() {
    mutex_lock const lock(mutex_);
    close();
}

failure audit_log::cannot(std::string_view what) const {
    return refuse(errc::control_failed, phase::none,
                  "cannot {} the audit {}: {}; make it writable, or choose another file", what,
                  path_.native(), std::generic_category().message(errno));
}

result<void> audit_log::open() {
    mutex_lock const lock(mutex_);
    if (path_.has_parent_path()) {
        std::error_code failed;
        auto const directory = path_.parent_path();
        bool const is_new = fs::create_directories(directory, failed);
        if (is_new) fs::permissions(directory, fs::perms::owner_all, failed);
    }
    if (auto locked = lock_file(); !locked) return locked;
    auto caught_up = catch_up();
    unlock_file();
    return caught_up;
}

result<void> audit_log::write(boost::json::object content) {
    mutex_lock const lock(mutex_);
    if (auto locked = lock_file(); !locked) return locked;
    auto done = [&]() HOTSWAP_REQUIRES(mutex_) -> result<void> {
        if (auto caught_up = catch_up(); !caught_up) return caught_up;
        if (size_ >= file_bytes_)
            if (auto begun = begin_new_file(); !begun) return begun;
        boost::json::object whole{{"time", utc_now()}};
        for (auto& each : content) whole[each.key()] = std::move(each.value());
        auto next = head_;
        auto const line = chained_line(std::move(whole), next);
        if (auto appended = append(line); !appended) return appended;
        head_ = std::move(next);
        return {};
    }();
    unlock_file();
    return done;
}

result<void> audit_log::open_locked() {
    close();
    file_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file_ < 0) return cannot("open");
    size_ = 0;  // what the file has is read by `catch_up`
    return {};
}

// Another process may have begun a new file since: the lock is on the file that has the name.
result<void> audit_log::lock_file() {
    for (;;) {
        if (file_ < 0)
            if (auto opened = open_locked(); !opened) return opened;
        if (::flock(file_, LOCK_EX) != 0) return cannot("lock");
        struct stat ours {};
        struct stat named {};
        if (::fstat(file_, &ours) != 0) return cannot("examine");
        if (::stat(path_.c_str(), &named) == 0 && ours.st_dev == named.st_dev && ours.st_ino == named.st_ino)
            return {};
        close();
    }
}

void audit_log::unlock_file() {
    if (file_ >= 0) ::flock(file_, LOCK_UN);
}

// Learns the end of the chain from the last line, if another process has written, or the file is new to this one.
result<void> audit_log::catch_up() {
    struct stat now {};
    if (::fstat(file_, &now) != 0) return cannot("examine");
    auto const size = static_cast<std::uint64_t>(now.st_size);
    if (size == size_) return {};
    auto const length = std::min(size, longest_line);
    std::string tail(length, '\0');
    auto const got = ::pread(file_, tail.data(), length, static_cast<off_t>(size - length));
    if (got < 0 || static_cast<std::uint64_t>(got) != length) return cannot("read");
    size_ = size;
    if (size == 0) return {};  // a new file: the chain goes on from the one before
    // Of a file that was just begun that may be the only one: then the chain goes on from the file before.
    bool const is_only_unfinished = length == size && tail.find('\n') == tail.npos;
    // A line that a killed process left unfinished ends here, and `check_audit` names it.
    if (tail.back() != '\n') {
        if (::write(file_, "\n", 1) != 1) return cannot("write to");
        ++size_;
        tail.push_back('\n');
    }
    if (is_only_unfinished) return {};
    while (!tail.empty()) {
        tail.pop_back();
        auto const begin = tail.rfind('\n') + 1;  // npos + 1 is 0
        if (auto const last = read_chained_line(std::string_view(tail).substr(begin))) {
            head_ = *last;
            return {};
        }
        tail.resize(begin);
    }
    return refuse(errc::audit_damaged, phase::none,
                  "the end of {} has no line of an audit; move the file away, and keep it", path_.native());
}

// All of the line, or none of it.
result<void> audit_log::append(std::string const& line) {
    auto const wrote = ::write(file_, line.data(), line.size());
    if (wrote == static_cast<ssize_t>(line.size()) && ::fdatasync(file_) == 0) {
        size_ += line.size();
        return {};
    }
    auto const error = wrote < 0 || wrote == static_cast<ssize_t>(line.size()) ? errno : ENOSPC;
    if (::ftruncate(file_, static_cast<off_t>(size_)) != 0) close();
    errno = error;
    return cannot("write to");
}

result<void> audit_log::begin_new_file() {
    auto const full = fmt::format("{}.{}", path_.native(), head_.sequence);
    if (::rename(path_.c_str(), full.c_str()) != 0) return cannot("rename");
    int const before = std::exchange(file_, -1);
    auto locked = lock_file();
    ::close(before);
    return locked;
}

void audit_log::close() noexcept {
    if (file_ >= 0) ::close(std::exchange(file_, -1));
}

}  // namespace hotswap::detail
