#include "runtime/module_watch.hpp"

#include "module/arrived_module.hpp"
#include "runtime/guarded.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace hotswap::detail {

module_watch::module_watch(runtime_options const& options, registry const& components, set_operations& sets,
                           event_sink const& sink)
    : options_(options), components_(components), sets_(sets), sink_(sink) {
    auto const& directory = options.watch->directory.empty() ? options.modules : options.watch->directory;
    auto files = directory_watch::open(directory);
    if (!files) {
        say(level::error, {}, files.error().message);
        return;
    }
    thread_ = library_thread(thread_name("watch"),
                             [this, files = std::move(*files)]() mutable noexcept { run(std::move(files)); });
}

void module_watch::stop() noexcept {
    stop_.request_stop();
    thread_.join();
}

void module_watch::run(directory_watch files) noexcept {
    while (!stop_.stop_requested()) {
        try {
            for (auto const& each :
                 files.wait(options_.watch->settle, stop_.get_token(), std::exchange(waiting_, {})))
                if (!consider(each)) waiting_.insert(each);
        } catch (std::exception const& error) {
            try {
                say(level::error, {},
                    fmt::format("a module that arrived could not be looked at: {}", error.what()));
            } catch (std::exception const&) {
                // There is no memory, not even for an event: the next arrival may find some.
            }
        }
    }
}

void module_watch::say(level severity, std::string const& component, std::string message) const {
    event what;
    what.time = std::chrono::system_clock::now();
    what.level = severity;
    what.component = component;
    what.operation = operation::watch;
    what.message = std::move(message);
    sink_(what);
}

bool module_watch::consider(std::filesystem::path const& file) {
    auto const found = judge_arrival(file, options_.trust, true);
    if (!found.is_module) return true;
    if (!found.ignored.empty()) {
        say(level::warning, {}, fmt::format("{} is ignored: {}", file.native(), found.ignored));
        return true;
    }
    bool is_of_any = false;
    bool is_done = true;
    for (auto const& slot : components_.all()) {
        if (slot->family() != found.family) continue;
        is_of_any = true;
        is_done = swap_to(*slot, file, found.release) && is_done;
    }
    if (!is_of_any)
        say(level::info, {},
            fmt::format("{} is ignored: no component that runs is of the family {}", file.native(),
                        found.family));
    return is_done;
}

bool module_watch::swap_to(slot const& of, std::filesystem::path const& file, std::string const& release) {
    auto one = options_.watch->swap;
    set_options const shared{one.drain_deadline, one.pause_budget, one.probation, stop_.get_token()};
    swap_options const usual;
    one.drain_deadline = usual.drain_deadline;
    one.pause_budget = usual.pause_budget;
    one.probation = usual.probation;
    one.stop = {};
    one.module = file;
    one.unless_sent_back = true;
    auto const done = sets_.swap({{of.name(), std::move(one)}}, shared);
    if (done && !done->components.front().same_content)
        say(level::info, of.name(), fmt::format("{} has arrived, and {} serves", file.native(), release));
    if (done) return true;
    if (done.error().code == errc::busy) return false;
    say(level::warning, of.name(),
        fmt::format("{} has arrived and is not used: {}", file.native(), done.error().message));
    return true;
}

}  // namespace hotswap::detail
