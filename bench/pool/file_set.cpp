#include "pool/file_set.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace bench {

namespace {

namespace fs = std::filesystem;

// A kilobyte, in which each line has the version: a file that is cut off is neither of them.
std::string text_of(std::string_view version, std::size_t i) {
    std::string text;
    for (int line = 0; text.size() < 1024; ++line)
        text += fmt::format("{} version of file {}, line {}\n", version, i, line);
    return text;
}

}  // namespace

file_set::file_set(fs::path in, std::size_t files) : in_(std::move(in)), files_(files) {
    for (std::string_view const version : {"old", "new"}) {
        auto const sources = in_ / version / "src";
        fs::create_directories(sources);
        for (std::size_t i = 0; i != files; ++i) write_text(sources / name(i), text_of(version, i));
    }
    put_old();
}

std::string file_set::name(std::size_t i) { return fmt::format("file{:05}", i); }

void file_set::put_old() const {
    fs::create_directories(root());
    replace_directory(old_version() / "src", installed());
}

set_content file_set::look() const {
    std::size_t of_old = 0;
    std::size_t of_new = 0;
    for (std::size_t i = 0; i != files_; ++i) {
        auto const text = read_text(installed() / name(i));
        if (text == text_of("old", i)) ++of_old;
        if (text == text_of("new", i)) ++of_new;
    }
    if (of_old == files_) return set_content::all_old;
    if (of_new == files_) return set_content::all_new;
    return of_old + of_new == files_ ? set_content::mixed : set_content::damaged;
}

void replace_directory(fs::path const& from, fs::path const& to) {
    fs::remove_all(to);
    fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

void settle(fs::path const& at) {
    int const directory = ::open(at.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int const done = directory < 0 ? -1 : ::syncfs(directory);
    int const error = errno;
    if (directory >= 0) ::close(directory);
    if (done != 0) throw std::system_error(error, std::generic_category(), "syncfs of " + at.native());
}

void write_text(fs::path const& file, std::string_view text) {
    std::ofstream to(file, std::ios::binary | std::ios::trunc);
    if (!to.write(text.data(), static_cast<std::streamsize>(text.size())) || !to.flush())
        throw std::system_error(errno, std::generic_category(), "writing " + file.native());
}

std::string read_text(fs::path const& file) {
    std::ifstream from(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(from), {}};
}

}  // namespace bench
