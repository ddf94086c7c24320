#include "programs/rehearse/running_module.hpp"

#include "module/brought_libraries.hpp"
#include "programs/rehearse/module_entry.hpp"
#include "programs/rehearse/reporter.hpp"

#include <dlfcn.h>
#include <signal.h>
#include <time.h>

#include <exception>
#include <string>
#include <utility>

namespace hotswap::rehearse {

namespace wire = detail::wire;
using wire::stage;

namespace {

/// Ends the process when the time is over, regardless of the module's signal handling.
class time_limit {
public:
    explicit time_limit(std::int64_t nanoseconds) noexcept {
        sigevent what{};
        what.sigev_notify = SIGEV_SIGNAL;
        what.sigev_signo = SIGKILL;
        is_set_ = timer_create(CLOCK_MONOTONIC, &what, &timer_) == 0;
        if (!is_set_) return;  // the host's deadline still applies
        constexpr std::int64_t second = 1'000'000'000;
        itimerspec once{};
        once.it_value.tv_sec = nanoseconds / second;
        once.it_value.tv_nsec = nanoseconds % second;
        timer_settime(timer_, 0, &once, nullptr);
    }
    ~time_limit() {
        if (is_set_) timer_delete(timer_);
    }
    time_limit(time_limit const&) = delete;
    time_limit& operator=(time_limit const&) = delete;

private:
    timer_t timer_{};
    bool is_set_ = false;
};

[[noreturn]] void end_with(std::string_view words) {
    reporter::say(wire::kind::uncaught, 0, 0, words);
    reporter::end();
}

}  // namespace

running_module::running_module(char const* path, wire::request const& wanted,
                               wire::request_parts const& parts, wire::next_to how)
    : wanted_(wanted),
      settings_(read_arguments(wanted.running_setting_count, parts.running_settings)),
      host_(wanted.now, as_text(parts.running_origin), {settings_.data(), settings_.size()}, false) {
    time_limit const limited(wanted.running_deadline);
    if (!load(path)) return;
    if (how == wire::next_to::loaded || (import(parts) && construct())) say({});
    // Memory used up by the running module is not used up by the next one.
    reporter::watch_memory();
}

void running_module::say(std::string_view words) const {
    auto const what = instance_.object != nullptr ? wire::next_to::constructed
                      : functions_ != nullptr     ? wire::next_to::loaded
                                                  : wire::next_to::nothing;
    reporter::say(wire::kind::running, static_cast<std::uint32_t>(what), 0, words);
}

// An exception of a static constructor has passed through the linker, which must not be called after that.
bool running_module::load(char const* path) {
    stage_clock const timed(stage::load_running);
    try {
        library_ = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    } catch (std::exception const& e) {
        end_with(e.what());
    } catch (...) {
        end_with("an exception that is not a std::exception");
    }
    if (library_ == nullptr) {
        char const* const words = dlerror();
        say(words == nullptr ? "no reason was given" : words);
        return false;
    }
    detail::keep_libraries_of(library_);
    code_ = watched_module::of(library_);
    functions_ = find_functions(library_);
    if (functions_ == nullptr) say("it does not export hotswap_module in the form that this release knows");
    return functions_ != nullptr;
}

bool running_module::has_refused(abi::status outcome, abi::error const& why) {
    if (outcome == abi::status::ok) return false;
    say({why.message, why.size});
    return true;
}

bool running_module::import(wire::request_parts const& parts) {
    stage_clock const timed(stage::import_running);
    abi::error why;
    auto const on = static_cast<wire::running_on>(wanted_.running_state);
    if (on == wire::running_on::default_state)
        return !has_refused(functions_->create_state(&state_, &why), why);
    auto const from = on == wire::running_on::payload_of_its_own ? parts.running_payload : parts.payload;
    auto const arguments = read_arguments(wanted_.argument_count, parts.arguments);
    abi::argument_list const list{arguments.data(), arguments.size()};
    return !has_refused(
        functions_->import_state(wanted_.running_version, {from.data(), from.size()}, &list, &state_, &why),
        why);
}

bool running_module::construct() {
    stage_clock const timed(stage::construct_running);
    abi::error why;
    return !has_refused(
        functions_->create_instance(&host_context::api(), host_.context(), state_, &instance_, &why), why);
}

void running_module::release() {
    if (instance_.object == nullptr || functions_->release_instance == nullptr) return;
    time_limit const limited(wanted_.running_deadline);
    stage_clock const timed(stage::release_running);
    abi::error why;
    if (functions_->release_instance(instance_.object, &why) == abi::status::ok) return;
    std::string words = "its release() threw: ";
    words.append(why.message, why.size);
    say(words);
}

void running_module::retire(leftovers& watched) {
    time_limit const limited(wanted_.running_deadline);
    stage_clock const timed(stage::retire_running);
    watched.before_running_goes();
    host_.drop_work();
    if (instance_.object != nullptr) functions_->destroy_instance(std::exchange(instance_, {}).object);
    if (state_ != nullptr) functions_->destroy_state(std::exchange(state_, nullptr));
    bool const can_go = watched.after_running_went(code_.code);
    if (library_ != nullptr && can_go && wanted_.running_stays == 0 && !code_.stays()) dlclose(library_);
    watched.refuse_lost_descriptors();
}

}  // namespace hotswap::rehearse
