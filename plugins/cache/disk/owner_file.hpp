// Which component has a database: locks in a file next to it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace hotswap::plugins {

/// What is in the file next to the database.
struct owner_note {
    /// In place of the frames: a release without a tier on disk has changed the cache since.
    static constexpr std::uint64_t not_trusted = ~std::uint64_t{0};

    std::uint64_t process = 0;
    std::uint64_t frames = 0;
};

/// The file next to the database. Each connection holds a shared lock on the byte whose offset is the component's *epoch*, a
/// random number in its state. So the generations of one component may be open at the same time, two components may not,
/// whether they are in one process or in two; the kernel gives the locks back when a process dies. The file also has the number
/// of frames that SQLite's log must have at least: a shorter log has lost changes that had been acknowledged.
/// Lifetime: the locks end with this object. A child that was forked without exec keeps them too.
/// Threads:  one at a time
class owner_file {
public:
    /// Opens or creates the file, and keeps all others from opening a database until `end_opening`.
    /// Errors:   std::system_error; std::runtime_error if another component opens one just now.
    explicit owner_file(std::filesystem::path const& file);
    ~owner_file();
    owner_file(owner_file const&) = delete;
    owner_file& operator=(owner_file const&) = delete;

    /// A number for an epoch: never 0 or 1.
    static std::uint64_t random_epoch();
    static bool is_epoch(std::uint64_t number) noexcept { return number >= first_epoch; }

    /// The process of a component that has another epoch than `mine` (0: none yet) and holds the database.
    /// Errors:   std::system_error
    std::optional<pid_t> other_holder(std::uint64_t mine) const;
    /// Errors:   std::system_error
    void hold(std::uint64_t epoch);
    void end_opening() noexcept;

    /// The frames that the log must have, or `owner_note::not_trusted`; empty if this is not known.
    std::optional<std::uint64_t> least_frames() const noexcept;
    /// Effects:  takes a mark of `distrust_disk` away, unless no frame has come since the last call.
    /// Errors:   std::system_error
    void note_frames(std::uint64_t frames);

private:
    static constexpr std::uint64_t first_epoch = std::uint64_t{1} << 32U;
    static constexpr std::uint64_t last_epoch = (std::uint64_t{1} << 62U) - 1;

    int file_ = -1;
    std::optional<std::uint64_t> noted_;
};

/// This process, for as long as the machine runs: "4711 86321 <boot id>".
std::string name_of_this_process();
/// Whether a process with this name ran since the machine was started; false if that is not known.
bool is_of_this_boot(std::string_view process);

}  // namespace hotswap::plugins
