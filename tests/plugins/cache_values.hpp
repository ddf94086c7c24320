// A cache as the tests use it: release by release, with a clock that only the test moves.
#pragma once

#include "plugins/shipped.hpp"

#include <hotswap/contracts/cache.hpp>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hotswap_test {

struct values : shipped<hotswap::contracts::cache> {
    explicit values(std::string_view release, hotswap::contracts::cache_settings const& settings = {})
        : shipped("cache", release) {
        (*this)->configure(settings);
    }

    void put_many(std::string const& prefix, int count) {
        for (int i = 0; i != count; ++i) (*this)->put(prefix + std::to_string(i), "value");
    }
    /// The number of keys prefix0, prefix1 … that are in the cache.
    int found(std::string const& prefix, int count) {
        int hits = 0;
        for (int i = 0; i != count; ++i) hits += (*this)->get(prefix + std::to_string(i)) ? 1 : 0;
        return hits;
    }
};

/// The words of the std::invalid_argument that `call` throws.
template <class Call>
std::string refused(Call call) {
    try {
        call();
    } catch (std::invalid_argument const& why) {
        return why.what();
    }
    return "not refused";
}

}  // namespace hotswap_test
