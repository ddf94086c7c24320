// Turns exceptions into values when a call leaves a module, and values into exceptions when a call enters
// one.
#pragma once

#include <hotswap/detail/abi/host_api.hpp>

#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hotswap::sdk {

/// Copies `text`, cut to the size of the message.
inline void explain(abi::error* why, std::string_view text) noexcept {
    if (why == nullptr) return;
    std::size_t const room = sizeof why->message - 1;
    std::size_t const size = text.size() < room ? text.size() : room;
    std::memcpy(why->message, text.data(), size);
    why->message[size] = '\0';
    why->size = static_cast<std::uint32_t>(size);
}

/// Describes the exception that is being handled.
inline abi::status explain_current(abi::error* why, abi::status as) noexcept {
    try {
        throw;
    } catch (std::bad_alloc const&) {
        explain(why, "out of memory (std::bad_alloc)");
        bool const in_users_code = as == abi::status::migration_failed || as == abi::status::refused;
        return in_users_code ? as : abi::status::out_of_memory;
    } catch (std::exception const& e) {
        explain(why, e.what());
    } catch (...) {
        explain(why, "an exception that is not a std::exception");
    }
    return as;
}

/// Calls `f` and turns its exceptions into `as`.
template <class F>
abi::status guarded(abi::error* why, F&& f, abi::status as = abi::status::failed) noexcept {
    try {
        f();
        return abi::status::ok;
    } catch (...) {
        return explain_current(why, as);
    }
}

/// Throws the refusal of a host function.
inline void expect_ok(abi::status outcome, abi::error const& why) {
    switch (outcome) {
        case abi::status::ok:
            return;
        case abi::status::out_of_memory:
            throw std::bad_alloc();
        case abi::status::unsupported:
            throw std::invalid_argument(std::string(why.message, why.size));
        default:
            throw std::runtime_error(std::string(why.message, why.size));
    }
}

}  // namespace hotswap::sdk
