#include "report/event_bus.hpp"

#include <hotswap/event.hpp>

#include <utility>

namespace hotswap {

subscription::subscription() noexcept = default;

subscription::subscription(std::weak_ptr<detail::event_bus> of, std::uint64_t which) noexcept
    : bus_(std::move(of)), which_(which) {}

subscription::subscription(subscription&& from) noexcept
    : bus_(std::move(from.bus_)), which_(std::exchange(from.which_, 0)) {}

subscription& subscription::operator=(subscription&& from) noexcept {
    if (this == &from) return *this;
    end();
    bus_ = std::move(from.bus_);
    which_ = std::exchange(from.which_, 0);
    return *this;
}

subscription::~subscription() { end(); }

void subscription::end() noexcept {
    auto const which = std::exchange(which_, 0);
    if (which == 0) return;
    if (auto const bus = bus_.lock()) bus->remove(which);
    bus_.reset();
}

void subscription::detach() noexcept {
    bus_.reset();
    which_ = 0;
}

}  // namespace hotswap
