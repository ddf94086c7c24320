// The rules that make a contract a revision of the contract before: every caller of that contract may call
// this one.
#pragma once

#include <hotswap/contract.hpp>

#include <concepts>
#include <type_traits>

namespace hotswap::detail {

template <class T>
concept names_contract = requires {
    { T::contract } -> std::convertible_to<hotswap::contract>;
};

/// The class names the contract that it revises: `using extends = inventory;`.
template <class T>
concept extends_contract = requires {
    typename T::extends;
};

/// Whether a `Derived` is a `Base` at a fixed offset, without virtual inheritance.
template <class Derived, class Base>
concept derives_plainly = std::is_base_of_v<Base, Derived> && !std::is_same_v<Base, Derived> &&
                          std::is_convertible_v<Derived*, Base*> && requires(Base * base) {
    static_cast<Derived*>(base);
};

/// Instantiated for each class that extends a contract, also for a component class, which adds data of its own.
template <class T>
struct extension {
    using before = typename T::extends;
    static_assert(names_contract<before>,
                  "hotswap: a contract `extends` the contract before it: a class that has `static constexpr "
                  "hotswap::contract contract{name, number}`");
    static_assert(derives_plainly<T, before>,
                  "hotswap: a contract derives from the contract that it `extends`, publicly and not "
                  "virtually: callers of the older contract get a pointer to the newer one");
    static_assert(before::contract.name == T::contract.name,
                  "hotswap: a contract that `extends` another one keeps its name and takes the next number");
    static_assert(before::contract.number + 1 == T::contract.number,
                  "hotswap: a contract that `extends` another one takes the next number; each revision "
                  "itself names the one before it: `using extends = inventory_2;`");
};

/// Instantiated for each revision. The class has one pointer to a vtable and no other data, so its base lies
/// at its beginning, and its own functions follow those of the revision before.
template <class Contract>
struct revision : extension<Contract> {
    static_assert(
        sizeof(Contract) == sizeof(typename Contract::extends),
        "hotswap: a contract that `extends` another one adds virtual functions and nothing else: no "
        "data, and no second base class");
};

/// Checks a contract and all contracts that it extends.
template <class Contract>
constexpr void check_revisions() noexcept {
    if constexpr (extends_contract<Contract>) {
        static_assert(sizeof(revision<Contract>) != 0);
        if constexpr (names_contract<typename Contract::extends>)
            check_revisions<typename Contract::extends>();
    }
}

}  // namespace hotswap::detail
