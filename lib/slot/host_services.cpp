#include "slot/host_services.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <utility>

namespace hotswap::detail {

namespace {

void explain(abi::error* why, std::string_view text) noexcept {
    if (why == nullptr) return;
    std::size_t const size = std::min(text.size(), sizeof why->message - 1);
    std::memcpy(why->message, text.data(), size);
    why->message[size] = '\0';
    why->size = static_cast<std::uint32_t>(size);
}

// Exceptions of the host's own code stop here: a module never sees them.
template <class F>
abi::status guarded(abi::error* why, F&& f) noexcept {
    try {
        f();
        return abi::status::ok;
    } catch (std::bad_alloc const&) {
        explain(why, "out of memory (std::bad_alloc)");
        return abi::status::out_of_memory;
    } catch (std::exception const& e) {
        explain(why, e.what());
    } catch (...) {
        explain(why, "an exception that is not a std::exception");
    }
    return abi::status::failed;
}

std::string_view view(abi::text text) noexcept { return {text.data, static_cast<std::size_t>(text.size)}; }

}  // namespace

/// A module's counted reference to another component.
class neighbour_reference {
public:
    /// Errors:   throws std::bad_alloc.
    neighbour_reference(found_neighbour to, std::string const& by) : to_(std::move(to)), by_(by) {
        to_.known_to->add(by_);
    }
    ~neighbour_reference() { to_.known_to->remove(by_); }
    neighbour_reference(neighbour_reference const&) = delete;
    neighbour_reference& operator=(neighbour_reference const&) = delete;

    gate& target() const noexcept { return *to_.target; }
    std::atomic<std::uint64_t> count{1};

private:
    found_neighbour const to_;
    std::string const by_;
};

struct host_functions {
    static host_services& of(void* context) noexcept { return *static_cast<host_services*>(context); }
    static neighbour_reference& at(void* neighbour) noexcept {
        return *static_cast<neighbour_reference*>(neighbour);
    }

    static void log(void* context, level severity, abi::text message) noexcept {
        guarded(nullptr, [&] { of(context).host_.log(severity, view(message)); });
    }
    static std::int64_t now(void* context) noexcept {
        std::chrono::system_clock::time_point time;
        if (guarded(nullptr, [&] { time = of(context).host_.now(); }) != abi::status::ok)
            time = std::chrono::system_clock::now();
        return std::chrono::nanoseconds(time.time_since_epoch()).count();
    }
    static abi::status every(void* context, std::int64_t period, abi::job work, abi::error* why) noexcept {
        return every_after(context, period, period, work, why);
    }
    static abi::status every_after(void* context, std::int64_t period, std::int64_t first_after,
                                   abi::job work, abi::error* why) noexcept {
        if (period <= 0) {
            explain(why, "host.every: the period must be positive");
            return abi::status::unsupported;
        }
        auto& self = of(context);
        return guarded(why, [&] {
            self.runner_.add_timer(self.jobs_, work, std::chrono::nanoseconds(period),
                                   std::chrono::nanoseconds(first_after));
        });
    }
    static abi::status post(void* context, abi::job work, abi::error* why) noexcept {
        auto& self = of(context);
        return guarded(why, [&] { self.runner_.add_post(self.jobs_, work); });
    }
    static abi::status on_change(void* context, abi::text name, abi::job work, abi::error* why) noexcept {
        auto& self = of(context);
        return guarded(why, [&] { self.runner_.add_listener(self.jobs_, std::string(view(name)), work); });
    }
    static bool rehearsing(void*) noexcept { return false; }
    static void pin(void* context) noexcept { of(context).pins_.fetch_add(1, std::memory_order_relaxed); }
    static void unpin(void* context) noexcept { of(context).pins_.fetch_sub(1, std::memory_order_release); }

    static void* find(void* context, abi::text name, abi::text contract_name, std::uint32_t contract_number,
                      abi::error* why) noexcept {
        return find_as_built(context, name, contract_name, contract_number, 0, why);
    }
    static void* find_as_built(void* context, abi::text name, abi::text contract_name,
                               std::uint32_t contract_number, std::uint32_t functions,
                               abi::error* why) noexcept {
        neighbour_reference* made = nullptr;
        guarded(why, [&] {
            auto const& host = of(context).host_;
            auto found = host.find(view(name), {view(contract_name), contract_number, functions});
            if (found)
                made = new neighbour_reference(std::move(*found), host.name);
            else
                explain(why, found.error().message);
        });
        return made;
    }
    static void retain(void* neighbour) noexcept {
        at(neighbour).count.fetch_add(1, std::memory_order_relaxed);
    }
    static void release(void* neighbour) noexcept {
        if (at(neighbour).count.fetch_sub(1, std::memory_order_acq_rel) == 1) delete &at(neighbour);
    }
    static abi::status enter(void* neighbour, abi::lease_token* token, void** contract,
                             abi::error* why) noexcept {
        gate& target = at(neighbour).target();
        lease_cell& cell = target.cell();
        auto const admitted = target.try_enter(cell);
        if (admitted.would_deadlock) {
            guarded(nullptr, [&] { explain(why, target.way_back_here()); });
            return abi::status::failed;
        }
        if (admitted.contract == nullptr) {
            guarded(nullptr, [&] { explain(why, target.why_gone_in_words()); });
            return abi::status::gone;
        }
        token->words[0] = static_cast<std::uint64_t>(admitted.how);
        token->words[1] = reinterpret_cast<std::uintptr_t>(&cell);
        token->words[2] = this_thread_cells.number;
        *contract = admitted.contract;
        return abi::status::ok;
    }
    static void leave(void* neighbour, abi::lease_token* token) noexcept {
        auto* const cell = reinterpret_cast<lease_cell*>(static_cast<std::uintptr_t>(token->words[1]));
        gate::leave(token->words[2], *cell, static_cast<hold>(token->words[0]),
                    at(neighbour).target().index());
    }

    static bool draining(void* context) noexcept {
        return of(context).draining_.load(std::memory_order_acquire);
    }
    static void listen_for_drains(void* context, abi::drain_listener* who) noexcept {
        auto& self = of(context);
        mutex_lock const lock(self.drains_mutex_);
        who->next = std::exchange(self.drain_listeners_, who);
    }
    static void stop_listening_for_drains(void* context, abi::drain_listener* who) noexcept {
        auto& self = of(context);
        mutex_lock const lock(self.drains_mutex_);
        auto** at = &self.drain_listeners_;
        while (*at != nullptr && *at != who) at = &(*at)->next;
        if (*at != nullptr) *at = who->next;
    }

    static abi::text origin(void* context) noexcept {
        auto const& path = of(context).origin_.native();
        return {path.data(), path.size()};
    }
    static abi::argument_list settings(void* context) noexcept {
        auto const& all = of(context).settings_;
        return all ? all->list() : abi::argument_list{};
    }
};

host_services::host_services(host_context const& host, job_runner& runner,
                             std::filesystem::path const& source, shared_settings settings)
    : host_(host),
      runner_(runner),
      origin_([&source] {
          std::error_code
              error;  // unused: the file could be read, so that only a lost working directory gives an error
          return std::filesystem::absolute(source, error).parent_path();
      }()),
      settings_(std::move(settings)) {}

// Listeners read `draining_` after they start to listen, so that none misses a drain that begins at that
// moment.
void host_services::draining(bool begins) noexcept {
    if (draining_.exchange(begins, std::memory_order_acq_rel) == begins) return;
    mutex_lock const lock(drains_mutex_);
    for (auto* each = drain_listeners_; each != nullptr; each = each->next) each->told(each->context, begins);
}

abi::host_api const& host_services::api() noexcept {
    static constexpr abi::host_api table{
        .log = &host_functions::log,
        .now = &host_functions::now,
        .every = &host_functions::every,
        .post = &host_functions::post,
        .rehearsing = &host_functions::rehearsing,
        .pin = &host_functions::pin,
        .unpin = &host_functions::unpin,
        .find = &host_functions::find,
        .neighbour_retain = &host_functions::retain,
        .neighbour_release = &host_functions::release,
        .neighbour_enter = &host_functions::enter,
        .neighbour_leave = &host_functions::leave,
        .every_after = &host_functions::every_after,
        .origin = &host_functions::origin,
        .settings = &host_functions::settings,
        .find_as_built = &host_functions::find_as_built,
        .draining = &host_functions::draining,
        .listen_for_drains = &host_functions::listen_for_drains,
        .stop_listening_for_drains = &host_functions::stop_listening_for_drains,
        .on_change = &host_functions::on_change,
    };
    return table;
}

}  // namespace hotswap::detail
