// Turns the exceptions that end an operation into failures.
#pragma once

#include "base/refuse.hpp"
#include "report/step_recorder.hpp"

#include <hotswap/failure.hpp>

#include <exception>
#include <new>

namespace hotswap::detail {

/// The failure that the host is out of memory, built without allocating.
inline failure no_memory(bool old_serving) noexcept {
    failure why;
    why.code = errc::out_of_memory;
    why.old_serving = old_serving;
    why.message = "no memory";
    return why;
}

/// The value of `f`; `no_memory`, if `f` throws std::bad_alloc before anything was done.
template <class F>
auto within_memory(F&& f) -> decltype(f()) {
    try {
        return f();
    } catch (std::bad_alloc const&) {
        return no_memory(true);
    }
}

/// The value of `f`, an operation that `steps` records; a failure for every exception of `f`.
template <class T, class F>
result<T> guarded(step_recorder& steps, F&& f) {
    try {
        return f();
    } catch (std::bad_alloc const&) {
        try {
            return steps.refused(refuse(errc::out_of_memory, phase::none,
                                        "the host is out of memory{}; free some",
                                        steps.committed() ? ", the new generation serves" : ""));
        } catch (std::bad_alloc const&) {
            return no_memory(!steps.committed());
        }
    } catch (std::exception const& e) {
        return steps.refused(refuse(errc::limit_reached, phase::none, "the system refused: {}", e.what()));
    }
}

}  // namespace hotswap::detail
