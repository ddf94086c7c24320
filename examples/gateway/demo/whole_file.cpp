#include "demo/whole_file.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>
#include <system_error>

#include <unistd.h>

namespace demo {

namespace fs = std::filesystem;

namespace {

/// A file next to `whole`, which is gone at the end unless it took the place of `whole`.
class draft {
public:
    explicit draft(fs::path const& whole) : whole_(whole) {
        std::error_code error;
        if (auto const link = fs::canonical(whole, error); !error) whole_ = link;
        bool const is_device = fs::exists(whole_, error) && !fs::is_regular_file(whole_, error);
        file_ = is_device ? whole_ : fs::path(fmt::format("{}.{}.new", whole_.native(), getpid()));
        if (whole_.has_parent_path()) fs::create_directories(whole_.parent_path(), error);
        out_.open(file_, std::ios::binary);
        if (!out_) refuse();
    }
    ~draft() {
        std::error_code ignored;
        if (file_ != whole_) fs::remove(file_, ignored);
    }
    draft(draft const&) = delete;
    draft& operator=(draft const&) = delete;

    void write(std::string_view text) {
        out_ << text;
        out_.close();
        std::error_code error;
        if (!out_) refuse();
        if (file_ != whole_) fs::rename(file_, whole_, error);
        if (error) refuse();
    }

private:
    [[noreturn]] void refuse() const {
        throw std::runtime_error(fmt::format("cannot write {}", whole_.native()));
    }

    fs::path whole_;
    fs::path file_;
    std::ofstream out_;
};

}  // namespace

void write_whole(fs::path const& file, std::string_view text) { draft(file).write(text); }

void check_writable(fs::path const& file) { draft const only_opened(file); }

}  // namespace demo
