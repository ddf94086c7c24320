// The C functions of a module, made from a component class.
#pragma once

#include <hotswap/detail/abi/module_api.hpp>
#include <hotswap/detail/base/open_signals.hpp>
#include <hotswap/detail/sdk/component_class.hpp>
#include <hotswap/detail/sdk/path_functions.hpp>
#include <hotswap/detail/sdk/read_arguments.hpp>
#include <hotswap/detail/sdk/used_up.hpp>
#include <hotswap/detail/state/archive.hpp>
#include <hotswap/detail/state/clone.hpp>
#include <hotswap/detail/state/copying.hpp>
#include <hotswap/detail/state/lookups.hpp>

#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hotswap::sdk {

/// The functions that only a state with tables needs: <hotswap/table.hpp> includes them.
template <class Functions>
struct copy_functions;

/// The functions that only a component with settings needs: <hotswap/settings.hpp> includes them.
template <class Functions>
struct settings_functions;

template <class Functions>
concept has_settings_functions = requires {
    sizeof(settings_functions<Functions>);
};

template <class Walk, std::uint32_t... I>
constexpr bool any_has_tables(std::integer_sequence<std::uint32_t, I...>) {
    return (layout_of<typename Walk::template state_of<Walk::oldest + I>>().tables || ...);
}

/// All functions that the runtime calls in the module whose component class is `T`.
template <class T>
struct module_functions {
    using component = T;
    using state = typename T::state;
    using walk = typename component_class<T>::walk;

    // Data of an operation along its path, with the failure to report if the operation ends here.
    struct journey {
        abi::status failure = abi::status::failed;
        std::uint32_t from = 0;
        std::uint32_t to = 0;
        arguments with{};
        std::unique_ptr<remains> used{};  // the used states of the path, the last one first

        abi::status explain(abi::error* why) const noexcept {
            if (why != nullptr) {
                why->from = from;
                why->to = to;
            }
            return explain_current(why, failure);
        }
    };

    template <std::uint32_t From, std::uint32_t To, class Old>
    static auto take_step(journey& j, Old&& old) {
        abi::status const otherwise = std::exchange(j.failure, abi::status::migration_failed);
        j.from = From;
        j.to = To;
        auto result = walk::template apply<From, To>(std::forward<Old>(old), j.with);
        j.failure = otherwise;
        j.from = j.to = 0;
        return result;
    }

    template <std::uint32_t Version>
    static state upgrade(journey& j, typename walk::template state_of<Version>&& old) {
        if constexpr (Version == walk::version)
            return std::move(old);
        else
            return upgrade<Version + 1>(j, take_step<Version, Version + 1>(j, std::move(old)));
    }

    template <class State>
    static void read_into(State& value, abi::bytes payload) {
        input_archive in(payload);
        in >> value;
        if (in.left() != 0) detail::refuse_bytes_left(in.left());
    }

    template <std::uint32_t Version>
    static void export_down(typename walk::template state_of<Version>&& now, std::uint32_t version,
                            abi::sink* out, journey& j) {
        if (version == Version) {
            output_archive archive(*out);
            archive << now;
            return;
        }
        if constexpr (Version > walk::oldest_back)
            export_down<Version - 1>(take_step<Version, Version - 1>(j, std::move(now)), version, out, j);
    }

    static abi::status unsupported(std::uint32_t version, abi::error* why) noexcept {
        char text[] = "the module has no migration for version 4294967295";
        std::size_t at = sizeof text - 11;
        for (std::uint32_t digits = 1000000000, begun = 0; digits != 0; digits /= 10) {
            std::uint32_t const digit = version / digits % 10;
            if (digit != 0 || begun != 0 || digits == 1)
                text[at++] = static_cast<char>('0' + digit), begun = 1;
        }
        explain(why, {text, at});
        return abi::status::unsupported;
    }

    static abi::status create_state(void** out, abi::error* why) noexcept {
        return guarded(why, [out] { *out = new state(); });
    }
    static void destroy_state(void* object) noexcept { delete static_cast<state*>(object); }

    // Uses the code that also reads other modules' states, if possible: one kind of copy is enough for a
    // module.
    static state own_copy(state const& current) {
        if constexpr (detail::is_readable_in_place<state>()) {
            state copy;
            detail::cloning().copy(current, copy);
            return copy;
        } else {
            return detail::copy_of(current);
        }
    }

    static abi::status export_state(void const* object, std::uint32_t version, abi::argument_list const* with,
                                    abi::sink* out, abi::error* why) noexcept {
        journey j;
        try {
            auto const& current = *static_cast<state const*>(object);
            if (version == walk::version) {
                output_archive archive(*out);
                archive << current;
                return abi::status::ok;
            }
            if (version < walk::oldest_back || version > walk::version) return unsupported(version, why);
            if constexpr (walk::takes_arguments) j.with = read_arguments(with);
            // A downgrade consumes its input, and the original must survive a refusal.
            export_down<walk::version>(own_copy(current), version, out, j);
            return abi::status::ok;
        } catch (...) {
            return j.explain(why);
        }
    }

    static abi::status measure_state(void const* object, std::uint64_t* bytes, std::uint64_t* elements,
                                     abi::error* why) noexcept {
        return guarded(why, [=] {
            detail::sampling samples;
            output_archive(samples.sink.out, nullptr, &samples) << *static_cast<state const*>(object);
            *bytes = samples.bytes();
            *elements = samples.elements;
        });
    }

    static abi::status validate_state(void const* object, abi::error* why) noexcept {
        return guarded(
            why, [object] { T::validate(*static_cast<state const*>(object)); }, abi::status::refused);
    }

    static abi::status check_lookups(void const* object, abi::error* why) noexcept {
        return guarded(
            why, [object] { detail::lookup_check().look_at(*static_cast<state const*>(object)); },
            abi::status::refused);
    }

    static abi::status adopt(abi::bytes legacy, abi::argument_list const* with, void** out,
                             abi::error* why) noexcept {
        journey j;
        try {
            if constexpr (walk::takes_arguments) j.with = read_arguments(with);
            auto old = T::adopt(std::span(static_cast<std::byte const*>(legacy.data), legacy.size));
            *out = new state(upgrade<schema_of<decltype(old)>().version>(j, std::move(old)));
            return abi::status::ok;
        } catch (...) {
            return j.explain(why);
        }
    }

    struct live {
        host context;
        T component;

        live(abi::host_api const& api, void* of, state& on) : context(api, of), component(context, on) {}
    };

    static abi::status create_instance(abi::host_api const* api, void* context, void* on, abi::instance* out,
                                       abi::error* why) noexcept {
        return guarded(why, [=] {
            check_contract_base<T>();
            auto* const made = new live(*api, context, *static_cast<state*>(on));
            out->object = made;
            out->contract = static_cast<contract_of<T>*>(&made->component);
        });
    }
    static void destroy_instance(void* object) noexcept { delete static_cast<live*>(object); }

    static abi::status check_health(void* object, bool* healthy, abi::error* why) noexcept {
        return guarded(why, [=] { *healthy = static_cast<live*>(object)->component.healthy(); });
    }

    static abi::status release_instance(void* object, abi::error* why) noexcept {
        return guarded(why, [=] { static_cast<live*>(object)->component.release(); });
    }
    static abi::status resume_instance(void* object, abi::error* why) noexcept {
        return guarded(why, [=] { static_cast<live*>(object)->component.resume(); });
    }

    static abi::status list_metrics(void* object, abi::metric_sink* out, abi::error* why) noexcept {
        return guarded(why, [=] {
            for (auto const& each : static_cast<live*>(object)->component.metrics()) {
                std::string_view const name(each.name);
                if (!out->add(out, {name.data(), name.size()}, static_cast<double>(each.value)))
                    throw std::bad_alloc();
            }
        });
    }

    static void leave_open(std::uint64_t const* signals) noexcept { detail::open_signals = signals; }

    static constexpr abi::module_api table(abi::descriptor const* self) {
        abi::module_api api;
        api.self = self;
        api.create_state = &create_state;
        api.destroy_state = &destroy_state;
        api.export_state = &export_state;
        using path = path_functions<module_functions>;
        api.import_state = &path::import_state;
        api.measure_state = &measure_state;
        if constexpr (validates<T>) api.validate_state = &validate_state;
        if constexpr (adopts<T>) api.adopt = &adopt;
        api.create_instance = &create_instance;
        api.destroy_instance = &destroy_instance;
        if constexpr (reports_health<T>) api.check_health = &check_health;
        if constexpr (any_has_tables<walk>(
                          std::make_integer_sequence<std::uint32_t, walk::version - walk::oldest + 1>{})) {
            using copies = copy_functions<module_functions>;
            api.outline_state = &copies::outline_state;
            api.import_outline = &copies::import_outline;
            api.begin_copy = &copies::begin_copy;
            api.advance_copy = &copies::advance_copy;
            api.finish_copy = &copies::finish_copy;
            api.end_copy = &copies::end_copy;
            api.free_rows = &copies::free_rows;
        }
        if constexpr (detail::orders_of_its_own<state>) api.check_lookups = &check_lookups;
        api.leave_open = &leave_open;
        if constexpr (releases<T>) {
            api.release_instance = &release_instance;
            api.resume_instance = &resume_instance;
        }
        api.upgrade_state = &path::upgrade_state;
        api.downgrade_state = &path::downgrade_state;
        api.free_remains = &path::free_remains;
        api.measure_memory = &path::measure_memory;
        api.allocate = &::operator new;
        if constexpr (reports_metrics<T>) api.list_metrics = &list_metrics;
        if constexpr (declares_settings<T> || configures_itself<T>) {
            static_assert(has_settings_functions<module_functions>,
                          "hotswap: a component with settings includes <hotswap/settings.hpp>");
            if constexpr (has_settings_functions<module_functions>) {
                api.configure = &settings_functions<module_functions>::configure;
                api.list_settings = &settings_functions<module_functions>::list_settings;
            }
        }
        return api;
    }
};

}  // namespace hotswap::sdk
