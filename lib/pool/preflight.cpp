#include "pool/preflight.hpp"

#include "base/refuse.hpp"
#include "module/file_io.hpp"
#include "pool/file_image.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <system_error>

namespace hotswap::detail {

namespace {

namespace fs = std::filesystem;

// The parent, or the nearest directory above it that is there.
fs::path nearest_directory(fs::path const& of) {
    auto at = of.parent_path();
    struct ::stat found {};
    while (::stat(at.c_str(), &found) != 0 && at.has_relative_path()) at = at.parent_path();
    return at;
}

// Empty: it may not be written for ever, or the file system does not say.
bool is_immutable(fs::path const& path) {
    file_descriptor const file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    unsigned int flags = 0;
    return file && ::ioctl(file.get(), FS_IOC_GETFLAGS, &flags) == 0 &&
           (flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) != 0;
}

bool is_mounted_on(fs::path const& path) {
    struct ::statx found {};
    return ::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &found) == 0 &&
           (found.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 &&
           (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

class looker {
public:
    looker(fs::path const& directory, source_tree const& tree, fs::path const& state)
        : directory_(directory), tree_(tree), state_(state) {
        std::error_code error;
        for (auto const& each : {directory, state})
            ours_.push_back(fs::weakly_canonical(fs::absolute(each), error));
    }

    found_pool look(manifest_pool const& of) {
        found_pool made{&of};
        for (auto const& each : of.files) {
            auto& file = made.files.emplace_back(looked_at_file{.of = &each});
            look_at_source(file);
            look_at_destination(file);
        }
        return made;
    }

    /// A fault for each file system that has too little space for all.
    void look_at_space() {
        for (auto const& [device, here] : needs_) {
            struct ::statvfs about {};
            if (::statvfs(here.at.c_str(), &about) != 0) continue;
            auto const free = static_cast<std::uint64_t>(::geteuid() == 0 ? about.f_bfree : about.f_bavail) *
                              about.f_frsize;
            if (here.bytes > free)
                faults_ +=
                    fmt::format("{}{}: {} bytes are needed there for new files and backups, and {} are free",
                                faults_.empty() ? "" : "\n", here.at.native(), here.bytes, free);
        }
    }

    std::string const& faults() const noexcept { return faults_; }

private:
    struct need {
        fs::path at;
        std::uint64_t bytes = 0;
    };

    template <class... A>
    void wrong(looked_at_file const& at, fmt::format_string<A...> sentence, A&&... arguments) {
        faults_ += fmt::format("{}{}: {}", faults_.empty() ? "" : "\n", at.of->place,
                               fmt::format(sentence, std::forward<A>(arguments)...));
    }
    void needs(fs::path const& at, std::uint64_t bytes) {
        struct ::stat found {};
        if (::stat(at.c_str(), &found) != 0) return;
        auto& here = needs_[found.st_dev];
        here.at = at;
        here.bytes += bytes;
    }

    void look_at_source(looked_at_file& file) {
        std::error_code error;
        auto const source = real_path_of(directory_ / file.of->target, error);
        auto const src = error ? fs::path() : real_directory(directory_ / "src", error);
        if (error)
            return wrong(file, "{} cannot be read: {}", (directory_ / file.of->target).native(),
                         error.message());
        if (!source.native().starts_with(src.native() + "/"))
            return wrong(file, "{} leads out of src/, to {}", file.of->target.native(), source.native());
        if (!fs::is_regular_file(source, error))
            return wrong(file, "{} is neither a file nor a link to one; a pool brings files only",
                         source.native());
        // The tree has read it, and has checked it if manifests are signed.
        auto const known = tree_.find(("src" / source.lexically_relative(src)).native());
        if (known == tree_.end()) return wrong(file, "{} was not there at first; try again", source.native());
        file.source = source;
        file.digest = known->second;
        file.size = fs::file_size(source, error);
        if (error) return wrong(file, "{} cannot be read: {}", source.native(), error.message());
        needs(nearest_directory(file.of->destination), file.size);
    }

    // A manifest of many files has few directories: each is looked up once.
    fs::path real_directory(fs::path const& path, std::error_code& error) {
        auto& found = real_[path.native()];
        if (found.empty()) found = fs::canonical(path, error);
        return found;
    }
    fs::path real_path_of(fs::path const& path, std::error_code& error) {
        struct ::stat found {};
        if (::lstat(path.c_str(), &found) != 0 || S_ISLNK(found.st_mode)) return fs::canonical(path, error);
        auto const parent = real_directory(path.parent_path(), error);
        return error ? fs::path() : parent / path.filename();
    }

    // What is wrong with a directory in which files are replaced; empty: nothing.
    std::string const& fault_of_parent(fs::path const& parent) {
        auto const [at, is_new] = parents_.try_emplace(parent.native());
        if (!is_new) return at->second;
        struct ::statvfs about {};
        at->second = unsafe_part_of(parent);
        if (at->second.empty()) at->second = fault_of_place(parent);
        if (at->second.empty() && ::statvfs(parent.c_str(), &about) == 0 && (about.f_flag & ST_RDONLY) != 0)
            at->second = fmt::format("the file system of {} is read-only", parent.native());
        if (at->second.empty() && ::access(parent.c_str(), W_OK | X_OK) != 0)
            at->second = fmt::format("{} cannot be written: {}", parent.native(), std::strerror(errno));
        return at->second;
    }

    void look_at_destination(looked_at_file& file) {
        auto const& path = file.of->destination;
        auto const parent = nearest_directory(path);
        if (auto const& why = fault_of_parent(parent); !why.empty()) return wrong(file, "{}", why);
        if (auto const why = fault_of_way(parent, path.parent_path()); !why.empty())
            return wrong(file, "{}", why);
        check_real_place(file, parent);
        struct ::stat found {};
        if (::lstat(path.c_str(), &found) != 0) return;
        if (!S_ISREG(found.st_mode) && !S_ISLNK(found.st_mode))
            return wrong(file, "{} is neither a file nor a link; a pool replaces files only", path.native());
        if (is_mounted_on(path))
            return wrong(file, "{} is a mount of its own, which cannot be replaced", path.native());
        if (S_ISREG(found.st_mode) && is_immutable(path))
            return wrong(file, "{} is immutable; `chattr -i -a {}` first", path.native(), path.native());
        if (S_ISREG(found.st_mode) && found.st_nlink > 1)
            file.warning = fmt::format("{} has {} names, and only this one gets the new content",
                                       path.native(), found.st_nlink);
        if (::geteuid() != 0 && found.st_uid != ::geteuid())
            return wrong(file, "{} belongs to another user, and only root can make a file of that user",
                         path.native());
        needs(state_, static_cast<std::uint64_t>(found.st_size));
    }

    // Directories are made from the nearest one that is there; a link that leads nowhere is none.
    static std::string fault_of_way(fs::path const& nearest, fs::path const& parent) {
        struct ::stat found {};
        for (auto at = parent; at != nearest && at.has_relative_path(); at = at.parent_path())
            if (::lstat(at.c_str(), &found) == 0)
                return fmt::format("{} is no directory, or a link that leads nowhere", at.native());
        return {};
    }

    // By links, two destinations may be one file, or lie where pools and manifests are kept.
    void check_real_place(looked_at_file& file, fs::path const& nearest) {
        std::error_code error;
        auto const directory = real_directory(nearest, error);
        if (error) return wrong(file, "{} cannot be looked at: {}", nearest.native(), error.message());
        auto const real = (directory / file.of->destination.lexically_relative(nearest)).native();
        for (auto const& ours : ours_)
            if (real.starts_with(ours.native() + "/"))
                return wrong(file, "{} lies in {}, which pools use themselves", file.of->destination.native(),
                             ours.native());
        auto const [other, is_new] = real_places_.emplace(real, file.of->destination);
        if (!is_new)
            wrong(file, "{} is the same file as the destination {}", file.of->destination.native(),
                  other->second.native());
    }

    // Also where a link leads there; the manifest's own words are looked at when it is read.
    static std::string fault_of_place(fs::path const& directory) {
        std::error_code error;
        auto const real = fs::canonical(directory, error).native() + "/";
        for (char const* const system : {"/proc/", "/sys/", "/dev/"})
            if (real.starts_with(system) && !real.starts_with("/dev/shm/"))
                return fmt::format("{} is in {}, where no files are kept", directory.native(), system);
        return {};
    }

    // A person who can change a directory above the file could lead the change elsewhere.
    static std::string unsafe_part_of(fs::path const& directory) {
        fs::path at;
        for (auto const& part : directory) {
            at /= part;
            struct ::stat found {};
            if (::lstat(at.c_str(), &found) != 0)
                return fmt::format("{} cannot be looked at: {}", at.native(), std::strerror(errno));
            bool const is_trusted = found.st_uid == 0 || found.st_uid == ::geteuid();
            if (S_ISLNK(found.st_mode)) {
                if (!is_trusted) return fmt::format("{} is a link of another user", at.native());
                if (::stat(at.c_str(), &found) != 0)
                    return fmt::format("{} cannot be looked at: {}", at.native(), std::strerror(errno));
            }
            if (!S_ISDIR(found.st_mode)) return fmt::format("{} is no directory", at.native());
            if ((found.st_mode & S_IWOTH) != 0 && (found.st_mode & S_ISVTX) == 0)
                return fmt::format("every user can write {}; chmod o-w it", at.native());
        }
        return {};
    }

    fs::path const& directory_;
    source_tree const& tree_;
    fs::path const& state_;
    std::vector<fs::path> ours_;                   // where no destination may lie
    std::map<std::string, fs::path> real_;         // directories without links in them
    std::map<std::string, std::string> parents_;   // what is wrong with each; empty: nothing
    std::map<std::string, fs::path> real_places_;  // of destinations, each with its name in the manifest
    std::map<::dev_t, need> needs_;
    std::string faults_;
};

}  // namespace

result<std::vector<found_pool>> look_at(pool_manifest const& manifest, fs::path const& directory,
                                        source_tree const& tree, fs::path const& state) {
    looker looks(directory, tree, state);
    std::vector<found_pool> all;
    for (auto const& each : manifest.pools) all.push_back(looks.look(each));
    looks.look_at_space();
    if (looks.faults().empty()) return all;
    return refuse(errc::pool_refused, phase::none, "{}", looks.faults());
}

std::vector<std::string> missing_directories(fs::path const& of) {
    std::vector<std::string> all;
    struct ::stat found {};
    for (auto at = of.parent_path(); at.has_relative_path() && ::lstat(at.c_str(), &found) != 0;
         at = at.parent_path())
        all.push_back(at.native());
    std::ranges::reverse(all);
    return all;
}

}  // namespace hotswap::detail
