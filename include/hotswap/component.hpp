// The one header that a component's author reads: host services, states, histories, and the macro that makes
// a class a module.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/detail/sdk/descriptor_of.hpp>
#include <hotswap/detail/sdk/host.hpp>
#include <hotswap/detail/sdk/module_functions.hpp>
#include <hotswap/detail/state/archive.hpp>
#include <hotswap/detail/state/history.hpp>
#include <hotswap/detail/state/layout.hpp>
#include <hotswap/detail/state/schema.hpp>

/// Makes the class a module: `HOTSWAP_COMPONENT(counter_impl, "counter", "2.0.0")`, once in a shared object,
/// at namespace scope; or `HOTSWAP_COMPONENT(counter_impl)` if hotswap_add_component sets name and release.
/// Effects:  defines the descriptor (an ELF note) and the one exported function.
#define HOTSWAP_COMPONENT(...)                                                                             \
    HOTSWAP_COMPONENT_PICK_(__VA_ARGS__, HOTSWAP_COMPONENT_3_, HOTSWAP_COMPONENT_2_, HOTSWAP_COMPONENT_1_) \
    (__VA_ARGS__)

#define HOTSWAP_COMPONENT_PICK_(a, b, c, name, ...) name
#define HOTSWAP_COMPONENT_1_(type)                                                                       \
    static_assert(                                                                                       \
        HOTSWAP_TEXT_OF(HOTSWAP_COMPONENT_NAME)[0] == '"',                                               \
        "hotswap: HOTSWAP_COMPONENT(type) takes name and release from hotswap_add_component; elsewhere " \
        "write HOTSWAP_COMPONENT(type, \"name\", \"1.0.0\")");                                           \
    HOTSWAP_COMPONENT_3_(type, HOTSWAP_COMPONENT_NAME, HOTSWAP_COMPONENT_RELEASE)
#define HOTSWAP_COMPONENT_2_(type, name) \
    static_assert(sizeof(type) == 0,     \
                  "hotswap: HOTSWAP_COMPONENT takes a class, or a class, a name and a release");

#define HOTSWAP_COMPONENT_3_(type, name, release)                                                         \
    static_assert(sizeof(name) > 1 && sizeof(name) <= 64,                                                 \
                  "hotswap: a component's name has 1 to 63 characters");                                  \
    static_assert(::hotswap::sdk::is_release(release),                                                    \
                  "hotswap: a component's release is one of Semantic Versioning: "                        \
                  "2.0.0, 2.0.0-rc.1, 2.0.0+build.9");                                                    \
    static_assert(::hotswap::sdk::fits_descriptor(release),                                               \
                  "hotswap: a component's release has 31 characters at most");                            \
    [[gnu::section(".note.hotswap"), gnu::used,                                                           \
      gnu::aligned(8)]] constinit ::hotswap::abi::note const hotswap_module_note{                         \
        .content = ::hotswap::sdk::descriptor_of<type>(name, release)};                                   \
    [[gnu::section(".note.hotswap.layouts"), gnu::used,                                                   \
      gnu::aligned(8)]] constinit auto const hotswap_layouts_note = ::hotswap::sdk::layouts_of<type>();   \
    extern "C" [[gnu::visibility("default"), gnu::used]] ::hotswap::abi::module_api const*                \
    hotswap_module() noexcept {                                                                           \
        static constexpr ::hotswap::abi::module_api api =                                                 \
            ::hotswap::sdk::module_functions<type>::table(&hotswap_module_note.content);                  \
        return &api;                                                                                      \
    }                                                                                                     \
    template <class, bool Validate, bool Adopt, bool Healthy, bool Release, bool Schema>                  \
    struct hotswap_hides {                                                                                \
        static_assert(!Validate,                                                                          \
                      "hotswap: this component's `validate` would never be called, because it is "        \
                      "private; make it public");                                                         \
        static_assert(!Adopt,                                                                             \
                      "hotswap: this component's `adopt` would never be called, because it is private; "  \
                      "make it public");                                                                  \
        static_assert(!Healthy,                                                                           \
                      "hotswap: this component's `healthy` would never be called, because it is "         \
                      "private; make it public");                                                         \
        static_assert(!Release,                                                                           \
                      "hotswap: this component's `release` would never be called, because it is "         \
                      "private; make it public");                                                         \
        static_assert(!Schema, "hotswap: a state's member `schema` must be public");                      \
    };                                                                                                    \
    template struct hotswap_hides<type, ::hotswap::sdk::hides_validate<type>,                             \
                                  ::hotswap::sdk::hides_adopt<type>, ::hotswap::sdk::hides_healthy<type>, \
                                  ::hotswap::sdk::hides_release<type>,                                    \
                                  ::hotswap::sdk::hides_schema<type::state>>;
