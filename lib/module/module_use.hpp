// Who stands on a module's code: it stays open for as long as one of them does.
#pragma once

#include "module/loaded_module.hpp"

#include <memory>
#include <utility>

namespace hotswap::detail {

/// A claim on the code of a module, for each object that stands on it: an instance, a state, a pin, code that was
/// given up. The last claim that goes closes the shared object, and nothing else can: so none of them is forgotten.
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

    /// Gives the claim back, and closes the shared object if it was the last one. The module can still be asked what it
    /// was, and whether it is open or mapped.
    void drop() noexcept {
        if (std::exchange(holds_, false) && of_->uses_.fetch_sub(1, std::memory_order_acq_rel) == 1)
            of_->close();
    }
    /// Never gives it back: the code stays mapped for good.
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
