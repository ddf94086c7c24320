// What a module leaves in its process when all of it has been destroyed.
#pragma once

#include "programs/rehearse/left_threads.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hotswap::rehearse {

/// A module, as a host looks at it when it goes.
struct watched_module {
    code_extent code{};
    bool leaves_without_trace = false;

    /// `module` is a handle of dlopen.
    static watched_module of(void* module);
    /// Whether a host would keep it mapped, because something in the process may still call it.
    bool stays() const noexcept;
};

/// Made before any module is loaded; compares.
class leftovers {
public:
    leftovers();

    /// The running module is in place: its threads and keys are not those of the next one.
    /// Effects:  ends the process, with words, if it has children, or if descriptors are gone: those could not be told apart.
    void admit_running();
    /// The running module's instance is about to be destroyed; and has been, so that its code can be closed: whether no thread
    /// is in that code.
    void before_running_goes() noexcept;
    bool after_running_went(code_extent const& running) noexcept;

    /// Takes note of the module, a handle of dlopen: its threads are told from those of its libraries.
    void watch(void* module) { module_ = watched_module::of(module); }
    bool module_stays() const noexcept { return module_.stays(); }

    /// Ends the process, with words, if children are there that were not, or threads that are not a library's, or if
    /// descriptors are gone.
    void refuse_anything_left() noexcept;
    void refuse_lost_descriptors() const noexcept;
    /// Says what is left that refuses nothing: threads of libraries, keys, handlers.
    void say_what_is_left() const noexcept;

private:
    void refuse_threads() noexcept;
    void refuse_children() const noexcept;

    std::uint64_t const threads_;
    std::size_t keys_;                 // that can be made, but for those of the module
    std::vector<int> own_;             // threads: a sanitizer has one
    std::vector<int> admitted_;        // and those of the running module
    std::size_t keys_of_running_ = 0;  // taken
    std::size_t keys_before_it_went_ = 0;
    watched_module module_{};
    left_threads left_{};
};

/// The most memory that this process has had so far, in bytes.
std::uint64_t peak_memory() noexcept;

}  // namespace hotswap::rehearse
