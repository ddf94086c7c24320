#include "module/file_io.hpp"

#include "base/refuse.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace hotswap::detail {

namespace {

constexpr std::uint64_t largest_module = std::uint64_t{1} << 30;

failure not_regular(std::filesystem::path const& path) {
    return refuse(errc::not_regular_file, phase::stage,
                  "{} is not a regular file (a directory, FIFO, socket or device); name a shared object",
                  path.string());
}

}  // namespace

failure cannot_open(std::filesystem::path const& path, int error) {
    if (error == ENOENT || error == ENOTDIR)  // in the dynamic linker's own words
        return refuse(errc::no_such_file, phase::stage,
                      "{}: cannot open shared object file: {}; name a file that exists, or a family in the "
                      "modules directory",
                      path.string(), std::generic_category().message(error));
    if (error == ENXIO) return not_regular(path);
    if (error == ELOOP)
        return refuse(errc::not_regular_file, phase::stage,
                      "{} is a symbolic link, a regular file was expected; name the file that it points to",
                      path.string());
    if (error == EMFILE || error == ENFILE)
        return refuse(errc::staging_failed, phase::stage,
                      "{}: cannot open shared object file: {}; raise the limit of open files (LimitNOFILE=, "
                      "ulimit -n): each component holds two",
                      path.string(), std::generic_category().message(error));
    return refuse(errc::staging_failed, phase::stage,
                  "{}: cannot open shared object file: {}; make it readable", path.string(),
                  std::generic_category().message(error));
}

result<std::vector<std::byte>> read_regular_file(std::filesystem::path const& path) {
    file_descriptor const file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file) return cannot_open(path, errno);
    return read_opened(file, path, [](struct stat const&) -> result<void> { return {}; });
}

result<std::vector<std::byte>> read_opened(file_descriptor const& file, std::filesystem::path const& path,
                                           std::function<result<void>(struct stat const&)> const& accept) {
    struct stat found {};
    if (fstat(file.get(), &found) != 0) return cannot_open(path, errno);
    if (!S_ISREG(found.st_mode)) return not_regular(path);
    if (auto accepted = accept(found); !accepted) return accepted.error();
    if (static_cast<std::uint64_t>(found.st_size) > largest_module)
        return refuse(errc::staging_failed, phase::stage,
                      "{} has {} bytes, a module has at most {}; strip it", path.string(), found.st_size,
                      largest_module);
    std::vector<std::byte> content(static_cast<std::size_t>(found.st_size));
    std::size_t have = 0;
    while (have != content.size()) {
        // Not from the descriptor's position: the file may be read again, also by other threads.
        ssize_t const got =
            pread(file.get(), content.data() + have, content.size() - have, static_cast<off_t>(have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot_open(path, errno);
        if (got == 0) break;  // the file was cut while it was read: the rest is judged as it is
        have += static_cast<std::size_t>(got);
    }
    content.resize(have);
    return content;
}

int replace_file(std::filesystem::path const& path, std::span<std::byte const> content, mode_t mode) noexcept
    try {
    auto made = path.parent_path() / ("." + path.filename().string() + ".XXXXXX");
    auto text = made.string();
    file_descriptor const file(mkostemp(text.data(), O_CLOEXEC));
    if (!file) return errno;
    int error = write_all(file.get(), content);
    if (error == 0 && (fchmod(file.get(), mode) != 0 || rename(text.c_str(), path.c_str()) != 0))
        error = errno;
    if (error != 0) unlink(text.c_str());
    return error;
} catch (...) {
    return ENOMEM;
}

int write_all(int fd, std::span<std::byte const> content) noexcept {
    while (!content.empty()) {
        ssize_t const done = write(fd, content.data(), content.size());
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return errno;
        content = content.subspan(static_cast<std::size_t>(done));
    }
    return 0;
}

}  // namespace hotswap::detail
