// The shipped components work in the package's place.
#include <hotswap/contracts/cache.hpp>
#include <hotswap/contracts/rate_limiter.hpp>
#include <hotswap/contracts/session.hpp>
#include <hotswap/runtime.hpp>

#include <fmt/format.h>

namespace {

template <class Contract>
bool loads(hotswap::runtime& runtime, char const* name) {
    auto const loaded = runtime.load<Contract>(name);
    if (!loaded) fmt::print(stderr, "shipped: {}\n", loaded.error());
    return loaded.has_value();
}

}  // namespace

int main() {
    hotswap::runtime runtime{{.modules = MODULES}};
    bool const all = loads<hotswap::contracts::cache>(runtime, "cache") &&
                     loads<hotswap::contracts::rate_limiter>(runtime, "rate_limiter") &&
                     loads<hotswap::contracts::session>(runtime, "session");
    if (all) fmt::print("shipped: three components loaded from {}\n", MODULES);
    return all ? 0 : 1;
}
