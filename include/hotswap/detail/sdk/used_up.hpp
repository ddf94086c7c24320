// The versions of a state that a path goes through, kept until their freeing costs no caller anything.
#pragma once

#include <memory>
#include <utility>

namespace hotswap::sdk {

/// One that a migration was given, and what came before it.
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
    /// Of what `make` returns, without moving it.
    template <class Make>
    explicit used_up(Make&& make) : value(make()) {}

    State value{};
};

}  // namespace hotswap::sdk
