// Linked to a good module: adds a fault at load time, or a resource that it keeps.
#include "rehearsal/fixtures/deeds.hpp"

namespace {

#if defined(CHAOS_STATIC)
[[maybe_unused]] int const done = (hotswap_test::do_deed(CHAOS_STATIC), 0);
#endif

#if defined(CHAOS_THREAD_LOCAL)
struct stays {
    stays() {}
    ~stays() { std::atomic_signal_fence(std::memory_order_seq_cst); }
};
thread_local stays here;
[[maybe_unused]] stays const* const touched = &here;
#endif

}  // namespace

#if defined(CHAOS_MISSING_SYMBOL)
extern "C" __attribute__((visibility("default"))) int hotswap_chaos_defined_nowhere();
namespace {
[[maybe_unused]] int const missing = hotswap_chaos_defined_nowhere();
}
#endif
