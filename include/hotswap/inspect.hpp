// Reads and judges a module's file without loading it or running its code.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/detail/module/finding.hpp>
#include <hotswap/detail/module/policy.hpp>
#include <hotswap/failure.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hotswap {

/// One version of the state that a module knows.
struct inspected_state {
    std::uint32_t version = 0;      ///< 0 is legacy
    bool upgrades = false;          ///< the module can migrate it to the next version
    bool downgrades = false;        ///< the module can migrate it to the version before
    bool lossy = false;             ///< that downgrade loses data, as its author declared
    bool tables = false;            ///< some of its fields are tables
    std::uint64_t fingerprint = 0;  ///< of its layout
    std::string layout{};           ///< as text: "{limit:u32;rows:table<string,row{…}>}"
};

/// The facts that a module's file states about itself, and its faults. A fact that could not be read is
/// empty.
struct inspection {
    std::string name{};  ///< the file's name, without its directory
    std::string component{};
    std::string release{};
    std::string contract{};
    std::uint32_t contract_number = 0;
    std::string schema{};
    std::uint32_t schema_version = 0;
    std::uint32_t oldest_start = 0;  ///< the oldest version that the module can start from
    std::uint32_t oldest_back = 0;   ///< the oldest version that the module can go back to
    std::vector<inspected_state> states{};
    std::string toolchain{};
    std::string build_id{};
    std::string digest{};                     ///< BLAKE2b-256 of the file, hexadecimal
    bool sealed = false;                      ///< the file holds a digest of itself, and that digest is right
    std::string signed_by{};                  ///< the trusted key that signed it; empty without trusted keys
    std::vector<std::string> keeps_mapped{};  ///< the parts of the module that prevent an unload, in words
    std::vector<finding> findings{};          ///< the refusing ones first
    contract_revisions serves{};              ///< of the contract

    /// The finding with which a runtime refuses the file; null if it would load it.
    /// Lifetime: the inspection's.
    finding const* refusal() const noexcept {
        return !findings.empty() && findings.front().severity == severity::refuse ? findings.data() : nullptr;
    }
};

/// Options of an inspection.
struct inspect_options {
    module_policy policy{};
    bool as_host = true;  ///< this process is the host: compare with its loaded objects and symbols
};

/// Reads the whole file and judges it by the rules that a runtime applies before the dynamic linker loads it.
/// Effects:  none; nothing of the file runs.
/// Errors:   no_such_file, not_regular_file, staging_failed if it cannot be read. All other faults are
///           findings.
/// Threads:  [any]
/// Cost:     a read and two digests of the file; some microseconds for the rest.
[[nodiscard]] result<inspection> inspect(std::filesystem::path const& file,
                                         inspect_options const& options = {});

}  // namespace hotswap
