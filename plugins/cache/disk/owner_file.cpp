#include "cache/disk/owner_file.hpp"

#include <hotswap/detail/state/table_seed.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>

namespace hotswap::plugins {

namespace {

constexpr std::uint64_t opening_byte = 0;

[[noreturn]] void fail(char const* what) { throw std::system_error(errno, std::generic_category(), what); }

// Locks of the open file, and not of the process: two components of one process see each other's.
struct flock range(short kind, std::uint64_t begin, std::uint64_t size) {
    struct flock wanted {};
    wanted.l_type = kind;
    wanted.l_whence = SEEK_SET;
    wanted.l_start = static_cast<off_t>(begin);
    wanted.l_len = static_cast<off_t>(size);
    return wanted;
}

bool is_held(int file, std::uint64_t begin, std::uint64_t end) {
    auto asked = range(F_WRLCK, begin, end - begin);
    if (fcntl(file, F_OFD_GETLK, &asked) != 0) fail("ask for locks");
    return asked.l_type != F_UNLCK;
}

std::string text_of(char const* file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string name_of_this_boot() {
    auto name = text_of("/proc/sys/kernel/random/boot_id");
    if (!name.empty()) name.pop_back();
    return name;
}

}  // namespace

owner_file::owner_file(std::filesystem::path const& file)
    : file_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (file_ < 0) fail(("open " + file.string()).c_str());
    auto opening = range(F_WRLCK, opening_byte, 1);
    if (fcntl(file_, F_OFD_SETLK, &opening) == 0) return;
    int const why = errno;
    close(file_);
    if (why == EAGAIN || why == EACCES) throw std::runtime_error("another component opens it just now");
    throw std::system_error(why, std::generic_category(), "lock " + file.string());
}

owner_file::~owner_file() { close(file_); }

std::uint64_t owner_file::random_epoch() {
    auto const random = table_seed::random();
    return first_epoch + (random.first ^ random.second) % (last_epoch - first_epoch);
}

std::optional<pid_t> owner_file::other_holder(std::uint64_t mine) const {
    bool const held = is_epoch(mine)
                          ? is_held(file_, first_epoch, mine) || is_held(file_, mine + 1, last_epoch + 1)
                          : is_held(file_, first_epoch, last_epoch + 1);
    if (!held) return std::nullopt;
    owner_note read;
    if (pread(file_, &read, sizeof read, 0) != static_cast<ssize_t>(sizeof read)) return pid_t{0};
    return static_cast<pid_t>(read.process);
}

void owner_file::hold(std::uint64_t epoch) {
    auto mine = range(F_RDLCK, epoch, 1);
    if (fcntl(file_, F_OFD_SETLK, &mine) != 0) fail("lock the owner file");
    auto const process = static_cast<std::uint64_t>(getpid());
    if (pwrite(file_, &process, sizeof process, 0) != static_cast<ssize_t>(sizeof process))
        fail("write the owner file");
}

void owner_file::end_opening() noexcept {
    auto opening = range(F_UNLCK, opening_byte, 1);
    fcntl(file_, F_OFD_SETLK, &opening);
}

std::optional<std::uint64_t> owner_file::least_frames() const noexcept {
    owner_note read;
    if (pread(file_, &read, sizeof read, 0) != static_cast<ssize_t>(sizeof read)) return std::nullopt;
    return read.frames;
}

void owner_file::note_frames(std::uint64_t frames) {
    if (noted_ == frames) return;
    if (pwrite(file_, &frames, sizeof frames, offsetof(owner_note, frames)) !=
        static_cast<ssize_t>(sizeof frames))
        fail("write the owner file");
    noted_ = frames;
}

std::string name_of_this_process() {
    auto const facts = text_of("/proc/self/stat");
    // After the program's name, which may hold anything, come the fields from the third on; the start is the 22nd.
    std::size_t at = facts.rfind(')');
    for (int field = 2; at != std::string::npos && field != 22; ++field) at = facts.find(' ', at + 1);
    std::string start;
    if (at != std::string::npos) start = facts.substr(at + 1, facts.find(' ', at + 1) - at - 1);
    return std::to_string(getpid()) + ' ' + start + ' ' + name_of_this_boot();
}

bool is_of_this_boot(std::string_view process) {
    auto const boot = name_of_this_boot();
    return !boot.empty() && process.ends_with(' ' + boot);
}

}  // namespace hotswap::plugins
