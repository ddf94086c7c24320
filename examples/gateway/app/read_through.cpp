#include "app/read_through.hpp"

#include <hotswap/failure.hpp>

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <utility>

namespace gateway {

namespace {

constexpr std::chrono::hours kept_for{24};

// In the cache an item is a text: "17 its value".
std::string packed(item const& what) { return fmt::format("{} {}", what.revision, what.value); }

std::optional<item> unpacked(std::string_view text) {
    item what;
    auto const* const last = text.data() + text.size();
    auto const [end, error] = std::from_chars(text.data(), last, what.revision);
    if (error != std::errc{} || end == last || *end != ' ') return std::nullopt;
    what.value.assign(end + 1, last);
    return what;
}

}  // namespace

void read_through::get(std::string const& key, deliver done) {
    if (auto const text = cache_->get(key))
        if (auto const found = unpacked(*text)) return done(found, true);
    {
        std::lock_guard const lock(mutex_);
        auto const [flight, first] = waiting_.try_emplace(key);
        flight->second.push_back(std::move(done));
        if (!first) return;
    }
    origin_.fetch(key, [this, key](std::optional<item> const& found) { arrived(key, found); });
}

void read_through::arrived(std::string const& key, std::optional<item> const& found) {
    try {
        // Puts the item before the next fetch of this key can begin, so that the cache never gets an older
        // item after a newer one.
        if (found) cache_->put(key, packed(*found), kept_for);
    } catch (hotswap::swap_error const&) {
        // The cache was unloaded; waiting requests still get their item.
    }
    std::vector<deliver> waiting;
    {
        std::lock_guard const lock(mutex_);
        waiting = std::move(waiting_.extract(key).mapped());
    }
    for (auto const& done : waiting) done(found, false);
}

}  // namespace gateway
