// A generation on its way into a slot.
#pragma once

#include "slot/slot.hpp"
#include "transfer/module_calls.hpp"

#include <filesystem>
#include <memory>
#include <utility>

namespace hotswap::detail {

/// Retires its generation when the scope ends, after the gates have opened, unless the generation is taken
/// out.
class next_generation {
public:
    next_generation(slot& slot, std::shared_ptr<loaded_module> module, std::filesystem::path source,
                    shared_settings settings = nullptr)
        : slot_(slot),
          made_(begin_generation(slot, std::move(module), std::move(source), std::move(settings))) {}
    /// Has no generation until `put_back`.
    explicit next_generation(slot& slot) noexcept : slot_(slot) {}
    ~next_generation() {
        if (made_) slot_.retire(std::move(made_));
    }
    next_generation(next_generation const&) = delete;
    next_generation& operator=(next_generation const&) = delete;

    generation& operator*() const noexcept { return *made_; }
    generation* operator->() const noexcept { return made_.get(); }
    bool is_taken() const noexcept { return made_ == nullptr; }
    std::unique_ptr<generation> take() noexcept { return std::move(made_); }
    void put_back(std::unique_ptr<generation> made) noexcept { made_ = std::move(made); }

private:
    slot& slot_;
    std::unique_ptr<generation> made_;
};

}  // namespace hotswap::detail
