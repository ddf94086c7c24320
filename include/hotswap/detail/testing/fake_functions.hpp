// The table of the host's functions that a component on a fake host calls.
#pragma once

#include <hotswap/contract.hpp>
#include <hotswap/detail/abi/chrono.hpp>
#include <hotswap/detail/abi/host_api.hpp>
#include <hotswap/detail/base/mutex.hpp>
#include <hotswap/detail/sdk/boundary.hpp>
#include <hotswap/detail/testing/fake_services.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace hotswap::detail {

/// The functions of `abi::host_api`, with a fake_seat as their context.
struct fake_functions {
    struct reference {
        std::shared_ptr<fake_neighbour> to;
        fake_services& host;
        std::string contract_name;
        std::uint32_t number;
        std::atomic<std::uint64_t> count{1};
    };

    static fake_seat& of(void* context) noexcept { return *static_cast<fake_seat*>(context); }
    static reference& at(void* neighbour) noexcept { return *static_cast<reference*>(neighbour); }
    static std::string_view view(abi::text text) noexcept { return {text.data, text.size}; }

    static void log(void* context, level severity, abi::text message) noexcept {
        sdk::guarded(nullptr, [&] { of(context).services.log(severity, view(message)); });
    }
    static std::int64_t now(void* context) noexcept {
        return of(context).services.now().time_since_epoch().count();
    }
    static abi::status every(void* context, std::int64_t period, abi::job work, abi::error* why) noexcept {
        return every_after(context, period, period, work, why);
    }
    static abi::status every_after(void* context, std::int64_t period, std::int64_t first_after,
                                   abi::job work, abi::error* why) noexcept {
        if (period <= 0) {
            sdk::explain(why, "host.every: the period must be positive");
            return abi::status::unsupported;
        }
        return add(context, work, period, first_after, why);
    }
    static abi::status post(void* context, abi::job work, abi::error* why) noexcept {
        return add(context, work, 0, 0, why);
    }
    static abi::status add(void* context, abi::job work, std::int64_t period, std::int64_t after,
                           abi::error* why) noexcept {
        // A time this far ahead still fits in the nanoseconds of a clock.
        constexpr std::int64_t never = 100LL * 365 * 24 * 3600 * 1'000'000'000;
        using ns = fake_services::nanoseconds;
        return sdk::guarded(why, [&] {
            if (of(context).retired)
                throw std::runtime_error("this generation is retired: it takes no more timers or posts");
            of(context).services.add({&of(context), work, ns(std::min(period, never)),
                                      fake_services::time_point(ns(std::min(after, never)))});
        });
    }
    static abi::status on_change(void* context, abi::text name, abi::job work, abi::error* why) noexcept {
        return sdk::guarded(why, [&] {
            if (of(context).retired)
                throw std::runtime_error("this generation is retired: it takes no more listeners");
            of(context).services.add_listener({&of(context), work}, std::string(view(name)));
        });
    }
    static bool rehearsing(void* context) noexcept { return of(context).rehearsing(); }
    static void pin(void* context) noexcept { ++of(context).pins; }
    static void unpin(void* context) noexcept { --of(context).pins; }

    static void* find(void* context, abi::text name, abi::text contract_name, std::uint32_t number,
                      abi::error* why) noexcept {
        reference* made = nullptr;
        sdk::guarded(why, [&] {
            auto& self = of(context);
            std::string words = "there are no neighbours in a rehearsal";
            auto found = self.rehearsing()
                             ? nullptr
                             : self.services.find(view(name), {view(contract_name), number}, words);
            if (found == nullptr)
                sdk::explain(why, words);
            else
                made =
                    new reference{std::move(found), self.services, std::string(view(contract_name)), number};
        });
        return made;
    }
    static void* find_as_built(void* context, abi::text name, abi::text contract_name, std::uint32_t number,
                               std::uint32_t, abi::error* why) noexcept {
        return find(context, name, contract_name, number, why);
    }
    static void retain(void* neighbour) noexcept { ++at(neighbour).count; }
    static void release(void* neighbour) noexcept {
        if (--at(neighbour).count == 0) delete &at(neighbour);
    }
    static abi::status enter(void* neighbour, abi::lease_token*, void** contract, abi::error* why) noexcept {
        auto& target = at(neighbour);
        *contract = target.host.enter(*target.to, {target.contract_name, target.number});
        if (*contract != nullptr) return abi::status::ok;
        sdk::guarded(nullptr,
                     [&] { sdk::explain(why, "\"" + target.to->name + "\" is not loaded any more"); });
        return abi::status::gone;
    }
    static void leave(void*, abi::lease_token*) noexcept {}

    static bool draining(void* context) noexcept { return of(context).draining; }
    static void listen(void* context, abi::drain_listener* who) noexcept {
        mutex_lock const lock(of(context).drains_mutex_);
        who->next = std::exchange(of(context).listeners_, who);
    }
    static void stop_listening(void* context, abi::drain_listener* who) noexcept {
        mutex_lock const lock(of(context).drains_mutex_);
        auto** each = &of(context).listeners_;
        while (*each != nullptr && *each != who) each = &(*each)->next;
        if (*each != nullptr) *each = who->next;
    }

    static abi::text origin(void* context) noexcept {
        auto const& path = of(context).around_.origin;
        return {path.data(), path.size()};
    }
    static abi::argument_list settings(void* context) noexcept {
        return {of(context).settings_.data(), of(context).settings_.size()};
    }
};

inline abi::host_api const& fake_seat::api() noexcept {
    static constexpr abi::host_api table{
        .log = &fake_functions::log,
        .now = &fake_functions::now,
        .every = &fake_functions::every,
        .post = &fake_functions::post,
        .rehearsing = &fake_functions::rehearsing,
        .pin = &fake_functions::pin,
        .unpin = &fake_functions::unpin,
        .find = &fake_functions::find,
        .neighbour_retain = &fake_functions::retain,
        .neighbour_release = &fake_functions::release,
        .neighbour_enter = &fake_functions::enter,
        .neighbour_leave = &fake_functions::leave,
        .every_after = &fake_functions::every_after,
        .origin = &fake_functions::origin,
        .settings = &fake_functions::settings,
        .find_as_built = &fake_functions::find_as_built,
        .draining = &fake_functions::draining,
        .listen_for_drains = &fake_functions::listen,
        .stop_listening_for_drains = &fake_functions::stop_listening,
        .on_change = &fake_functions::on_change,
    };
    return table;
}

}  // namespace hotswap::detail
