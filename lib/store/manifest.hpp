// The current set: its components, the module that each runs, and the snapshot of each state.
#pragma once

#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/failure.hpp>

#include "store/seal.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// A snapshot in the store. Made by `store::write_snapshot`.
struct stored_snapshot {
    std::string file{};  ///< its name in the store; empty: there is none
    /// Grows with every snapshot of a store: detects an old file that was put back.
    std::uint64_t sequence = 0;
    std::string tag{};          ///< of its seal
    std::uint64_t size = 0;     ///< of the frame, in bytes
    std::uint32_t version = 0;  ///< of the schema; may be older than that of the module that reads it
    std::int64_t taken_ns = 0;  ///< wall clock, for people

    bool operator==(stored_snapshot const&) const = default;
    static void fields(auto& self, auto&& f) {
        f("file", self.file);
        f("sequence", self.sequence);
        f("tag", self.tag);
        f("size", self.size);
        f("version", self.version);
        f("taken_ns", self.taken_ns);
    }
};

/// A module to which a revert may go back.
struct stored_module {
    std::string digest{};  ///< names its file in the store; empty: there is none
    std::string release{};
    std::string source{};    ///< the file from which it was loaded
    std::string contract{};  ///< the contract of the component under this module
    std::uint32_t contract_number = 0;

    bool operator==(stored_module const&) const = default;
    static void fields(auto& self, auto&& f) {
        f("digest", self.digest);
        f("release", self.release);
        f("source", self.source);
        f("contract", self.contract);
        f("contract_number", self.contract_number);
    }
};

/// The generation to restore if the process dies during a probation; its module is the entry's previous one.
struct stored_way_back {
    stored_snapshot snapshot{};        ///< the state at the swap, which the module before reads; may be none
    std::uint32_t schema_version = 0;  ///< of the module before: the newest that it reads
    hotswap::arguments arguments{};    ///< of the migrations that this snapshot still has to walk

    bool operator==(stored_way_back const&) const = default;
    static void fields(auto& self, auto&& f) {
        f("snapshot", self.snapshot);
        f("schema_version", self.schema_version);
        f("arguments", self.arguments);
    }
};

/// One entry of the set.
struct stored_component {
    std::string name{};
    std::string contract{};
    std::uint32_t contract_number = 0;
    std::string family{};
    std::string source{};       ///< the file that the host requested
    std::string module_name{};  ///< "cache-2.0.0.so", for people
    std::string digest{};       ///< of the running module, which is in the store
    std::string release{};
    std::string schema{};
    std::uint32_t schema_version = 0;
    std::uint64_t generation = 0;
    stored_snapshot snapshot{};
    std::vector<std::string> path_modules{};  ///< digests of other modules needed to read the snapshot
    hotswap::arguments arguments{};           ///< of the migrations that the snapshot still has to walk
    stored_module previous{};                 ///< for a revert
    /// The module that a probation rejected: not tried again unless requested.
    std::string rolled_back_digest{};
    std::string rolled_back_reason{};
    std::string previous_name{};  ///< of the previous module's file, for people
    std::uint32_t unloaded = 0;   ///< 1: it was unloaded, and this is its last state
    /// 1: the module runs on probation; if the process dies, the module becomes suspect.
    std::uint32_t on_probation = 0;
    stored_way_back way_back{};           ///< while it is on probation
    hotswap::settings settings{};         ///< of the component, as the host has set them
    hotswap::settings settings_before{};  ///< the settings with the previous module

    bool operator==(stored_component const&) const = default;
    static void fields(auto& self, auto&& f) {
        f("name", self.name);
        f("contract", self.contract);
        f("contract_number", self.contract_number);
        f("family", self.family);
        f("source", self.source);
        f("module_name", self.module_name);
        f("digest", self.digest);
        f("release", self.release);
        f("schema", self.schema);
        f("schema_version", self.schema_version);
        f("generation", self.generation);
        f("snapshot", self.snapshot);
        f("path_modules", self.path_modules);
        f("arguments", self.arguments);
        f("previous", self.previous);
        f("rolled_back_digest", self.rolled_back_digest);
        f("rolled_back_reason", self.rolled_back_reason);
        f("previous_name", self.previous_name);
        f("unloaded", self.unloaded);
        f("on_probation", self.on_probation);
        f("way_back", self.way_back);
        f("settings", self.settings);
        f("settings_before", self.settings_before);
    }
    /// The digests of all modules that the entry needs.
    std::vector<std::string> modules() const;
    /// The files of all snapshots that the entry names.
    std::vector<std::string> snapshots() const;
};

/// One committed set.
struct manifest {
    std::uint64_t number = 0;     ///< grows with every commit; decides which of two is newer
    std::int64_t written_ns = 0;  ///< wall clock, for people
    std::vector<stored_component> components{};

    bool operator==(manifest const&) const = default;
    static void fields(auto& self, auto&& f) {
        f("number", self.number);
        f("written_ns", self.written_ns);
        f("components", self.components);
    }
    /// Null if there is no component of that name.
    stored_component* find(std::string_view name) noexcept;
    stored_component const* find(std::string_view name) const noexcept;
};

/// Larger files are not read.
inline constexpr std::uint64_t largest_manifest = std::uint64_t{16} << 20;

/// The file's text. A set that could not be read back is not written.
/// Errors:   invalid_argument: a name is empty or occurs twice, or a digest or file name is not valid.
result<std::string> write_manifest(manifest const& set, sealer const& seals);
/// Errors:   store_damaged.
result<manifest> read_manifest(std::span<std::byte const> file, sealer const& seals,
                               std::filesystem::path const& path);

}  // namespace hotswap::detail
