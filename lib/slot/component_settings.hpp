// The settings of a component, in the form that a module reads.
#pragma once

#include <hotswap/detail/abi/host_api.hpp>
#include <hotswap/detail/base/arguments.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace hotswap::detail {

/// Lifetime: shared by the generations that run with these settings.
class component_settings {
public:
    explicit component_settings(settings values) : values_(std::move(values)) {
        list_.reserve(values_.size());
        for (auto const& [name, value] : values_)
            list_.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
    }
    component_settings(component_settings const&) = delete;
    component_settings& operator=(component_settings const&) = delete;

    settings const& values() const noexcept { return values_; }
    abi::argument_list list() const noexcept { return {list_.data(), list_.size()}; }

private:
    settings const values_;
    std::vector<abi::argument> list_;
};

using shared_settings = std::shared_ptr<component_settings const>;

}  // namespace hotswap::detail
