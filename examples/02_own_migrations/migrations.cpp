#include "migrations.hpp"

#include <charconv>
#include <stdexcept>
#include <utility>

namespace demo {

v2::state add_prices(v1::state const& old, hotswap::arguments const& given) {
    auto const found = given.find("cents");
    if (found == given.end())
        throw std::invalid_argument("the argument cents is missing: what does a piece cost?");
    std::string const& text = found->second;
    std::uint32_t cents = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), cents);
    if (error != std::errc{} || end != text.data() + text.size())
        throw std::invalid_argument("the argument cents is \"" + text + "\", expected a number");

    v2::state now;
    for (auto const& [name, pieces] : old.pieces) now.articles[name] = {.pieces = pieces, .cents = cents};
    return now;
}

v1::state drop_prices(v2::state const& now) {
    v1::state old;
    for (auto const& [name, article] : now.articles) old.pieces[name] = article.pieces;
    return old;
}

v3::state add_currency(v2::state&& old, hotswap::arguments const& given) {
    auto const found = given.find("currency");
    return {.currency = found == given.end() ? "EUR" : found->second, .articles = std::move(old.articles)};
}

v2::state drop_currency(v3::state&& now) {
    if (now.currency != "EUR")
        throw std::domain_error("the prices are in " + now.currency + ", release 2 would take them for EUR");
    return {.articles = std::move(now.articles)};
}

}  // namespace demo
