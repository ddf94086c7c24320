// The classes of three releases without their modules, for a fake host.
#pragma once

#include <hotswap/testing.hpp>

#undef HOTSWAP_COMPONENT
#define HOTSWAP_COMPONENT(type)
#include "cache/cache_2_0_0.cpp"
#include "rate_limiter/rate_limiter_3_0_0.cpp"
#include "session/session_3_0_0.cpp"

namespace hotswap_test {

using cache_class = hotswap::plugins::cache_2_0_0;
using limiter_class = hotswap::plugins::rate_limiter_3_0_0;
using session_class = hotswap::plugins::session_3_0_0;

}  // namespace hotswap_test
