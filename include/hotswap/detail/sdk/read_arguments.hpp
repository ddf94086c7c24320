// The arguments of an operation, in the form that a component's migrations take.
#pragma once

#include <hotswap/detail/abi/module_api.hpp>
#include <hotswap/detail/base/arguments.hpp>

#include <cstdint>
#include <string>

namespace hotswap::sdk {

inline arguments read_arguments(abi::argument_list const* list) {
    arguments result;
    if (list == nullptr) return result;
    for (std::uint64_t i = 0; i != list->size; ++i) {
        auto const& [name, value] = list->data[i];
        result.emplace(std::string(name.data, name.size), std::string(value.data, value.size));
    }
    return result;
}

}  // namespace hotswap::sdk
