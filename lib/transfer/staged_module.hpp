// From a file to a module whose code has not run: copied, judged, and then loaded.
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

/// What to do about another contract, where a module comes first, and where it comes in the place of one.
inline constexpr std::string_view load_its_contract =
    "load a module of that contract, or build both against the same header";
inline constexpr std::string_view swap_to_its_contract =
    "load a module of that contract, or build both against the same header; or name the contract in "
    "swap_options::contract";

/// A module that has been staged and verified, and none of whose code has run.
struct staged_module {
    staged_file file;
    module_file verified;
};

/// Copies `file`, or what `earlier` holds if that is not null, and judges the copy.
/// `remedy`: where its contract is another one than `wanted`.
/// Errors:   those of staging and verification; contract_mismatch.
result<staged_module> stage_and_verify(staging_area& area, step_recorder& steps,
                                       std::filesystem::path const& file, std::string const& name,
                                       contract wanted, std::string_view remedy,
                                       module_copy const* earlier = nullptr);

/// Loads it, also if the copy was removed since.
/// Errors:   those of `staging_area::put_back` and `loaded_module::load`.
result<std::shared_ptr<loaded_module>> load_staged(staging_area& area, staged_module next);

/// Whether the file has the content of the module that runs.
bool runs_already(slot const& slot, staged_module const& next);

}  // namespace hotswap::detail
