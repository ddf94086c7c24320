#include <hotswap/detail/slot/opening.hpp>

namespace hotswap::detail {

std::shared_ptr<opening_wait> opening_list::take_first() noexcept {
    auto taken = std::move(first_);
    first_ = std::move(taken->next_);
    if (first_ == nullptr) last_ = nullptr;
    return taken;
}

void opening_list::add(std::shared_ptr<opening_wait> one) noexcept {
    auto* const added = one.get();
    (last_ == nullptr ? first_ : last_->next_) = std::move(one);
    last_ = added;
}

void opening_list::add(opening_list&& others) noexcept {
    while (!others.is_empty()) add(others.take_first());
}

opening_list opening_list::without_stopped() noexcept {
    opening_list stopped;
    opening_list waiting;
    while (!is_empty()) {
        auto one = take_first();
        auto& to = one->is_waiting() ? waiting : stopped;
        to.add(std::move(one));
    }
    add(std::move(waiting));
    return stopped;
}

void opening_list::mark(opening how) noexcept {
    for (auto* each = first_.get(); each != nullptr; each = each->next_.get()) each->how_ = how;
}

void opening_list::call(opening_list those) noexcept {
    while (!those.is_empty()) {
        auto const one = those.take_first();
        opening const how = one->how_;
        if (one->stop_waiting()) one->opened(how);
    }
}

}  // namespace hotswap::detail
