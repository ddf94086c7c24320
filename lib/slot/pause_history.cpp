#include "slot/pause_history.hpp"

#include <cstddef>

namespace hotswap::detail {

namespace {

std::size_t direction_of(state_move const& how) noexcept {
    if (how.from == how.to) return 0;
    return how.from < how.to ? 1 : 2;
}

}  // namespace

double pause_history::ns_for_byte(state_move const& how) const noexcept {
    return (how.is_read ? read_ : serialized_)[direction_of(how)];
}

void pause_history::note_ns_for_byte(state_move const& how, double nanoseconds) noexcept {
    (how.is_read ? read_ : serialized_)[direction_of(how)] = nanoseconds;
}

}  // namespace hotswap::detail
