// A copy of a running state's tables, made by a module along a path while callers are at work.
#pragma once

#include "slot/generation.hpp"
#include "transfer/module_calls.hpp"
#include "transfer/outline.hpp"

#include <hotswap/failure.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace hotswap::detail {

/// A module's answer, yes or no; a no is not an error.
struct copy_answer {
    bool yes = false;
    std::string why_not{};
    bool is_final = false;  ///< another copy would get the same answer
};

/// Lifetime: keeps the module that walks the path open until its end.
class table_copy {
public:
    table_copy() = default;
    table_copy(table_copy&& other) noexcept
        : migrator_(std::move(other.migrator_)), copy_(std::exchange(other.copy_, nullptr)) {}
    table_copy& operator=(table_copy&& other) noexcept {
        std::swap(migrator_, other.migrator_);
        std::swap(copy_, other.copy_);
        return *this;
    }
    ~table_copy() { end(); }

    /// Walks the path on the outline, and prepares the copy; no if the tables can only be copied as a whole.
    /// Errors:   migration_failed, no_migration_path, out_of_memory.
    result<copy_answer> begin(std::shared_ptr<loaded_module> migrator, std::uint32_t from, std::uint32_t to,
                              outline const& of, argument_view const& arguments,
                              abi::copy_progress& expected);
    /// Copies for about `length`; true once all is copied. `progress` says how far it is.
    /// Errors:   migration_failed.
    result<bool> advance(std::chrono::nanoseconds length, abi::copy_progress& progress);
    /// Walks the path again and completes the state at its end, by the code of `to`; no if the copy does not
    /// fit the state any more.
    /// Threads:  [quiesced]
    result<copy_answer> finish(outline const& of, argument_view const& arguments, loaded_module const& to,
                               owned_state& made);
    /// Ends the copy: writers do nothing for it afterwards.
    void end() noexcept;
    explicit operator bool() const noexcept { return copy_ != nullptr; }

private:
    // Held until the end: the generation for which the copy is made may be given up, and retired, before.
    module_use migrator_;
    void* copy_ = nullptr;
};

}  // namespace hotswap::detail
