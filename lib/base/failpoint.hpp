// Named points at which a test causes a failure; without HOTSWAP_FAILPOINTS each point is the constant 0.
#pragma once

#if defined(HOTSWAP_FAILPOINTS)

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail::failpoints {

/// Sets the action at a point: `fail:ERRNO` (the point returns that number), `no_memory` (throws
/// std::bad_alloc), `kill` (the process ends at once, as by SIGKILL). `N*ACTION` lets the first N − 1 visits
/// pass and acts on the Nth; without N it acts on every visit. Several points are armed by
/// `a=kill;b=3*fail:28`, also by the environment variable HOTSWAP_FAILPOINTS, for processes that a test
/// starts.
/// Errors:   throws std::invalid_argument, with the text that cannot be parsed.
/// Threads:  [any]
void arm(std::string_view points);
/// Calls `f` at each visit of `point`.
void call(std::string point, std::function<void()> f);
/// Disarms all points, and clears the list of visited points.
void clear();
/// The points visited since the last `clear`, in order, each once.
std::vector<std::string> visited();

/// 0, or the errno with which the point must fail.
int visit(std::string_view point);

}  // namespace hotswap::detail::failpoints

#define HOTSWAP_FAILPOINT(point) ::hotswap::detail::failpoints::visit(point)

#else

#define HOTSWAP_FAILPOINT(point) 0

#endif
