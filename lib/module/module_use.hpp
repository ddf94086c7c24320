// Claims on a module's code: it stays open as long as one claim exists.
#pragma once

#include "module/loaded_module.hpp"

#include <memory>
#include <utility>

namespace hotswap::detail {

/// A claim on the code of a module, for each object that needs it: an instance, a state, a pin, abandoned
/// code. The last claim to end closes the shared object, and nothing else can close it, so no claim can be
/// forgotten.
/// Threads:  [any] for different claims on one module.
class module_use {
public:
    module_use() = default;
    explicit module_use(std::shared_ptr<loaded_module> of) noexcept
        : of_(std::move(of)), holds_(of_ != nullptr) {
        if (holds_) of_->uses_.fetch_add(1, std::memory_order_relaxed);
    }
    module_use(module_use&& other) noexcept
        : of_(std::move(other.of_)), holds_(std::exchange(other.holds_, false)) {}
    module_use& operator=(module_use other) noexcept {
        std::swap(of_, other.of_);
        std::swap(holds_, other.holds_);
        return *this;
    }
    ~module_use() { drop(); }

    /// Ends the claim, and closes the shared object if it was the last one. The module's description, and
    /// whether it is open or mapped, can still be read.
    void drop() noexcept {
        if (std::exchange(holds_, false) && of_->uses_.fetch_sub(1, std::memory_order_acq_rel) == 1)
            of_->close();
    }
    /// Never ends the claim: the code stays mapped for good.
    void leak() noexcept { holds_ = false; }
    /// Whether `drop` would close the shared object.
    bool is_last() const noexcept { return holds_ && of_->uses_.load(std::memory_order_acquire) == 1; }

    loaded_module* get() const noexcept { return of_.get(); }
    loaded_module* operator->() const noexcept { return of_.get(); }
    loaded_module& operator*() const noexcept { return *of_; }
    /// The module without a claim on its code.
    std::shared_ptr<loaded_module> const& shared() const noexcept { return of_; }

private:
    std::shared_ptr<loaded_module> of_;
    bool holds_ = false;
};

}  // namespace hotswap::detail
