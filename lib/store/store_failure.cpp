#include "store/store_failure.hpp"

#include "base/refuse.hpp"

#include <unistd.h>

#include <system_error>

namespace hotswap::detail {

failure store_failure(std::filesystem::path const& file, std::string_view did, int error) {
    auto const reason = std::generic_category().message(error);
    switch (error) {
        case ENOSPC:
        case EDQUOT:
            return refuse(
                errc::store_full, phase::persist,
                "{} {} ({}); the earlier content of the store is unchanged; free some space and try again",
                file.string(), did, reason);
        case EROFS:
        case EACCES:
        case EPERM:
            return refuse(
                errc::store_read_only, phase::persist,
                "{} {} ({}); a store is a directory that its host's user (here {}) can read and write: "
                "mount it writable, or correct its owner and mode",
                file.string(), did, reason, geteuid());
        case ENOTDIR:
        case ENOENT:
        case ELOOP:
        case ENAMETOOLONG:
            return refuse(errc::store_failed, phase::persist,
                          "{} {} ({}); a store is a directory, which is created if it is missing: name one",
                          file.string(), did, reason);
        case EMFILE:
        case ENFILE:
            return refuse(
                errc::store_failed, phase::persist,
                "{} {} ({}); no file descriptor was left: close some, or raise the limit (ulimit -n)",
                file.string(), did, reason);
        default:
            return refuse(errc::store_failed, phase::persist,
                          "{} {} ({}); the earlier content of the store is unchanged; see the system's log "
                          "for the disk's error",
                          file.string(), did, reason);
    }
}

failure store_damage(std::filesystem::path const& file, std::string_view found) {
    return refuse(errc::store_damaged, phase::persist,
                  "{} cannot be used: {}; restore it from a backup, or see docs/store.md", file.string(),
                  found);
}

}  // namespace hotswap::detail
