#include "pool/kept_copy.hpp"

#include "module/digest.hpp"
#include "pool/file_image.hpp"
#include "pool/file_steps.hpp"
#include "pool/process_tree.hpp"

#include <fmt/format.h>

#include <chrono>
#include <span>
#include <system_error>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds longest_diff{10};

// The path in one name: two files of one name stay apart.
std::string name_of(fs::path const& file) {
    constexpr std::size_t longest = 200;
    std::string name;
    auto const relative = file.relative_path();
    for (char const c : relative.native())
        name += c == '/' ? std::string("%") : c == '%' ? std::string("%25") : std::string(1, c);
    if (name.size() <= longest) return name;
    auto const whole = content_digest(std::as_bytes(std::span(file.native()))).substr(0, 16);
    return whole + name.substr(name.size() - longest + whole.size());
}

}  // namespace

result<kept_copy> keep_copy(fs::path const& state, std::string const& pool, std::uint64_t transaction,
                            fs::path const& file, fs::path const& next) {
    auto const directory = state / "kept" / pool / std::to_string(transaction);
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) return file_failed("make the directory", directory, error.value());
    kept_copy made{.copy = directory / name_of(file)};
    for (int i = 2; fs::symlink_status(made.copy, error).type() != fs::file_type::not_found; ++i)
        made.copy = directory / fmt::format("{}.{}", name_of(file), i);
    error.clear();
    bool const is_link = fs::is_symlink(file, error);
    if (is_link) {
        fs::copy_symlink(file, made.copy, error);
        if (error) return file_failed("copy", file, error.value());
    } else {
        if (auto copied = copy_to_new(file, made.copy); !copied) return copied.error();
        if (auto synced = sync_files({made.copy}); !synced) return synced.error();
    }
    // The file is replaced after this: the copy must last, with all the names that lead to it.
    for (auto const& each : {directory, directory.parent_path(), state / "kept", state})
        if (auto synced = sync_directory(each); !synced) return synced.error();
    if (is_link) return made;
    auto const compared =
        run_tree({"/usr/bin/diff", "-u", made.copy.native(), next.native()}, {"PATH=/usr/bin:/bin"},
                 directory, std::chrono::steady_clock::now() + longest_diff, {});
    if (!compared || compared->status != 1 || compared->output.empty()) return made;
    made.diff = made.copy.native() + ".diff";
    if (auto written = write_record(made.diff, compared->output); !written) return written.error();
    return made;
}

}  // namespace hotswap::detail
