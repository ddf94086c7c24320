#include "module/module_source.hpp"

#include "module/exposure.hpp"
#include "module/path_walk.hpp"
#include "module/release.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <set>
#include <system_error>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_signature = 4096;

result<file_descriptor> open_module(int directory, fs::path const& path) {
    file_descriptor file(
        openat(directory, path.filename().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file) return cannot_open(path, errno);
    return file;
}

/// The file's content; a fault of its owner or mode is recorded, and the file is then not read.
result<std::vector<std::byte>> read_checked(file_descriptor const& file, fs::path const& path,
                                            exposure_check& check) {
    return read_opened(file, path, [&check, &path, &file](struct stat const& found) -> result<void> {
        check.look_at(file.get(), found, path, false);
        if (!check.empty()) return check.refusal();
        return {};
    });
}

// An operator who fixes one file would find the next fault at the next swap: name the other releases at once.
void look_at_family(int directory, fs::path const& file, bool with_signatures, exposure_check& check) {
    auto const family = family_of(file);
    file_descriptor listed(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    std::unique_ptr<DIR, int (*)(DIR*)> const entries(listed ? fdopendir(listed.get()) : nullptr, &closedir);
    if (!entries) return;
    static_cast<void>(listed.release());  // closed with the stream
    std::set<std::string> names{file.filename().string()};
    while (dirent const* const each = readdir(entries.get())) {
        std::string name = each->d_name;
        bool const is_signature = name.ends_with(signature_suffix);
        auto const module = is_signature ? name.substr(0, name.size() - (sizeof signature_suffix - 1)) : name;
        if (!family.empty() && family_of(module) == family && (with_signatures || !is_signature))
            names.insert(std::move(name));
    }
    for (auto const& name : names) {
        file_descriptor const at(openat(directory, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        struct stat found {};
        if (at && fstat(at.get(), &found) == 0 && S_ISREG(found.st_mode))
            check.look_at(at.get(), found, file.parent_path() / name, false);
    }
}

/// As `read_module`, for a file that was found; records faults in `check`.
result<module_source> read_from(found_file const& file, module_policy const& policy, exposure_check& check) {
    auto opened = open_module(file.directory.get(), file.path);
    if (!opened) return opened.error();
    auto bytes = read_checked(*opened, file.path, check);
    if (!bytes) return bytes.error();
    module_source source{std::move(*bytes), std::nullopt, std::move(*opened)};
    if (policy.trusted_keys.empty()) return source;
    auto const signature_file = file.path.string() + signature_suffix;
    auto of_signature = open_module(file.directory.get(), signature_file);
    auto signature = of_signature ? read_checked(*of_signature, signature_file, check)
                                  : result<std::vector<std::byte>>(of_signature.error());
    if (!signature && signature.error().code != errc::no_such_file) return signature.error();
    if (signature && signature->size() <= largest_signature)
        source.signature.emplace(reinterpret_cast<char const*>(signature->data()), signature->size());
    else if (signature)
        source.signature.emplace();  // so long a file is not a signature
    return source;
}

}  // namespace

result<module_source> read_module(fs::path const& file, module_policy const& policy) {
    std::error_code error;
    auto const absolute = fs::absolute(file, error);
    if (error) return cannot_open(file, error.value());
    auto const inner = policy.directory.empty() ? fs::path() : fs::weakly_canonical(policy.directory, error);
    exposure_check check(policy);
    auto const found = path_walk(inner, check).find_file(absolute);
    // No file is opened in a directory that other users can write.
    if (found && check.empty()) {
        auto source = read_from(*found, policy, check);
        if (check.empty()) return source;
    }
    if (!check.empty()) {
        if (found) look_at_family(found->directory.get(), found->path, !policy.trusted_keys.empty(), check);
        return check.refusal();
    }
    return found.error().code == errc::no_such_file ? cannot_open(file, ENOENT) : found.error();
}

std::optional<std::string> who_can_fill(fs::path const& directory, bool on_the_way,
                                        module_policy const& policy) {
    if (!policy.check_ownership) return std::nullopt;
    for (auto at = fs::absolute(directory);; at = at.parent_path()) {
        exposure_check check(policy);
        auto const opened = path_walk({}, check).open_directory(at, on_the_way);
        if (!check.empty()) return check.in_words();
        if (opened) return std::nullopt;
        if (at == at.parent_path()) return opened.error().message;
    }
}

}  // namespace hotswap::detail
