// The functions of a module, called on a component class that is part of the test: statuses become
// exceptions, as a runtime's results would name them.
#pragma once

#include <hotswap/detail/abi/module_api.hpp>
#include <hotswap/detail/base/arguments.hpp>
#include <hotswap/detail/sdk/descriptor_of.hpp>
#include <hotswap/detail/sdk/module_functions.hpp>
#include <hotswap/detail/state/frame.hpp>
#include <hotswap/detail/state/memory_sink.hpp>
#include <hotswap/failure.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// Arguments in the form that crosses the boundary; they point into `from`.
class lent_arguments {
public:
    explicit lent_arguments(arguments const& from) {
        for (auto const& [name, value] : from)
            items_.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
        list_ = {items_.data(), items_.size()};
    }
    lent_arguments(lent_arguments const&) = delete;
    abi::argument_list const* get() const noexcept { return &list_; }

private:
    std::vector<abi::argument> items_;
    abi::argument_list list_;
};

/// Throws what a runtime would answer.
[[noreturn]] inline void refuse_in_test(errc code, phase at, std::string words) {
    failure why;
    why.code = code;
    why.phase = at;
    why.message = std::move(words);
    throw swap_error(std::move(why));
}

/// Turns the status of a module's function into an exception; `usual` for a function that threw.
inline void expect_in_test(abi::status outcome, abi::error const& why, errc usual, phase at,
                           std::string_view doing) {
    std::string const words(why.message, why.size);
    switch (outcome) {
        case abi::status::ok:
            return;
        case abi::status::migration_failed:
            refuse_in_test(errc::migration_failed, at,
                           "the migration " + std::to_string(why.from) + " → " + std::to_string(why.to) +
                               " threw: " + words);
        case abi::status::bad_snapshot:
            refuse_in_test(errc::bad_snapshot, at, "the state could not be read: " + words);
        case abi::status::unsupported:
            refuse_in_test(errc::no_migration_path, at, words);
        case abi::status::out_of_memory:
            refuse_in_test(errc::out_of_memory, at, std::string(doing) + ": " + words);
        default:
            refuse_in_test(usual, at, std::string(doing) + " threw: " + words);
    }
}

/// What the module of the component class `T` would say of itself.
template <class T>
inline constexpr abi::descriptor described_class = sdk::descriptor_of<T>("component", "0.0.0");

inline abi::state_entry const* entry_of(abi::descriptor const& of, std::uint32_t version) noexcept {
    for (std::uint32_t i = 0; i != of.state_count; ++i)
        if (of.states[i].version == version) return &of.states[i];
    return nullptr;
}

/// Whether a state of that schema, version and layout may go into the class described by `to`.
inline void check_origin_in_test(abi::descriptor const& to, std::string_view schema, std::uint32_t version,
                                 std::uint64_t layout) {
    std::string_view const ours = to.schema;
    if (!schema.empty() && !ours.empty() && schema != ours)
        refuse_in_test(errc::schema_mismatch, phase::verify,
                       "the component keeps " + std::string(ours) + ", the given state is " +
                           std::string(schema) + " " + std::to_string(version));
    auto const* const known = entry_of(to, version);
    if (known != nullptr && known->layout != layout)
        refuse_in_test(errc::layout_changed, phase::verify,
                       "the component knows version " + std::to_string(version) +
                           " with another layout than that of the given state: the struct was edited "
                           "after its release; put the released struct back and make a new version");
    if (version < to.oldest_start || version > to.schema_version)
        refuse_in_test(errc::no_migration_path, phase::plan,
                       "the component starts from " + std::to_string(to.oldest_start) + " to " +
                           std::to_string(to.schema_version) + ", the given state is version " +
                           std::to_string(version));
}

template <class T>
struct class_calls {
    using functions = sdk::module_functions<T>;
    using paths = sdk::path_functions<functions>;
    using state = typename T::state;

    static state* fresh_state() {
        abi::error why;
        void* made = nullptr;
        expect_in_test(functions::create_state(&made, &why), why, errc::construct_failed, phase::construct,
                       "making a default state");
        return static_cast<state*>(made);
    }
    static std::vector<unsigned char> export_state(state const& from, std::uint32_t version,
                                                   arguments const& with) {
        abi::error why;
        std::vector<unsigned char> written;
        memory_sink sink(written);
        expect_in_test(functions::export_state(&from, version, lent_arguments(with).get(), &sink.out, &why),
                       why, errc::export_failed, phase::export_, "writing the state");
        sink.finish();
        return written;
    }
    static state* import_state(std::uint32_t version, abi::bytes payload, arguments const& with) {
        abi::error why;
        void* made = nullptr;
        expect_in_test(paths::import_state(version, payload, lent_arguments(with).get(), &made, &why), why,
                       errc::migration_failed, phase::migrate, "reading the state");
        return static_cast<state*>(made);
    }
    static state* adopt(std::span<std::byte const> legacy, arguments const& with) {
        abi::error why;
        void* made = nullptr;
        expect_in_test(
            functions::adopt({legacy.data(), legacy.size()}, lent_arguments(with).get(), &made, &why), why,
            errc::adopt_failed, phase::migrate, "adopt");
        return static_cast<state*>(made);
    }
    static void validate(state const& on) {
        if constexpr (sdk::validates<T>) {
            abi::error why;
            expect_in_test(functions::validate_state(&on, &why), why, errc::validation_failed,
                           phase::construct, "validate");
        }
    }
    static abi::instance construct(abi::host_api const& api, void* context, state& on) {
        abi::error why;
        abi::instance made;
        expect_in_test(functions::create_instance(&api, context, &on, &made, &why), why,
                       errc::construct_failed, phase::construct, "the constructor");
        return made;
    }
    static void release(void* object) {
        if constexpr (sdk::releases<T>) {
            abi::error why;
            expect_in_test(functions::release_instance(object, &why), why, errc::release_failed,
                           phase::construct, "release");
        }
    }
    static abi::status resume([[maybe_unused]] void* object, [[maybe_unused]] abi::error* why) noexcept {
        if constexpr (sdk::releases<T>)
            return functions::resume_instance(object, why);
        else
            return abi::status::ok;
    }
};

}  // namespace hotswap::detail
