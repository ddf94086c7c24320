#include "programs/rehearse/host_context.hpp"

#include "programs/rehearse/reporter.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace hotswap::rehearse {

namespace wire = detail::wire;

namespace {

constexpr std::uint64_t most_lines = 64;
constexpr std::size_t longest_line = 1024;

void explain(abi::error* why, std::string_view text) noexcept {
    if (why == nullptr) return;
    std::size_t const size = std::min(text.size(), sizeof why->message - 1);
    std::memcpy(why->message, text.data(), size);
    why->message[size] = '\0';
    why->size = static_cast<std::uint32_t>(size);
}

}  // namespace

struct rehearsed_functions {
    static host_context& of(void* context) noexcept { return *static_cast<host_context*>(context); }

    static void log(void* context, level severity, abi::text message) noexcept {
        auto& self = of(context);
        if (!self.heard_) return;
        detail::mutex_lock const lock(self.mutex_);
        if (++self.lines_ > most_lines) {
            ++self.dropped_lines_;
            return;
        }
        reporter::say(wire::kind::log, static_cast<std::uint32_t>(severity), 0,
                      {message.data, std::min<std::size_t>(message.size, longest_line)});
    }
    static std::int64_t now(void* context) noexcept { return of(context).ahead_ + steady_now(); }
    static abi::status take(void* context, abi::job work, abi::error* why) noexcept {
        auto& self = of(context);
        detail::mutex_lock const lock(self.mutex_);
        try {
            self.work_.push_back(work);
            return abi::status::ok;
        } catch (std::bad_alloc const&) {
            explain(why, "out of memory (std::bad_alloc)");
            return abi::status::out_of_memory;
        }
    }
    static abi::status every(void* context, std::int64_t period, abi::job work, abi::error* why) noexcept {
        if (period > 0) return take(context, work, why);
        explain(why, "host.every: the period must be positive");
        return abi::status::unsupported;
    }
    static abi::status every_after(void* context, std::int64_t period, std::int64_t, abi::job work,
                                   abi::error* why) noexcept {
        return every(context, period, work, why);
    }
    static abi::status on_change(void* context, abi::text, abi::job work, abi::error* why) noexcept {
        return take(context, work, why);
    }
    static bool rehearsing(void*) noexcept { return true; }
    static void pin(void*) noexcept {}
    static void* find(void*, abi::text, abi::text, std::uint32_t, abi::error* why) noexcept {
        explain(why, "there are no neighbours in a rehearsal");
        return nullptr;
    }
    static void* find_as_built(void* context, abi::text name, abi::text contract, std::uint32_t number,
                               std::uint32_t, abi::error* why) noexcept {
        return find(context, name, contract, number, why);
    }
    // No neighbour is ever found, so these are never called with one.
    static void retain(void*) noexcept {}
    static abi::status enter(void*, abi::lease_token*, void**, abi::error* why) noexcept {
        explain(why, "there are no neighbours in a rehearsal");
        return abi::status::gone;
    }
    static void leave(void*, abi::lease_token*) noexcept {}
    // A rehearsal has no callers, and so no drain.
    static bool draining(void*) noexcept { return false; }
    static void listen(void*, abi::drain_listener*) noexcept {}
    static abi::text origin(void* context) noexcept { return of(context).origin_; }
    static abi::argument_list settings(void* context) noexcept { return of(context).settings_; }
};

host_context::host_context(std::int64_t now, abi::text origin, abi::argument_list settings,
                           bool heard) noexcept
    : ahead_(now - steady_now()), origin_(origin), settings_(settings), heard_(heard) {}

host_context::~host_context() { drop_work(); }

abi::host_api const& host_context::api() noexcept {
    static constexpr abi::host_api table{
        .log = &rehearsed_functions::log,
        .now = &rehearsed_functions::now,
        .every = &rehearsed_functions::every,
        .post = &rehearsed_functions::take,
        .rehearsing = &rehearsed_functions::rehearsing,
        .pin = &rehearsed_functions::pin,
        .unpin = &rehearsed_functions::pin,
        .find = &rehearsed_functions::find,
        .neighbour_retain = &rehearsed_functions::retain,
        .neighbour_release = &rehearsed_functions::retain,
        .neighbour_enter = &rehearsed_functions::enter,
        .neighbour_leave = &rehearsed_functions::leave,
        .every_after = &rehearsed_functions::every_after,
        .origin = &rehearsed_functions::origin,
        .settings = &rehearsed_functions::settings,
        .find_as_built = &rehearsed_functions::find_as_built,
        .draining = &rehearsed_functions::draining,
        .listen_for_drains = &rehearsed_functions::listen,
        .stop_listening_for_drains = &rehearsed_functions::listen,
        .on_change = &rehearsed_functions::on_change,
    };
    return table;
}

void host_context::drop_work() noexcept {
    std::vector<abi::job> dropped;
    std::uint64_t lines = 0;
    {
        detail::mutex_lock const lock(mutex_);
        dropped.swap(work_);
        lines = std::exchange(dropped_lines_, 0);
    }
    for (abi::job const& job : dropped) job.destroy(job.context);
    if (lines != 0) reporter::say(wire::kind::dropped_log, 0, lines);
}

}  // namespace hotswap::rehearse
