// The states of all releases. Each is frozen once its release is out: a change needs a new version.
#pragma once

#include <hotswap/detail/state/schema.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace demo {

namespace v1 {
struct state {
    static constexpr hotswap::schema schema{"demo.stock", 1};
    std::map<std::string, std::uint32_t> pieces;
};
}  // namespace v1

namespace v2 {
struct article {
    std::uint32_t pieces = 0;
    std::uint32_t cents = 0;
};
struct state {
    static constexpr hotswap::schema schema{"demo.stock", 2};
    std::map<std::string, article> articles;
};
}  // namespace v2

namespace v3 {
using v2::article;
struct state {
    static constexpr hotswap::schema schema{"demo.stock", 3};
    std::string currency = "EUR";
    std::map<std::string, article> articles;
};
}  // namespace v3

}  // namespace demo
