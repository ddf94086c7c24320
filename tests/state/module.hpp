// The functions of a module, called in the host's way.
#pragma once

#include "state/bytes.hpp"

#include <hotswap/detail/sdk/module_functions.hpp>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap_test {

template <class Component>
class module {
public:
    using status = hotswap::abi::status;

    module() = default;
    explicit module(hotswap::arguments with) : with_(std::move(with)) {
        for (auto const& [name, value] : with_)
            list_.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
    }

    struct state_deleter {
        void operator()(void* state) const { module::api.destroy_state(state); }
    };
    using owned_state = std::unique_ptr<void, state_deleter>;

    hotswap::abi::module_api const& functions() const { return api; }
    hotswap::abi::error const& why() const { return why_; }
    std::string words() const { return {why_.message, why_.size}; }

    owned_state import(std::uint32_t version, buffer const& payload) {
        expect(try_import(version, payload));
        return owned_state(out_.release());
    }
    status try_import(std::uint32_t version, buffer const& payload) {
        return taking([&](void** out) {
            return api.import_state(version, {payload.data(), payload.size()}, arguments(), out, &why_);
        });
    }
    owned_state adopt(std::string_view legacy) {
        expect(try_adopt(legacy));
        return owned_state(out_.release());
    }
    status try_adopt(std::string_view legacy) {
        return taking([&](void** out) {
            return api.adopt({legacy.data(), legacy.size()}, arguments(), out, &why_);
        });
    }
    buffer exported(void const* state, std::uint32_t version) {
        expect(try_export(state, version));
        return exported_;
    }
    status try_export(void const* state, std::uint32_t version) {
        why_ = {};
        memory_sink memory(limit_);
        auto const outcome = api.export_state(state, version, arguments(), &memory.sink(), &why_);
        exported_ = std::move(memory).bytes();
        return outcome;
    }
    buffer import_then_export(std::uint32_t version, buffer const& payload) {
        return exported(import(version, payload).get(), newest);
    }
    status try_validate(void const* state) { return api.validate_state(state, &(why_ = {})); }
    status try_construct(void* state) {
        why_ = {};
        hotswap::abi::instance made;
        auto const outcome = api.create_instance(&host_, nullptr, state, &made, &why_);
        if (outcome == status::ok) api.destroy_instance(made.object);
        return outcome;
    }
    void limit_export(std::size_t limit) { limit_ = limit; }

private:
    static constexpr hotswap::abi::module_api api = hotswap::sdk::module_functions<Component>::table(nullptr);
    static constexpr std::uint32_t newest = hotswap::schema_of<typename Component::state>().version;

    template <class F>
    status taking(F&& f) {
        why_ = {};
        void* out = nullptr;
        auto const outcome = f(&out);
        out_.reset(out);
        return outcome;
    }
    hotswap::abi::argument_list const* arguments() { return &(arguments_ = {list_.data(), list_.size()}); }
    void expect(status outcome) const {
        if (outcome != status::ok) throw std::runtime_error(words());
    }

    hotswap::arguments with_;
    std::vector<hotswap::abi::argument> list_;
    hotswap::abi::argument_list arguments_;
    hotswap::abi::error why_;
    hotswap::abi::host_api host_;
    owned_state out_;
    buffer exported_;
    std::size_t limit_ = static_cast<std::size_t>(-1);
};

}  // namespace hotswap_test
