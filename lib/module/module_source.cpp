#include "module/module_source.hpp"

#include "module/exposure.hpp"
#include "module/release.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <deque>
#include <memory>
#include <set>
#include <system_error>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

constexpr int most_links = 40;  // as the kernel
constexpr std::size_t largest_signature = 4096;

/// Goes down a path one name at a time, holding a descriptor of what it has reached and checked.
class path_walk {
public:
    path_walk(fs::path const& no_links_below, exposure_check& check)
        : no_links_below_(no_links_below), check_(check) {}

    /// Opens the directory `path`, absolute; each part of it was looked at, and `check` has what is wrong with any.
    /// `on_the_way`: it is judged like those that lead to it.
    result<file_descriptor> open_directory(fs::path const& path, bool on_the_way = false) {
        push_front(path);
        file_descriptor at(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
        fs::path reached = "/";
        while (true) {
            // What the last name leads to is judged as the directory itself, not as one on the way.
            if (at) {
                struct stat found {};
                if (fstat(at.get(), &found) != 0) return cannot_open(reached, errno);
                check_.look_at(at.get(), found, reached, on_the_way || !names_.empty());
            }
            if (!at) return cannot_open(reached, errno);
            if (names_.empty()) return at;
            auto const name = names_.front();
            names_.pop_front();
            auto next = step(at, reached, name);
            if (!next) return next.error();
            if (*next) at = std::move(**next);
        }
    }

private:
    void push_front(fs::path const& path) {
        std::deque<std::string> parts;
        for (auto const& part : path.relative_path())
            if (!part.empty() && part != ".") parts.push_back(part.string());
        names_.insert(names_.begin(), parts.begin(), parts.end());
    }

    /// One name further; nothing if it is a link, whose names come next.
    result<std::optional<file_descriptor>> step(file_descriptor& at, fs::path& reached,
                                                std::string const& name) {
        auto const path = reached / name;
        file_descriptor next(openat(at.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        struct stat found {};
        if (!next || fstat(next.get(), &found) != 0) return cannot_open(path, errno);
        if (S_ISDIR(found.st_mode)) {
            reached = name == ".." ? reached.parent_path() : path;
            return std::optional(std::move(next));
        }
        if (!S_ISLNK(found.st_mode)) return cannot_open(path, ENOTDIR);
        check_.look_at(next.get(), found, path, true);
        if (is_below(path)) {
            check_.note(
                {path,
                 "is a symbolic link that leads out of the modules directory (put the files themselves "
                 "there)"});
            return cannot_open(path, ELOOP);
        }
        if (++links_ > most_links) return cannot_open(path, ELOOP);
        char target[PATH_MAX];
        auto const size = readlinkat(next.get(), "", target, sizeof target);
        if (size <= 0 || size == sizeof target) return cannot_open(path, size < 0 ? errno : ENAMETOOLONG);
        fs::path const to(std::string(target, static_cast<std::size_t>(size)));
        push_front(to);
        if (to.is_absolute()) {
            file_descriptor root(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
            if (!root) return cannot_open("/", errno);
            reached = "/";
            return std::optional(std::move(root));
        }
        return std::optional<file_descriptor>();
    }

    bool is_below(fs::path const& path) const {
        if (no_links_below_.empty()) return false;
        auto const [end, ignored] =
            std::mismatch(no_links_below_.begin(), no_links_below_.end(), path.begin(), path.end());
        return end == no_links_below_.end();
    }

    fs::path no_links_below_;
    exposure_check& check_;
    std::deque<std::string> names_;
    int links_ = 0;
};

result<file_descriptor> open_module(int directory, fs::path const& path) {
    file_descriptor file(openat(directory, directory == AT_FDCWD ? path.c_str() : path.filename().c_str(),
                                O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file) return cannot_open(path, errno);
    return file;
}

/// The file's content; what is wrong with its owner or mode is noted, and then it is not read.
result<std::vector<std::byte>> read_checked(file_descriptor const& file, fs::path const& path,
                                            exposure_check* check) {
    return read_opened(file, path, [check, &path, &file](struct stat const& found) -> result<void> {
        if (check == nullptr) return {};
        check->look_at(file.get(), found, path, false);
        if (!check->empty()) return check->refusal();
        return {};
    });
}

// Who puts one file right would meet the next one with the next swap: the other releases are named at once.
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

/// As `read_module`, below the directory, with what is wrong noted in `check`, if that is not null.
result<module_source> read_from(int directory, fs::path const& file, module_policy const& policy,
                                exposure_check* check) {
    auto opened = open_module(directory, file);
    if (!opened) return opened.error();
    auto bytes = read_checked(*opened, file, check);
    if (!bytes) return bytes.error();
    module_source source{std::move(*bytes), std::nullopt, std::move(*opened)};
    if (policy.trusted_keys.empty()) return source;
    auto const beside = file.string() + signature_suffix;
    auto of_signature = open_module(directory, beside);
    auto signature = of_signature ? read_checked(*of_signature, beside, check)
                                  : result<std::vector<std::byte>>(of_signature.error());
    if (!signature && signature.error().code != errc::no_such_file) return signature.error();
    if (signature && signature->size() <= largest_signature)
        source.signature.emplace(reinterpret_cast<char const*>(signature->data()), signature->size());
    else if (signature)
        source.signature.emplace();  // what is so long is no signature
    return source;
}

}  // namespace

result<module_source> read_module(fs::path const& file, module_policy const& policy) {
    if (!policy.check_ownership) return read_from(AT_FDCWD, file, policy, nullptr);
    std::error_code error;
    auto const absolute = fs::absolute(file, error);
    if (error) return cannot_open(file, error.value());
    auto const inner = policy.directory.empty() ? fs::path() : fs::weakly_canonical(policy.directory, error);
    exposure_check check;
    auto const directory = path_walk(inner, check).open_directory(absolute.parent_path());
    // In a directory that others can fill, nothing is opened.
    auto source = directory && check.empty() ? read_from(directory->get(), file, policy, &check)
                  : directory                ? result<module_source>(check.refusal())
                                             : result<module_source>(directory.error());
    if (!check.empty()) {
        if (directory) look_at_family(directory->get(), absolute, !policy.trusted_keys.empty(), check);
        return check.refusal();
    }
    if (!directory && directory.error().code == errc::no_such_file) return cannot_open(file, ENOENT);
    return source;
}

std::optional<std::string> who_can_fill(fs::path const& directory, bool on_the_way) {
    for (auto at = fs::absolute(directory);; at = at.parent_path()) {
        exposure_check check;
        auto const opened = path_walk({}, check).open_directory(at, on_the_way);
        if (!check.empty()) return check.in_words();
        if (opened) return std::nullopt;
        if (at == at.parent_path()) return opened.error().message;
    }
}

}  // namespace hotswap::detail
