// The versions of a state that a path goes through, kept until freeing them does not delay any caller.
#pragma once

#include <memory>
#include <utility>

namespace hotswap::sdk {

/// A state that a migration has consumed, and the states before it.
struct remains {
    remains() = default;
    virtual ~remains() = default;
    remains(remains const&) = delete;
    remains& operator=(remains const&) = delete;

    std::unique_ptr<remains> before;
};

template <class State>
struct used_up final : remains {
    used_up() = default;
    /// Holds the result of `make`, without moving it.
    template <class Make>
    explicit used_up(Make&& make) : value(make()) {}

    State value{};
};

}  // namespace hotswap::sdk
