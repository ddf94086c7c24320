#include <hotswap/runtime.hpp>

#include "base/refuse.hpp"
#include "module/release.hpp"
#include "module/staging_area.hpp"
#include "runtime/event_bus.hpp"
#include "runtime/registry.hpp"
#include "slot/thread_registry.hpp"
#include "swap/lifecycle.hpp"
#include "swap/rehearsals.hpp"
#include "swap/replace.hpp"
#include "swap/step_recorder.hpp"

#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace hotswap {

namespace fs = std::filesystem;
using namespace detail;

class runtime::implementation {
public:
    implementation(runtime_options given, char const* helper)
        : options(std::move(given)),
          trials(options.rehearsal, options.rehearse, helper),
          events(options.log_to_stderr, options.log_level),
          staging(options.staging),
          sink([this](event const& what) { events.publish(what); }) {
        if (!options.clock) options.clock = [] { return std::chrono::system_clock::now(); };
    }

    /// The component's slot, with its operation lock held.
    struct claim {
        std::shared_ptr<detail::slot> slot;
        std::unique_lock<std::mutex> lock;

        claim(std::shared_ptr<detail::slot> of, std::unique_lock<std::mutex> held) noexcept
            : slot(std::move(of)), lock(std::move(held)) {}
        claim(claim&&) noexcept = default;
        ~claim() {
            if (slot && lock.owns_lock()) slot->at_work = false;
        }
    };

    environment surroundings_of(std::string name);
    result<claim> claim_slot(std::string_view name, step_recorder& steps);
    result<fs::path> find_module(fs::path const& wanted, std::string_view family) const;
    result<replacement> choose(slot const& in, swap_options const& options);
    result<gate_ptr> load(std::string_view name, contract wanted, load_options const& options,
                          step_recorder& steps);
    /// False if code of the component may still run or call the host.
    static bool shut_down(std::shared_ptr<slot> in) noexcept;

    /// Runs an operation on a claimed slot; what even its RAII could not turn into a value is turned here.
    template <class T, class F>
    result<T> operate(std::string_view name, char const* operation, F&& f) {
        step_recorder steps(sink, std::string(name), operation);
        return guarded<T>(steps, [&]() -> result<T> {
            auto claimed = claim_slot(name, steps);
            if (!claimed) return claimed.error();
            return f(*claimed->slot, steps);
        });
    }

    template <class T, class F>
    result<T> guarded(step_recorder& steps, F&& f) {
        try {
            return f();
        } catch (std::bad_alloc const&) {
            return steps.refused(refuse(errc::out_of_memory, phase::none,
                                        "the host is out of memory{}; free some",
                                        steps.committed() ? ", the new generation serves" : ""));
        } catch (std::exception const& e) {
            return steps.refused(
                refuse(errc::limit_reached, phase::none, "the system refused: {}", e.what()));
        }
    }

    runtime_options options;
    rehearsals trials;
    event_bus events;
    staging_area staging;
    registry components;
    event_sink const sink;
};

environment runtime::implementation::surroundings_of(std::string name) {
    environment around;
    around.log = [this, name = std::move(name)](level severity, std::string_view text) {
        event line;
        line.time = std::chrono::system_clock::now();
        line.level = severity;
        line.component = name;
        line.operation = "log";
        line.message = text;
        if (!step_recorder::hold_back_line(sink, line)) sink(line);
    };
    around.now = [this] { return options.clock(); };
    around.find = [this](std::string_view wanted, contract of) -> result<gate_ptr> {
        auto found = components.find(wanted);
        if (!found) return found.error();
        if ((*found)->entrance->contract() == of) return (*found)->entrance;
        return refuse(errc::contract_mismatch, phase::none,
                      "\"{}\" implements the contract {} {}, asked for was {} {}; ask for its own contract",
                      wanted, (*found)->entrance->contract().name, (*found)->entrance->contract().number,
                      of.name, of.number);
    };
    return around;
}

result<runtime::implementation::claim> runtime::implementation::claim_slot(std::string_view name,
                                                                           step_recorder& steps) {
    auto found = components.find(name);
    if (!found) return steps.refused(found.error());
    if ((*found)->entrance->held_by_this_thread()) {
        steps.mark_old_serving();
        return steps.refused(
            refuse(errc::would_deadlock, phase::none,
                   "this thread holds a lease on the component, so the operation would wait for "
                   "itself; give the lease back first, or operate from another thread"));
    }
    claim claimed{*found, std::unique_lock((*found)->operation, std::try_to_lock)};
    if (!claimed.lock.owns_lock()) {
        steps.mark_old_serving();
        return steps.refused(
            refuse(errc::busy, phase::none,
                   "another operation is at work on the component; wait for it and try again"));
    }
    if (!claimed.slot->is_loaded()) return steps.refused(components.find("").error());
    claimed.slot->at_work = true;
    return claimed;
}

// A family name, a file, or a file's name in the modules directory.
result<fs::path> runtime::implementation::find_module(fs::path const& wanted, std::string_view family) const {
    if (wanted.empty()) return newest_module(options.modules, family);
    bool const names_file = wanted.has_parent_path() || wanted.extension() == ".so";
    if (!names_file) return newest_module(options.modules, wanted.string());
    std::error_code error;
    if (!wanted.has_parent_path() && !fs::exists(wanted, error)) return options.modules / wanted;
    return wanted;
}

result<replacement> runtime::implementation::choose(slot const& in, swap_options const& wanted) {
    auto file = find_module(wanted.module, in.family);
    if (!file) return file.error();
    replacement by;
    by.file = *file;
    by.name = file->filename().string();
    by.source = std::move(*file);
    by.transfer = wanted.transfer;
    by.drain_deadline = wanted.drain_deadline;
    by.pause_budget = wanted.pause_budget;
    by.allow_loss = wanted.allow_loss;
    by.arguments = &wanted.arguments;
    by.rehearse = wanted.rehearse;
    by.rehearsals = &trials;
    return by;
}

result<runtime::gate_ptr> runtime::implementation::load(std::string_view name, contract wanted,
                                                        load_options const& how, step_recorder& steps) {
    if (name.empty() || name.size() > 63)
        return steps.refused(refuse(errc::invalid_argument, phase::none,
                                    "a component's name has 1 to 63 characters, this one has {}",
                                    name.size()));
    auto const file = find_module(how.module, name);
    if (!file) return steps.refused(file.error(), phase::stage);
    auto made = std::make_shared<slot>(std::string(name), wanted, surroundings_of(std::string(name)));
    if (auto reserved = components.reserve(made); !reserved) return steps.refused(reserved.error());
    std::lock_guard const operating(made->operation);
    auto loaded = guarded<void>(steps, [&] { return load_first(*made, staging, *file, how, steps); });
    if (!loaded) {
        made->entrance->end();
        components.remove(name);
        return loaded.error();
    }
    components.announce(name);
    return made->entrance;
}

// Callers still inside keep their code, and what it may ask of the host: unmapping it would end the process.
bool runtime::implementation::shut_down(std::shared_ptr<slot> in) noexcept {
    std::lock_guard const operating(in->operation);
    if (!in->is_loaded()) return true;
    in->entrance->end();
    bool const drained =
        !in->entrance->held_by_this_thread() &&
        in->entrance->wait_until_drained(std::chrono::steady_clock::now() + default_drain_deadline);
    if (!drained) {
        in->abandon_running();
        return false;
    }
    in->runner().stop();
    in->retire(in->exchange(nullptr));
    in->sweep_retained();
    return !in->has_pins();
}

runtime::runtime(runtime_options&& options, char const* helper)
    : self_(std::make_unique<implementation>(std::move(options), helper)) {}

runtime::~runtime() {
    bool all_gone = true;
    for (auto const& slot : self_->components.all()) all_gone = implementation::shut_down(slot) && all_gone;
    all_gone = self_->components.sweep_removed() && all_gone;
    if (all_gone) return;
    self_->events.publish(
        {std::chrono::system_clock::now(),
         level::error,
         "",
         "unload",
         phase::retire,
         outcome::failed,
         {},
         "the runtime is destroyed while its components are in use: their code stays mapped"});
    static_cast<void>(self_.release());
}

result<runtime::gate_ptr> runtime::load_gate(std::string_view name, contract wanted,
                                             load_options const& options) {
    step_recorder steps(self_->sink, std::string(name), "load");
    return self_->guarded<gate_ptr>(steps, [&] { return self_->load(name, wanted, options, steps); });
}

result<runtime::gate_ptr> runtime::find_gate(std::string_view name, contract wanted) const {
    auto found = self_->components.find(name);
    if (!found) return found.error();
    auto const& entrance = (*found)->entrance;
    if (entrance->contract() == wanted) return entrance;
    auto why = refuse(errc::contract_mismatch, phase::none,
                      "it implements the contract {} {}, asked for was {} {}; ask for its own contract",
                      entrance->contract().name, entrance->contract().number, wanted.name, wanted.number);
    why.component = name;
    why.old_serving = true;
    return why;
}

result<swap_report> runtime::swap(std::string_view name, swap_options const& options) {
    return self_->operate<swap_report>(name, "swap",
                                       [&](slot& in, step_recorder& steps) -> result<swap_report> {
                                           steps.mark_old_serving();
                                           auto by = self_->choose(in, options);
                                           if (!by) return steps.refused(by.error(), phase::stage);
                                           return replace(in, self_->staging, *by, steps);
                                       });
}

result<swap_plan> runtime::plan(std::string_view name, swap_options const& options) {
    return self_->operate<swap_plan>(name, "plan", [&](slot& in, step_recorder& steps) -> result<swap_plan> {
        steps.mark_old_serving();
        auto by = self_->choose(in, options);
        if (!by) return steps.refused(by.error(), phase::stage);
        return make_plan(in, self_->staging, *by, steps);
    });
}

result<swap_report> runtime::revert(std::string_view name, revert_options const& options) {
    return self_->operate<swap_report>(
        name, "revert", [&](slot& in, step_recorder& steps) -> result<swap_report> {
            steps.mark_old_serving();
            auto const& before = in.previous();
            if (!before.module)
                return steps.refused(
                    refuse(errc::not_reversible, phase::plan,
                           "there is no generation before the running one; swap() to a release of your "
                           "choice instead"),
                    phase::plan);
            replacement by;
            by.file = before.module->staged().path();
            by.name = before.module->staged().name();
            by.source = before.source;
            by.drain_deadline = options.drain_deadline;
            by.pause_budget = options.pause_budget;
            by.allow_loss = options.allow_loss;
            by.arguments = &options.arguments;
            auto done = replace(in, self_->staging, by, steps);
            if (done || done.error().code != errc::no_migration_path) return done;
            auto why = done.error();
            why.code = errc::not_reversible;
            return why;
        });
}

result<swap_report> runtime::restore(std::string_view name, std::span<std::byte const> frame,
                                     restore_options const& options) {
    return self_->operate<swap_report>(name, "restore", [&](slot& in, step_recorder& steps) {
        return detail::restore(in, frame, options, steps);
    });
}

result<std::vector<std::byte>> runtime::snapshot(std::string_view name) {
    return self_->operate<std::vector<std::byte>>(
        name, "snapshot", [&](slot& in, step_recorder& steps) { return take_snapshot(in, steps); });
}

result<unload_report> runtime::unload(std::string_view name) {
    return self_->operate<unload_report>(name, "unload", [&](slot& in, step_recorder& steps) {
        auto report = detail::unload(in, steps);
        if (report) self_->components.remove(name);
        return report;
    });
}

std::vector<component_status> runtime::status() const {
    std::vector<component_status> all;
    self_->components.sweep_removed();
    for (auto const& in : self_->components.all()) {
        in->sweep_retained();
        auto facts = in->facts();
        auto const of = in->entrance->contract();
        all.push_back({in->entrance->name(), std::string(of.name) + " " + std::to_string(of.number),
                       std::move(facts.schema), std::move(facts.running), std::move(facts.source),
                       std::move(facts.previous_release), in->at_work, facts.swaps,
                       std::move(facts.retained)});
    }
    return all;
}

subscription runtime::subscribe(std::function<void(event const&)> f) {
    return static_cast<subscription>(self_->events.add(std::move(f)));
}

void runtime::unsubscribe(subscription which) noexcept {
    self_->events.remove(static_cast<std::uint64_t>(which));
}

}  // namespace hotswap
