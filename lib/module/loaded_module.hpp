// A module in this process: loaded through Boost.DLL, unloaded with proof.
#pragma once

#include "module/brought_libraries.hpp"
#include "module/module_file.hpp"
#include "module/staging_area.hpp"

#include <hotswap/detail/abi/module_api.hpp>
#include <hotswap/failure.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace hotswap::detail {

/// Owns a loaded shared object and its staged file. One owner, never copied. An object that needs its code
/// holds a module_use.
class loaded_module {
public:
    /// Loads a staged and verified file, and compares its descriptor again.
    /// Errors:   unresolved_symbols, load_failed, descriptor_changed; with the dynamic linker's own words.
    static result<std::shared_ptr<loaded_module>> load(staged_file file, module_file verified);

    ~loaded_module();
    loaded_module(loaded_module const&) = delete;
    loaded_module& operator=(loaded_module const&) = delete;

    abi::module_api const& api() const noexcept { return *api_.load(std::memory_order_relaxed); }
    module_file const& file() const noexcept { return verified_; }
    staged_file const& staged() const noexcept { return staged_; }

    /// True until the last module_use is gone.
    bool is_open() const noexcept { return api_.load(std::memory_order_acquire) != nullptr; }
    /// The libraries that the module loaded into the process, and that stay there for good.
    std::vector<std::string> const& libraries() const noexcept { return libraries_.names; }
    /// The process's signal handlers and other callbacks that lie in the module, in words: these keep it
    /// mapped.
    std::string callbacks() const noexcept;
    /// Whether any part of the file is mapped into the process, by the process's own map; true also if the
    /// map cannot be read.
    bool is_mapped() const noexcept;
    /// The first and the last address of its segments in memory.
    std::pair<std::uintptr_t, std::uintptr_t> extent() const noexcept { return extent_; }
    /// The reason why the module stays mapped after `close`, as far as known.
    std::string held_by() const;

private:
    friend class module_use;
    loaded_module(staged_file file, module_file verified);
    /// Closes the shared object. It stays mapped if something in the process may still call it: a callback,
    /// or a leftover that cannot be found.
    /// Effects:  idempotent.
    void close() noexcept;
    void unmap() noexcept;

    struct library;
    staged_file staged_;
    module_file verified_;
    std::unique_ptr<library> library_;
    std::atomic<abi::module_api const*> api_{nullptr};  // null once the module is closed
    std::atomic<unsigned> uses_{0};
    std::pair<std::uintptr_t, std::uintptr_t> extent_{};
    kept_libraries libraries_{};
    std::string held_callbacks_{};  // the callbacks in the module when it was closed
};

}  // namespace hotswap::detail
