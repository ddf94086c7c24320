// A component's handle to another component of the same host.
#pragma once

#include <hotswap/detail/abi/host_api.hpp>
#include <hotswap/detail/sdk/boundary.hpp>

#include <utility>

namespace hotswap {

/// A handle to another component of the host, copyable; `host::find` returns it.
/// Lifetime: may outlive the neighbour: calls then throw std::runtime_error.
/// Cost:     two calls through function pointers on top of the virtual call.
template <class Contract>
class neighbour {
public:
    /// One call on the neighbour: holds a lease until the end of the full expression.
    class call {
    public:
        call(abi::host_api const& api, void* target) : api_(api), target_(target) {
            abi::error why;
            void* contract = nullptr;
            sdk::expect_ok(api_.neighbour_enter(target_, &token_, &contract, &why), why);
            contract_ = static_cast<Contract*>(contract);
        }
        call(call const&) = delete;
        call& operator=(call const&) = delete;
        ~call() { api_.neighbour_leave(target_, &token_); }
        Contract* operator->() const noexcept { return contract_; }

    private:
        abi::host_api const& api_;
        void* target_;
        abi::lease_token token_;
        Contract* contract_ = nullptr;
    };

    /// One call that may find no neighbour: false if the neighbour is gone. Holds a lease during its
    /// lifetime.
    class attempt {
    public:
        attempt(abi::host_api const* api, void* target) noexcept : api_(api), target_(target) {
            abi::error why;
            void* contract = nullptr;
            if (target_ == nullptr ||
                api_->neighbour_enter(target_, &token_, &contract, &why) != abi::status::ok)
                return;
            contract_ = static_cast<Contract*>(contract);
        }
        attempt(attempt const&) = delete;
        attempt& operator=(attempt const&) = delete;
        ~attempt() {
            if (contract_ != nullptr) api_->neighbour_leave(target_, &token_);
        }
        explicit operator bool() const noexcept { return contract_ != nullptr; }
        Contract* operator->() const noexcept { return contract_; }

    private:
        abi::host_api const* api_;
        void* target_;
        abi::lease_token token_;
        Contract* contract_ = nullptr;
    };

    neighbour() noexcept = default;
    neighbour(abi::host_api const& api, void* target) noexcept : api_(&api), target_(target) {}
    neighbour(neighbour const& other) noexcept : api_(other.api_), target_(other.target_) {
        if (target_ != nullptr) api_->neighbour_retain(target_);
    }
    neighbour(neighbour&& other) noexcept
        : api_(other.api_), target_(std::exchange(other.target_, nullptr)) {}
    neighbour& operator=(neighbour other) noexcept {
        std::swap(api_, other.api_);
        std::swap(target_, other.target_);
        return *this;
    }
    ~neighbour() {
        if (target_ != nullptr) api_->neighbour_release(target_);
    }

    /// Whether there is a component behind the handle; it may still be unloaded later.
    /// Threads:  [any]
    explicit operator bool() const noexcept { return target_ != nullptr; }

    /// Calls the neighbour's running generation; waits while its gate is closed.
    /// Errors:   throws std::runtime_error if the handle is empty or the neighbour is not loaded any more.
    /// Threads:  [any]
    call operator->() const {
        if (target_ == nullptr)
            throw std::runtime_error("this handle to a neighbour is empty: host::find found nothing");
        return call(*api_, target_);
    }

    /// Enters the neighbour's running generation if there is one: `if (auto log = log_.try_enter())
    /// log->write(line);`. For timers, and for destructors, where an exception ends the process. Waits while
    /// the neighbour's gate is closed.
    /// Threads:  [any]
    [[nodiscard]] attempt try_enter() const noexcept { return attempt(api_, target_); }

private:
    abi::host_api const* api_ = nullptr;
    void* target_ = nullptr;
};

}  // namespace hotswap
