#include "pool/file_steps.hpp"

#include "base/failpoint.hpp"
#include "module/file_io.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <set>
#include <string>
#include <vector>

namespace hotswap::detail {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t copied_at_once = std::size_t{1} << 20U;

// The errno with which a test makes this step fail; else 0.
int fault_at([[maybe_unused]] char const* step) { return HOTSWAP_FAILPOINT(step); }

int copy_by_blocks(int from, int to) {
    std::vector<char> block(copied_at_once);
    for (;;) {
        auto const n = ::read(from, block.data(), block.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        if (n == 0) return 0;
        if (int const error =
                write_all(to, std::as_bytes(std::span(block.data(), static_cast<std::size_t>(n))));
            error != 0)
            return error;
    }
}

// 0, or an errno.
int copy_content(int from, int to) {
    if (::ioctl(to, FICLONE, from) == 0) return 0;
    for (bool is_first = true;; is_first = false) {
        auto const n = ::copy_file_range(from, nullptr, to, nullptr, std::size_t{1} << 30U, 0);
        if (n == 0) return 0;
        if (n > 0) continue;
        if (errno == EINTR) continue;
        bool const is_impossible =
            errno == EXDEV || errno == ENOSYS || errno == EINVAL || errno == EOPNOTSUPP;
        return is_first && is_impossible ? copy_by_blocks(from, to) : errno;
    }
}

result<file_descriptor> new_copy(fs::path const& from, fs::path const& to) {
    file_descriptor const source(::open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!source) return file_failed("open", from, errno);
    file_descriptor made(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!made) return file_failed("make", to, errno);
    if (int const error = copy_content(source.get(), made.get()); error != 0)
        return file_failed("write", to, error);
    return made;
}

std::vector<unsigned char> bytes_of(std::string const& hexadecimal) {
    std::vector<unsigned char> made;
    for (std::size_t i = 0; i + 1 < hexadecimal.size(); i += 2)
        made.push_back(static_cast<unsigned char>(std::stoi(hexadecimal.substr(i, 2), nullptr, 16)));
    return made;
}

result<void> set_attributes(int file, file_image const& like, fs::path const& path) {
    for (auto const& [name, digits] : like.attributes) {
        auto const value = bytes_of(digits);
        if (::fsetxattr(file, name.c_str(), value.data(), value.size(), 0) != 0)
            return file_failed("set the attribute " + name + " of", path, errno);
    }
    return {};
}

// Owner first: a change of it clears set-user-ID and capabilities.
result<void> set_facts(int file, file_image const& like, fs::path const& path, bool keep_time) {
    struct ::stat now {};
    if (::fstat(file, &now) != 0) return file_failed("look at", path, errno);
    bool const is_others = now.st_uid != like.owner || now.st_gid != like.group;
    if (is_others && ::fchown(file, like.owner, like.group) != 0)
        return file_failed("set the owner of", path, errno);
    if (::fchmod(file, like.mode) != 0) return file_failed("set the permissions of", path, errno);
    if (auto set = set_attributes(file, like, path); !set) return set;
    // The kernel's own times are as coarse as its tick: what a build has made a moment ago would count as made from this file.
    ::timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    if (keep_time) time = {like.modified_ns / 1'000'000'000, like.modified_ns % 1'000'000'000};
    std::array const times{::timespec{0, UTIME_NOW}, time};
    return ::futimens(file, times.data()) == 0 ? result<void>() : file_failed("set the time of", path, errno);
}

result<void> sync(file_descriptor const& file, fs::path const& path) {
    if (int const error = fault_at("pool.sync"); error != 0) return file_failed("write", path, error);
    return ::fsync(file.get()) == 0 ? result<void>() : file_failed("write", path, errno);
}

// From this number on one call for the whole file system costs less than one for each file.
constexpr std::size_t many = 32;

}  // namespace

result<void> copy_to_new(fs::path const& from, fs::path const& to) {
    if (int const error = fault_at("pool.copy"); error != 0) return file_failed("write", to, error);
    auto made = new_copy(from, to);
    return made ? result<void>() : made.error();
}

result<void> sync_files(std::vector<fs::path> const& files) {
    std::set<::dev_t> done;
    for (auto const& each : files) {
        file_descriptor const file(::open(each.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
        struct ::stat about {};
        if (!file || ::fstat(file.get(), &about) != 0) return file_failed("open", each, errno);
        if (files.size() < many) {
            if (auto synced = sync(file, each); !synced) return synced;
            continue;
        }
        if (!done.insert(about.st_dev).second) continue;
        if (int const error = fault_at("pool.sync"); error != 0) return file_failed("write", each, error);
        if (::syncfs(file.get()) != 0) return file_failed("write", each, errno);
    }
    return {};
}

result<void> stage_file(fs::path const& content, file_image const& like, fs::path const& temporary,
                        bool keep_time) {
    if (int const error = fault_at("pool.stage"); error != 0) return file_failed("write", temporary, error);
    if (like.kind == file_kind::link) {
        if (::symlink(like.target.c_str(), temporary.c_str()) != 0)
            return file_failed("make", temporary, errno);
        if (::lchown(temporary.c_str(), like.owner, like.group) != 0 && ::geteuid() == 0)
            return file_failed("set the owner of", temporary, errno);
        return {};
    }
    auto made = new_copy(content, temporary);
    if (!made) return made.error();
    return set_facts(made->get(), like, temporary, keep_time);
}

result<void> rename_file(fs::path const& temporary, fs::path const& destination) {
    if (int const error = fault_at("pool.rename"); error != 0)
        return file_failed("replace", destination, error);
    return ::rename(temporary.c_str(), destination.c_str()) == 0 ? result<void>()
                                                                 : file_failed("replace", destination, errno);
}

result<void> remove_file(fs::path const& path) {
    if (int const error = fault_at("pool.remove"); error != 0) return file_failed("remove", path, error);
    if (::unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return {};
    return file_failed("remove", path, errno);
}

result<void> sync_directory(fs::path const& path) {
    if (int const error = fault_at("pool.sync_directory"); error != 0)
        return file_failed("write", path, error);
    file_descriptor const directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return file_failed("open", path, errno);
    return ::fsync(directory.get()) == 0 ? result<void>() : file_failed("write", path, errno);
}

result<void> sync_file_system(fs::path const& path) {
    if (int const error = fault_at("pool.sync_directory"); error != 0)
        return file_failed("write", path, error);
    file_descriptor const directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return file_failed("open", path, errno);
    return ::syncfs(directory.get()) == 0 ? result<void>() : file_failed("write", path, errno);
}

result<std::string> read_text(fs::path const& path) {
    file_descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct ::stat found {};
    if (!file || ::fstat(file.get(), &found) != 0) return file_failed("read", path, errno);
    if (!S_ISREG(found.st_mode))
        return refuse(errc::pool_failed, phase::none, "{} is no file", path.native());
    std::string text;
    std::array<char, 65536> block;
    for (;;) {
        auto const n = ::read(file.get(), block.data(), block.size());
        if (n == 0) return text;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return file_failed("read", path, errno);
        text.append(block.data(), static_cast<std::size_t>(n));
    }
}

result<void> write_record(fs::path const& path, std::string_view text) {
    if (int const error = fault_at("pool.record"); error != 0) return file_failed("write", path, error);
    auto const temporary = path.native() + ".new";
    {
        file_descriptor const made(
            ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!made) return file_failed("make", temporary, errno);
        if (int const error = write_all(made.get(), std::as_bytes(std::span(text))); error != 0)
            return file_failed("write", temporary, error);
        if (auto done = sync(made, temporary); !done) return done;
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) return file_failed("replace", path, errno);
    return sync_directory(path.parent_path());
}

}  // namespace hotswap::detail
