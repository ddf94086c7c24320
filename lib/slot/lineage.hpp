// The generations before the running one: the target of a revert, and the releases that failed their
// probation.
#pragma once

#include "slot/component_settings.hpp"
#include "slot/generation.hpp"
#include "slot/served_contract.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace hotswap::detail {

/// The file of the generation before, for a revert: its private copy is kept until the next commit.
struct previous_module {
    std::shared_ptr<loaded_module> module;  ///< closed; owns the staged file; null after a recovery
    std::filesystem::path source;
    std::shared_ptr<module_copy const> copy;  ///< its bytes; null if it could not be opened at the recovery
    std::string name;                         ///< for messages; empty: there is no such module
    std::string release;
    std::string digest;
    shared_settings settings{};  ///< of its run; null: not known
    served_contract contract{};  ///< of its callers
};

/// Describes the module of `running` as the target of a revert.
/// Errors:   throws std::bad_alloc.
previous_module previous_of(generation const& running);

/// Threads:  the thread that holds the slot's operation.
class lineage {
public:
    previous_module const& previous() const noexcept { return previous_; }
    /// Called after a commit: a revert leads to `before`, and no probation has failed.
    void advance(previous_module before) noexcept;

    /// The settings of the generation before, as a recovery reads them from the store; null: not known.
    shared_settings const& settings_before() const noexcept { return settings_before_; }
    void set_settings_before(shared_settings settings) noexcept;
    /// After a recovery: a revert leads to `before`, whose file is the store's.
    void remember(previous_module before) noexcept;

    /// Keeps `old` as it is, for as long as the running generation is on probation.
    void stand_by(std::unique_ptr<generation> old) noexcept;
    /// The generation before, while the running one is on probation; null otherwise.
    generation* standby() const noexcept { return standby_.get(); }
    std::unique_ptr<generation> take_standby() noexcept;
    /// Notes that the running generation failed its probation and could not be sent back: only another
    /// release helps.
    void fail_probation() noexcept { probation_failed_ = true; }
    /// Whether the running generation is on a probation that it has not failed yet.
    bool is_on_probation() const noexcept { return standby_ != nullptr && !probation_failed_; }

    /// Notes that the file of `digest` failed its probation; `fate`: the outcome, for the message of a revert
    /// to that file.
    /// Errors:   throws std::bad_alloc.
    void note_rollback(std::string digest, std::string fate);
    /// Notes that the file of `digest` runs again, because the host named it.
    void forget_rollback(std::string_view digest) noexcept;
    bool was_rolled_back(std::string_view digest) const { return rolled_back_.contains(digest); }
    bool has_rollbacks() const noexcept { return !rolled_back_.empty(); }
    /// "failed its probation and was sent back"; empty: the file of `digest` did not fail.
    std::string_view fate_of(std::string_view digest) const;

private:
    previous_module previous_;
    shared_settings settings_before_{};
    std::unique_ptr<generation> standby_;
    bool probation_failed_ = false;
    std::map<std::string, std::string, std::less<>> rolled_back_;  // the fate of each file, by its digest
};

}  // namespace hotswap::detail
