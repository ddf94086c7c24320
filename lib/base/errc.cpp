#include "base/enum_name.hpp"

#include <hotswap/detail/base/described.hpp>
#include <hotswap/detail/base/errc.hpp>

#include <string>

namespace hotswap {

namespace {

struct described_code {
    errc code;
    std::string_view name;
    failure_kind kind;
};

// clang-format off
constexpr described_code codes[] = {
    {errc::unknown_component, "unknown_component", failure_kind::misuse},
    {errc::already_loaded, "already_loaded", failure_kind::misuse},
    {errc::busy, "busy", failure_kind::retry},
    {errc::would_deadlock, "would_deadlock", failure_kind::misuse},
    {errc::component_gone, "component_gone", failure_kind::misuse},
    {errc::contract_mismatch, "contract_mismatch", failure_kind::bad_module},
    {errc::invalid_argument, "invalid_argument", failure_kind::misuse},
    {errc::limit_reached, "limit_reached", failure_kind::environment},
    {errc::in_use, "in_use", failure_kind::retry},
    {errc::other_process, "other_process", failure_kind::misuse},
    {errc::no_such_file, "no_such_file", failure_kind::bad_module},
    {errc::not_regular_file, "not_regular_file", failure_kind::bad_module},
    {errc::not_elf, "not_elf", failure_kind::bad_module},
    {errc::wrong_architecture, "wrong_architecture", failure_kind::bad_module},
    {errc::truncated_file, "truncated_file", failure_kind::bad_module},
    {errc::no_descriptor, "no_descriptor", failure_kind::bad_module},
    {errc::abi_mismatch, "abi_mismatch", failure_kind::bad_module},
    {errc::toolchain_mismatch, "toolchain_mismatch", failure_kind::bad_module},
    {errc::schema_mismatch, "schema_mismatch", failure_kind::bad_module},
    {errc::layout_changed, "layout_changed", failure_kind::bad_module},
    {errc::unique_symbols, "unique_symbols", failure_kind::bad_module},
    {errc::staging_failed, "staging_failed", failure_kind::environment},
    {errc::damaged_module, "damaged_module", failure_kind::bad_module},
    {errc::unsealed_module, "unsealed_module", failure_kind::refused_by_policy},
    {errc::lint_refused, "lint_refused", failure_kind::bad_module},
    {errc::untrusted_path, "untrusted_path", failure_kind::refused_by_policy},
    {errc::missing_signature, "missing_signature", failure_kind::refused_by_policy},
    {errc::bad_signature, "bad_signature", failure_kind::refused_by_policy},
    {errc::unresolved_symbols, "unresolved_symbols", failure_kind::bad_module},
    {errc::load_failed, "load_failed", failure_kind::bad_module},
    {errc::descriptor_changed, "descriptor_changed", failure_kind::bad_module},
    {errc::no_migration_path, "no_migration_path", failure_kind::bad_module},
    {errc::lossy_refused, "lossy_refused", failure_kind::refused_by_policy},
    {errc::handoff_refused, "handoff_refused", failure_kind::misuse},
    {errc::not_reversible, "not_reversible", failure_kind::misuse},
    {errc::bad_snapshot, "bad_snapshot", failure_kind::bad_state},
    {errc::adopt_failed, "adopt_failed", failure_kind::bad_state},
    {errc::drain_timeout, "drain_timeout", failure_kind::retry},
    {errc::pause_budget_exceeded, "pause_budget_exceeded", failure_kind::retry},
    {errc::export_failed, "export_failed", failure_kind::bad_state},
    {errc::migration_failed, "migration_failed", failure_kind::bad_state},
    {errc::validation_failed, "validation_failed", failure_kind::bad_state},
    {errc::construct_failed, "construct_failed", failure_kind::bad_module},
    {errc::out_of_memory, "out_of_memory", failure_kind::environment},
    {errc::release_failed, "release_failed", failure_kind::bad_module},
    {errc::rehearsal_failed, "rehearsal_failed", failure_kind::bad_module},
    {errc::no_rehearsal, "no_rehearsal", failure_kind::environment},
    {errc::store_locked, "store_locked", failure_kind::environment},
    {errc::store_full, "store_full", failure_kind::environment},
    {errc::store_read_only, "store_read_only", failure_kind::environment},
    {errc::store_failed, "store_failed", failure_kind::environment},
    {errc::store_damaged, "store_damaged", failure_kind::bad_state},
    {errc::no_store, "no_store", failure_kind::misuse},
    {errc::rolled_back, "rolled_back", failure_kind::bad_module},
    {errc::plan_stale, "plan_stale", failure_kind::retry},
    {errc::aborted, "aborted", failure_kind::retry},
    {errc::not_permitted, "not_permitted", failure_kind::refused_by_policy},
    {errc::no_such_verb, "no_such_verb", failure_kind::misuse},
    {errc::unknown_operation, "unknown_operation", failure_kind::misuse},
    {errc::too_many_requests, "too_many_requests", failure_kind::retry},
    {errc::control_failed, "control_failed", failure_kind::environment},
    {errc::host_unreachable, "host_unreachable", failure_kind::environment},
    {errc::audit_damaged, "audit_damaged", failure_kind::environment},
    {errc::no_settings, "no_settings", failure_kind::misuse},
    {errc::settings_refused, "settings_refused", failure_kind::misuse},
    {errc::pool_refused, "pool_refused", failure_kind::misuse},
    {errc::pool_failed, "pool_failed", failure_kind::environment},
    {errc::pool_damaged, "pool_damaged", failure_kind::bad_state},
};
// clang-format on

constexpr described_code const* find(errc code) noexcept {
    for (auto const& each : codes)
        if (each.code == code) return &each;
    return nullptr;
}

}  // namespace

failure_kind kind_of(errc code) noexcept {
    auto const* const found = find(code);
    return found == nullptr ? failure_kind::misuse : found->kind;
}

std::string_view to_string(errc code) noexcept {
    auto const* const found = find(code);
    return found == nullptr ? std::string_view("unknown") : found->name;
}

std::optional<errc> errc_named(std::string_view name) noexcept {
    for (auto const& each : codes)
        if (each.name == name) return each.code;
    return std::nullopt;
}

std::string_view to_string(failure_kind kind) noexcept { return detail::enum_name(kind); }

std::string_view to_string(phase step) noexcept { return detail::enum_name(step); }

namespace {

class category final : public boost::system::error_category {
public:
    constexpr category() noexcept : error_category(0x9d1f6e2b40c7a853) {}
    char const* name() const noexcept override { return "hotswap"; }
    std::string message(int code) const override { return std::string(to_string(static_cast<errc>(code))); }
};

constexpr category the_category;

}  // namespace

boost::system::error_category const& error_category() noexcept { return the_category; }

}  // namespace hotswap
