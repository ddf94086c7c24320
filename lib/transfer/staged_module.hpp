// Copies a file, verifies the copy, and loads it as a module.
#pragma once

#include "module/loaded_module.hpp"
#include "module/module_file.hpp"
#include "module/staging_area.hpp"
#include "report/step_recorder.hpp"
#include "slot/slot.hpp"

#include <hotswap/contract.hpp>
#include <hotswap/failure.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace hotswap::detail {

/// The remedies for a wrong contract: of a first module, and of a module that replaces another.
inline constexpr std::string_view load_its_contract =
    "load a module of that contract, or build both against the same header";
inline constexpr std::string_view swap_to_its_contract =
    "load a module of that contract, or build both against the same header; or name the contract in "
    "swap_options::contract";

/// A module that is staged and verified; none of its code has run.
struct staged_module {
    staged_file file;
    module_file verified;
};

/// Copies `file`, or the content of `earlier` if that is not null, and verifies the copy.
/// `remedy`: the advice if the module's contract is not `wanted`.
/// Errors:   those of staging and verification; contract_mismatch.
result<staged_module> stage_and_verify(staging_area& area, step_recorder& steps,
                                       std::filesystem::path const& file, std::string const& name,
                                       contract wanted, std::string_view remedy,
                                       module_copy const* earlier = nullptr);

/// Loads the staged module, even if its copy was removed since.
/// Errors:   those of `staging_area::put_back` and `loaded_module::load`.
result<std::shared_ptr<loaded_module>> load_staged(staging_area& area, staged_module next);

/// Whether the file has the content of the module that runs.
bool runs_already(slot const& slot, staged_module const& next);

}  // namespace hotswap::detail
