// How often a storm repeats what it does.
#pragma once

namespace hotswap_test {

/// All of them; a quarter under thread sanitizer, which makes each ten times as long. The preset tsan-all does all of them.
constexpr int rounds(int all) noexcept {
#if defined(__SANITIZE_THREAD__) && !defined(HOTSWAP_TEST_ALL_ROUNDS)
    return all / 4;
#else
    return all;
#endif
}

}  // namespace hotswap_test
