#include "slot/lineage.hpp"

#include <utility>

namespace hotswap::detail {

previous_module previous_of(generation const& running) {
    auto const& file = running.module->staged();
    return {running.module.shared(),
            running.source,
            file.copy(),
            file.name(),
            std::string(running.module->file().release()),
            file.digest(),
            running.services->settings(),
            running.contract};
}

void lineage::advance(previous_module before) noexcept {
    previous_ = std::move(before);
    probation_failed_ = false;
}

void lineage::set_settings_before(shared_settings settings) noexcept {
    settings_before_ = std::move(settings);
}

void lineage::remember(previous_module before) noexcept {
    previous_ = std::move(before);
    if (!previous_.settings) previous_.settings = settings_before_;
}

void lineage::stand_by(std::unique_ptr<generation> old) noexcept { standby_ = std::move(old); }

std::unique_ptr<generation> lineage::take_standby() noexcept { return std::move(standby_); }

void lineage::note_rollback(std::string digest, std::string fate) {
    rolled_back_.insert_or_assign(std::move(digest), std::move(fate));
}

void lineage::forget_rollback(std::string_view digest) noexcept {
    if (auto const found = rolled_back_.find(digest); found != rolled_back_.end()) rolled_back_.erase(found);
}

std::string_view lineage::fate_of(std::string_view digest) const {
    auto const found = rolled_back_.find(digest);
    return found == rolled_back_.end() ? std::string_view{} : found->second;
}

}  // namespace hotswap::detail
