// Leftovers of a module in its process after all of it has been destroyed.
#pragma once

#include "programs/rehearse/left_threads.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hotswap::rehearse {

/// A module, as a host examines it before an unload.
struct watched_module {
    code_extent code{};
    bool leaves_without_trace = false;

    /// `module` is a dlopen handle.
    static watched_module of(void* module);
    /// Whether a host would keep it mapped, because something in the process may still call it.
    bool stays() const noexcept;
};

/// Counts before any module is loaded, and compares afterwards.
class leftovers {
public:
    leftovers();

    /// Records that the running module is in place: its threads and keys do not count for the next one.
    /// Effects:  ends the process, with a report, if there are children, or if descriptors are closed: the
    ///           two modules' could not be distinguished.
    void admit_running();
    /// Called before the running module's instance is destroyed, and after it, so that its code can be
    /// closed. The second returns whether no thread is in that code.
    void before_running_goes() noexcept;
    bool after_running_went(code_extent const& running) noexcept;

    /// Records the module, a dlopen handle: its threads are distinguished from those of its libraries.
    void watch(void* module) { module_ = watched_module::of(module); }
    bool module_stays() const noexcept { return module_.stays(); }

    /// Ends the process, with a report, if there are new children, or threads that do not belong to a
    /// library, or if descriptors are closed.
    void refuse_anything_left() noexcept;
    void refuse_lost_descriptors() const noexcept;
    /// Reports leftovers that do not refuse the module: threads of libraries, keys, handlers.
    void say_what_is_left() const noexcept;

private:
    void refuse_threads() noexcept;
    void refuse_children() const noexcept;

    std::uint64_t const threads_;
    std::size_t keys_;                 // that can be made, apart from the module's
    std::vector<int> own_;             // threads of a sanitizer
    std::vector<int> admitted_;        // `own_` and the threads of the running module
    std::size_t keys_of_running_ = 0;  // keys that the running module has taken
    std::size_t keys_before_it_went_ = 0;
    watched_module module_{};
    left_threads left_{};
};

/// The most memory that this process has had so far, in bytes.
std::uint64_t peak_memory() noexcept;

}  // namespace hotswap::rehearse
