// The contract: values of the standard library, and an exception, cross between two compilers' code.
#pragma once

#include <hotswap/contract.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace books {

struct ledger {
    static constexpr hotswap::contract contract{"books.ledger", 1};
    virtual ~ledger() = default;
    /// The account's balance afterwards. Throws std::runtime_error for an account without a name.
    virtual std::uint64_t add(std::string account, std::uint64_t amount) = 0;
    virtual std::optional<std::uint64_t> balance(std::string_view account) = 0;
    virtual std::map<std::string, std::uint64_t> balances() = 0;
    virtual std::vector<std::string> notes() = 0;
    virtual void each(std::function<void(std::string const&, std::uint64_t)> const& f) = 0;
    /// The compiler and the release of the code that runs: "g++ 1", "clang++ 2".
    virtual std::string made_by() = 0;
};

/// The revision that adds a function at the end.
struct ledger_with_count : ledger {
    using extends = ledger;
    static constexpr hotswap::contract contract{"books.ledger", 2};
    virtual std::uint64_t accounts() = 0;
};

#if defined(__clang__)
inline constexpr char compiler[] = "clang++";
#else
inline constexpr char compiler[] = "g++";
#endif

}  // namespace books
