// Finds the programs of the package that are no commands for users: the one that rehearses, and the one that connects.
#pragma once

#include <filesystem>
#include <string_view>

namespace hotswap::detail {

/// The first of these that is an executable file of that name; empty if there is none.
///   1. next to the library (with a static one: next to the program), or where the package has it, seen from the library;
///   2. next to the program, or in ../bin of the program's directory;
///   3. in the package that the program was built with (its build tree, or the prefix of the headers that it included);
///   4. at the prefix for which the library was configured.
/// Places 3 and 4 are paths of the build machine: there the file must belong to root or to this process's
/// user, and no other user may write it.
/// Threads:  [any]
std::filesystem::path find_program_of_package(std::string_view name);

/// The program that rehearses: if `wanted` (rehearsal_options::helper) is not empty, only that; otherwise that of the package.
/// Threads:  [any]
std::filesystem::path find_helper_file(std::filesystem::path const& wanted);

}  // namespace hotswap::detail
