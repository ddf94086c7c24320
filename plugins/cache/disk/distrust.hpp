// What a release without a tier on disk does about the file of one that has it.
#pragma once

#include "cache/disk/owner_file.hpp"
#include "cache/disk/settings.hpp"

#include <hotswap/detail/sdk/host.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <string>

namespace hotswap::plugins {

/// Marks the file that the host's settings name, if there is one, as not to be trusted: from now on the cache is changed
/// without it. The next process would find old values there, because it has no state that tells.
/// Effects:  a component that has the tier takes the mark away with its next change; nothing in a rehearsal.
/// Errors:   std::bad_alloc
inline void distrust_disk(hotswap::host const& host) {
    if (host.rehearsing()) return;
    auto const all = host.settings();
    auto const directory = all.find("disk_directory");
    if (directory == all.end() || !std::filesystem::path(directory->second).is_absolute()) return;
    auto const file = all.find("disk_file");
    auto const name = file == all.end() ? std::string(default_disk_file) : file->second;
    auto const owner = std::filesystem::path(directory->second) / (name + ".owner");
    int const opened = open(owner.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (opened < 0) return;
    auto const mark = owner_note::not_trusted;
    if (pwrite(opened, &mark, sizeof mark, offsetof(owner_note, frames)) != sizeof mark)
        host.log(level::warning,
                 "cache: " + owner.string() + " cannot be written; remove it before the next start");
    close(opened);
}

}  // namespace hotswap::plugins
