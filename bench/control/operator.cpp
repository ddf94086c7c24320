#include "control/parts.hpp"
#include "harness/measurements.hpp"

#include <fmt/format.h>

#include <string_view>

namespace bench {

bool measure_operator(bool quick) {
    bool reached = true;
    {
        operated_host host(watched_rows);
        if (std::string_view(BENCH_COMMAND).empty()) {
            fmt::print("\nhotswap status, hotswap revert: MISSING: build with HOTSWAP_BUILD_COMMAND\n");
        } else {
            reached = measure_status(host, quick);
            reached = measure_reverts(host, quick) && reached;
        }
        reached = measure_watchers(host, quick) && reached;
    }  // the servers that follow have the machine for themselves
    return measure_changed_servers(quick) && reached;
}

}  // namespace bench
