// Makes the next state through bytes: the running module writes them, the next one reads them.
#pragma once

#include "transfer/byte_buffer.hpp"
#include "transfer/construction.hpp"
#include "transfer/next_state.hpp"

#include <memory>

namespace hotswap::detail {

/// Moves the running state through its serialized form, in the pause.
class from_serialized final : public next_state {
public:
    explicit from_serialized(move_context const& context) : context_(context), constructs_(context) {}

    result<void> before_pause(pause_limits const& limits) override;
    void gates_close() noexcept override { constructs_.gates_close(); }
    result<void> in_pause(closed_gates& closed, next_generation& next) override;

private:
    result<void> export_to(closed_gates const& closed, byte_buffer& payload);

    move_context const& context_;
    construction constructs_;
    std::unique_ptr<byte_buffer> payload_ = std::make_unique<byte_buffer>();
};

}  // namespace hotswap::detail
