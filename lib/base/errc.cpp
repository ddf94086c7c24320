#include <hotswap/detail/base/errc.hpp>

#include <string>

namespace hotswap {

std::string_view to_string(errc code) noexcept {
    switch (code) {
        case errc::unknown_component:
            return "unknown_component";
        case errc::already_loaded:
            return "already_loaded";
        case errc::busy:
            return "busy";
        case errc::would_deadlock:
            return "would_deadlock";
        case errc::component_gone:
            return "component_gone";
        case errc::contract_mismatch:
            return "contract_mismatch";
        case errc::invalid_argument:
            return "invalid_argument";
        case errc::limit_reached:
            return "limit_reached";
        case errc::in_use:
            return "in_use";
        case errc::other_process:
            return "other_process";
        case errc::no_such_file:
            return "no_such_file";
        case errc::not_regular_file:
            return "not_regular_file";
        case errc::not_elf:
            return "not_elf";
        case errc::wrong_architecture:
            return "wrong_architecture";
        case errc::truncated_file:
            return "truncated_file";
        case errc::no_descriptor:
            return "no_descriptor";
        case errc::abi_mismatch:
            return "abi_mismatch";
        case errc::toolchain_mismatch:
            return "toolchain_mismatch";
        case errc::schema_mismatch:
            return "schema_mismatch";
        case errc::layout_changed:
            return "layout_changed";
        case errc::unique_symbols:
            return "unique_symbols";
        case errc::staging_failed:
            return "staging_failed";
        case errc::damaged_module:
            return "damaged_module";
        case errc::unsealed_module:
            return "unsealed_module";
        case errc::lint_refused:
            return "lint_refused";
        case errc::untrusted_path:
            return "untrusted_path";
        case errc::missing_signature:
            return "missing_signature";
        case errc::bad_signature:
            return "bad_signature";
        case errc::unresolved_symbols:
            return "unresolved_symbols";
        case errc::load_failed:
            return "load_failed";
        case errc::descriptor_changed:
            return "descriptor_changed";
        case errc::no_migration_path:
            return "no_migration_path";
        case errc::lossy_refused:
            return "lossy_refused";
        case errc::handoff_refused:
            return "handoff_refused";
        case errc::not_reversible:
            return "not_reversible";
        case errc::bad_snapshot:
            return "bad_snapshot";
        case errc::adopt_failed:
            return "adopt_failed";
        case errc::drain_timeout:
            return "drain_timeout";
        case errc::pause_budget_exceeded:
            return "pause_budget_exceeded";
        case errc::export_failed:
            return "export_failed";
        case errc::migration_failed:
            return "migration_failed";
        case errc::validation_failed:
            return "validation_failed";
        case errc::construct_failed:
            return "construct_failed";
        case errc::out_of_memory:
            return "out_of_memory";
        case errc::release_failed:
            return "release_failed";
        case errc::rehearsal_failed:
            return "rehearsal_failed";
        case errc::no_rehearsal:
            return "no_rehearsal";
        case errc::store_locked:
            return "store_locked";
        case errc::store_full:
            return "store_full";
        case errc::store_read_only:
            return "store_read_only";
        case errc::store_failed:
            return "store_failed";
        case errc::store_damaged:
            return "store_damaged";
        case errc::no_store:
            return "no_store";
        case errc::rolled_back:
            return "rolled_back";
    }
    return "unknown";
}

std::string_view to_string(phase step) noexcept {
    switch (step) {
        case phase::none:
            return "none";
        case phase::stage:
            return "stage";
        case phase::verify:
            return "verify";
        case phase::plan:
            return "plan";
        case phase::rehearse:
            return "rehearse";
        case phase::load:
            return "load";
        case phase::precopy:
            return "precopy";
        case phase::drain:
            return "drain";
        case phase::export_:
            return "export";
        case phase::migrate:
            return "migrate";
        case phase::construct:
            return "construct";
        case phase::commit:
            return "commit";
        case phase::persist:
            return "persist";
        case phase::probation:
            return "probation";
        case phase::retire:
            return "retire";
    }
    return "unknown";
}

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
