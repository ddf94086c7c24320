#include "module/staging_base.hpp"

#include "base/refuse.hpp"
#include "module/exposure.hpp"
#include "module/file_io.hpp"
#include "module/module_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

using place = staging_base::place;

// Checked before anything is made in the directory: files that root leaves in a user's directory would shut
// that user out.
result<void> expect_own_session(fs::path const& session) {
    if (!session.is_absolute()) return cannot_stage(session, "is not an absolute path", EINVAL);
    struct stat found {};
    if (stat(session.c_str(), &found) != 0) return cannot_stage(session, "cannot be examined", errno);
    if (!S_ISDIR(found.st_mode)) return cannot_stage(session, "is not a directory", ENOTDIR);
    if (found.st_uid != geteuid())
        return cannot_stage(session, fmt::format("belongs to user {}", found.st_uid), EPERM);
    return {};
}

// The base must be ours alone, or another user could exchange a module before it is loaded.
result<void> expect_own(fs::path const& base) {
    struct stat found {};
    file_descriptor const opened(open(base.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!opened || fstat(opened.get(), &found) != 0) return cannot_stage(base, "cannot be examined", errno);
    if (!S_ISDIR(found.st_mode)) return cannot_stage(base, "is not a directory", ENOTDIR);
    exposure_check check;
    if (found.st_uid != geteuid() || check.look_at(opened.get(), found, base, false))
        return cannot_stage(base, "belongs to, or can be written by, another user", EPERM);
    return {};
}

// With at most the read permissions of 0755, for any umask.
int make_all(fs::path const& directory) {
    fs::path made;
    for (auto const& part : directory) {
        made /= part;
        if (mkdir(made.c_str(), 0755) != 0 && errno != EEXIST) {
            struct stat found {};
            int const error = errno;
            if (stat(made.c_str(), &found) != 0) return error;
        }
    }
    return 0;
}

// Reuses a directory that an earlier process made, so that they do not accumulate; otherwise makes a new one.
result<fs::path> open_unguessable(fs::path const& beginning) {
    auto const prefix = beginning.filename().string() + "-";
    std::error_code error;
    for (fs::directory_iterator it(beginning.parent_path(), error), end; !error && it != end;
         it.increment(error))
        if (it->path().filename().string().starts_with(prefix) && expect_own(it->path())) return it->path();
    auto made = beginning.string() + "-XXXXXX";
    if (mkdtemp(made.data()) == nullptr) return cannot_stage(made, "cannot be made", errno);
    return fs::path(made);
}

}  // namespace

failure cannot_stage(fs::path const& where, std::string_view what, int error) {
    if (error == EMFILE || error == ENFILE)
        return refuse(errc::staging_failed, phase::stage,
                      "the private copy of a module needs a descriptor: {} {} ({}); raise the limit of open "
                      "files (LimitNOFILE=, ulimit -n): each component holds two",
                      where.string(), what, std::generic_category().message(error));
    return refuse(errc::staging_failed, phase::stage,
                  "the private copy of a module needs a directory that only this user can write: {} {} ({}); "
                  "fix that, or set runtime_options::staging",
                  where.string(), what, std::generic_category().message(error));
}

std::vector<staging_base> staging_bases(fs::path const& wanted) {
    if (!wanted.empty()) return {{wanted, place::named}};
    std::vector<staging_base> all;
    if (char const* const session = std::getenv("XDG_RUNTIME_DIR"); session != nullptr && *session != '\0')
        all.push_back({fs::path(session) / "hotswap", place::in_session});
    std::error_code error;
    fs::path const usual = "/tmp";
    auto temporary = fs::temp_directory_path(error);
    if (error) temporary = usual;
    auto const add = [&all](fs::path const& in) {
        auto const named = in / fmt::format("hotswap-{}", geteuid());
        all.push_back({named, place::in_temporary});
        all.push_back({named, place::unguessable});
    };
    add(temporary);
    if (temporary != usual) add(usual);
    return all;
}

result<fs::path> open_base(staging_base const& base, module_policy const& policy) {
    auto const expect_safe = [&](fs::path const& path, bool on_the_way) -> result<void> {
        auto const who = who_can_fill(path, on_the_way, policy);
        if (!who) return {};
        return cannot_stage(
            path, fmt::format("is in a directory where other users could replace it: {}", *who), EPERM);
    };
    if (base.where == place::in_session)
        if (auto own = expect_own_session(base.path.parent_path()); !own) return own.error();
    std::error_code error;
    bool const is_new = base.where == place::unguessable || !fs::exists(fs::symlink_status(base.path, error));
    if (is_new) {
        auto const parent = base.path.has_parent_path() ? base.path.parent_path() : fs::path(".");
        if (auto safe = expect_safe(parent, true); !safe) return safe.error();
        if (base.where == place::unguessable) return open_unguessable(base.path);
        if (int const failed = base.where == place::named ? make_all(parent) : 0; failed != 0)
            return cannot_stage(parent, "cannot be made", failed);
        if (mkdir(base.path.c_str(), 0700) != 0 && errno != EEXIST)
            return cannot_stage(base.path, "cannot be made", errno);
    }
    if (auto own = expect_own(base.path); !own) return own.error();
    if (auto safe = expect_safe(base.path, false); !safe) return safe.error();
    return base.path;
}

}  // namespace hotswap::detail
