// Finds the base of a component class that is its contract: the host gets a pointer to this base.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/detail/abi/contract_revision.hpp>

#include <concepts>
#include <type_traits>

#if defined(__clang__)
#include <cxxabi.h>

#include <stdexcept>
#include <typeinfo>
#endif

namespace hotswap::sdk {

using detail::names_contract;

/// The class names the base that is its contract: `using contract_type = counter;`.
template <class T>
concept names_contract_type = requires {
    typename T::contract_type;
};

template <class T>
struct named_contract {
    using type = typename T::contract_type;
    static_assert(names_contract<type> && std::is_base_of_v<type, T> && !std::is_same_v<type, T>,
                  "hotswap: a component's `contract_type` is the base class that declares its contract");
};

#if defined(__clang__)

// clang++ cannot list a class's bases. `create_instance` gives the host a right pointer if all bases lie at
// the object's beginning; the type's own description is checked for this when the first instance is made.
template <class T>
struct find_contract {
    using type = T;
};

/// Whether each class in the ancestry of `type` has one base only, at its own beginning.
inline bool has_one_line_of_bases(std::type_info const& type) noexcept {
    auto const* at = &type;
    while (auto const* const derived = dynamic_cast<__cxxabiv1::__si_class_type_info const*>(at))
        at = derived->__base_type;
    return dynamic_cast<__cxxabiv1::__vmi_class_type_info const*>(at) == nullptr;
}

/// Whether a base of the contract is a revision of it that the contract does not name: clang++ cannot see
/// that.
template <class>
inline constexpr bool forgets_to_extend = false;

template <class T>
void check_contract_base() {
    if constexpr (!names_contract_type<T>) {
#if defined(__cpp_rtti)
        if (!has_one_line_of_bases(typeid(T)))
            throw std::logic_error(
                "this component has several bases, and clang++ cannot tell which of them is its contract: "
                "name it in the component class, `using contract_type = ...;`");
#else
        static_assert(sizeof(T) == 0,
                      "hotswap: clang++ with -fno-rtti cannot tell which base of a component is its "
                      "contract: name it in the component class, `using contract_type = ...;`");
#endif
    }
}

#else

/// An object by its address: g++ 12 cannot compare two addresses in a constant expression under the
/// undefined-behaviour sanitizer, but it can compare types.
template <auto const* Object>
struct address_of;
template <class T, class Base>
concept has_contract_of = std::is_same_v<address_of<&T::contract>, address_of<&Base::contract>>;

template <class T, class... Bases>
struct declares_contract {
    using type = T;
};
template <class T>
struct find_contract : declares_contract<T, __direct_bases(T)...> {};
template <class T, class Base, class... Bases>
struct declares_contract<T, Base, Bases...> : declares_contract<T, Bases...> {};
template <class T, class Base, class... Bases>
requires(names_contract<Base>&& has_contract_of<T, Base>) struct declares_contract<T, Base, Bases...>
    : find_contract<Base> {
};

/// Whether a base of the contract is a revision of it that the contract does not name.
template <class Contract, class... Bases>
struct unnamed_revision {
    static constexpr bool value = false;
};
template <class Contract>
inline constexpr bool forgets_to_extend = unnamed_revision<Contract, __direct_bases(Contract)...>::value;
template <class Contract, class Base, class... Bases>
struct unnamed_revision<Contract, Base, Bases...> {
    static constexpr bool is_revision() {
        if constexpr (names_contract<Base>)
            return !has_contract_of<Contract, Base> && Contract::contract.name == Base::contract.name;
        else
            return false;
    }
    static constexpr bool value =
        !detail::extends_contract<Contract> && (is_revision() || unnamed_revision<Contract, Bases...>::value);
};

template <class T>
void check_contract_base() noexcept {}

#endif

/// The base of the component class `T` that declares its contract, at any depth.
template <class T>
using contract_of =
    typename std::conditional_t<names_contract_type<T>, named_contract<T>, find_contract<T>>::type;

}  // namespace hotswap::sdk
