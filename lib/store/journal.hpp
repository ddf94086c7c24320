// The journal: the operations that began, and how they ended, so that a recovery knows the interrupted ones.
#pragma once

#include <hotswap/failure.hpp>

#include "store/directory.hpp"
#include "store/seal.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace hotswap::detail {

/// The planned change of one component.
struct intent_part {
    std::string component{};
    std::string from_digest{};  ///< of modules; empty: none
    std::string from_release{};
    std::string to_digest{};
    std::string to_release{};

    bool operator==(intent_part const&) const = default;
    static void fields(auto& self, auto&& f) {
        f("component", self.component);
        f("from_digest", self.from_digest);
        f("from_release", self.from_release);
        f("to_digest", self.to_digest);
        f("to_release", self.to_release);
    }
};

/// The plan of an operation: all of its parts, or none.
struct intent {
    std::string operation{};  ///< "swap", "revert", …
    std::vector<intent_part> parts{};
    std::uint32_t on_probation = 0;  ///< 1: the next generation is on probation

    bool operator==(intent const&) const = default;
    static void fields(auto& self, auto&& f) {
        f("operation", self.operation);
        f("parts", self.parts);
        f("on_probation", self.on_probation);
    }
};

/// An operation that began.
struct journal_entry {
    std::uint64_t id = 0;
    std::uint64_t manifest_number = 0;  ///< of the set that was current when it began
    std::int64_t began_ns = 0;          ///< wall clock, for people
    intent what{};
    std::string outcome{};  ///< empty: it has not ended
    std::int64_t ended_ns = 0;

    bool unfinished() const noexcept { return outcome.empty(); }
    bool operator==(journal_entry const&) const = default;
    static void fields(auto& self, auto&& f) {
        f("id", self.id);
        f("manifest_number", self.manifest_number);
        f("began_ns", self.began_ns);
        f("what", self.what);
        f("outcome", self.outcome);
        f("ended_ns", self.ended_ns);
    }
};

/// The content of the file: all operations that have not ended, and the last ones that have.
struct journal {
    std::uint64_t last_id = 0;
    /// The highest number that a set had: an older set that was put back is detected.
    std::uint64_t last_manifest = 0;
    std::uint64_t last_snapshot = 0;  ///< the highest sequence number of a snapshot
    std::vector<journal_entry> entries{};

    static void fields(auto& self, auto&& f) {
        f("last_id", self.last_id);
        f("last_manifest", self.last_manifest);
        f("last_snapshot", self.last_snapshot);
        f("entries", self.entries);
    }
    /// Null if there is no entry of that number.
    journal_entry* find(std::uint64_t id) noexcept;
    /// Drops the oldest ended entries, except for the last few.
    void forget_old();
};

/// Replaces the journal in `in` durably.
/// Errors:   store_full, store_read_only, store_failed.
result<void> write_journal(directory const& in, journal const& content, sealer const& seals);
/// Returns an empty journal if there is none.
/// Errors:   store_damaged; store_read_only, store_failed.
result<journal> read_journal(directory const& in, sealer const& seals);

}  // namespace hotswap::detail
