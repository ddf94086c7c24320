#include "programs/rehearse/rehearse_module.hpp"

#include "module/brought_libraries.hpp"
#include "module/loaded_note.hpp"
#include "programs/rehearse/confinement.hpp"
#include "programs/rehearse/host_context.hpp"
#include "programs/rehearse/leftovers.hpp"
#include "programs/rehearse/module_entry.hpp"
#include "programs/rehearse/reporter.hpp"
#include "programs/rehearse/running_module.hpp"
#include "transfer/byte_buffer.hpp"

#include <hotswap/detail/abi/module_api.hpp>

#include <boost/archive/basic_archive.hpp>

#include <dlfcn.h>

#include <cstring>
#include <exception>
#include <optional>
#include <string_view>

namespace hotswap::rehearse {

namespace wire = detail::wire;
using wire::stage;

namespace {

// Modules bind to the host's copy of Boost.Serialization; in the helper they find this one.
[[gnu::used]] constinit auto* const keeps_serialization_linked = &boost::archive::BOOST_ARCHIVE_SIGNATURE;

void expect(abi::status outcome, abi::error const& why) {
    if (outcome == abi::status::ok) return;
    reporter::say_answer(outcome, why);
    reporter::end();
}

[[noreturn]] void refuse_as(wire::kind what, std::string_view words) {
    reporter::say(what, 0, 0, words);
    reporter::end();
}

void* load(char const* path) {
    stage_clock const timed(stage::load);
    try {
        if (void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL)) return library;
    } catch (std::exception const& e) {
        refuse_as(wire::kind::uncaught, e.what());
    } catch (...) {
        refuse_as(wire::kind::uncaught, "an exception that is not a std::exception");
    }
    char const* const words = dlerror();
    refuse_as(wire::kind::unloadable, words == nullptr ? "no reason was given" : words);
}

abi::module_api const& functions_of(void* library) {
    auto const* const api = find_functions(library);
    if (api == nullptr)
        refuse_as(wire::kind::unloadable,
                  "it does not export hotswap_module in the form that this release knows");
    return *api;
}

void* import(abi::module_api const& module, wire::request const& wanted, wire::request_parts const& parts) {
    stage_clock const timed(stage::import);
    auto const arguments = read_arguments(wanted.argument_count, parts.arguments);
    abi::argument_list const list{arguments.data(), arguments.size()};
    auto const payload = parts.payload;
    abi::error why;
    void* state = nullptr;
    if (wanted.on_default_state != 0)
        expect(module.create_state(&state, &why), why);
    else
        expect(module.import_state(wanted.version, {payload.data(), payload.size()}, &list, &state, &why),
               why);
    return state;
}

void validate(abi::module_api const& module, void const* state) {
    if (module.validate_state == nullptr) return;
    stage_clock const timed(stage::validate);
    abi::error why;
    expect(module.validate_state(state, &why), why);
}

abi::instance construct(abi::module_api const& module, host_context& host, void* state) {
    stage_clock const timed(stage::construct);
    abi::error why;
    abi::instance made;
    expect(module.create_instance(&host_context::api(), host.context(), state, &made, &why), why);
    return made;
}

void check_health(abi::module_api const& module, void* object) {
    if (module.check_health == nullptr) return;
    stage_clock const timed(stage::check_health);
    abi::error why;
    bool healthy = false;
    expect(module.check_health(object, &healthy, &why), why);
    if (!healthy) refuse_as(wire::kind::misbehaved, "reports that it is not healthy (healthy() is false)");
}

/// The version of the module's own state. The note is found by program headers, as in the file: a tool may
/// have moved it away from the target of `module_api::self`.
std::uint32_t own_version(void* library) {
    auto const note = detail::note_in_memory(library, abi::note_name, abi::note_type);
    if (!note || note->size() < sizeof(abi::descriptor))
        refuse_as(wire::kind::unloadable, "its descriptor in memory differs from the one in the file");
    abi::descriptor said;
    std::memcpy(static_cast<void*>(&said), note->data(), sizeof said);
    return said.schema_version;
}

void write_back(abi::module_api const& module, std::uint32_t version, void const* state) {
    stage_clock const timed(stage::export_);
    abi::argument_list const none{};
    abi::error why;
    detail::byte_buffer written;
    expect(module.export_state(state, version, &none, written.sink(), &why), why);
}

[[noreturn]] void end_well() {
    reporter::say(wire::kind::peak_memory, 0, peak_memory());
    reporter::say(wire::kind::passed);
    reporter::end();
}

}  // namespace

void rehearse_module(tried_files const& files, wire::request const& wanted, std::span<std::byte const> rest) {
    auto const parts = wire::request_parts::of(wanted, rest).value_or(wire::request_parts{});
    auto const settings = read_arguments(wanted.setting_count, parts.settings);
    host_context host(wanted.now, as_text(parts.origin), {settings.data(), settings.size()}, true);
    leftovers watched;
    std::optional<running_module> running;
    if (files.how != wire::next_to::nothing) {
        auto const before = taken_so_far::now();
        running.emplace(files.running, wanted, parts, files.how);
        watched.admit_running();
        make_room_for_next(wanted, before);
    }
    if (files.how == wire::next_to::alone) {
        running->release();
        running->retire(watched);
        end_well();
    }
    void* const library = load(files.next);
    detail::keep_libraries_of(library);  // as the host does
    watched.watch(library);
    watched.refuse_lost_descriptors();
    auto const& module = functions_of(library);
    void* const state = import(module, wanted, parts);
    validate(module, state);
    if (running) running->release();
    auto const made = construct(module, host, state);
    if (running) running->retire(watched);
    check_health(module, made.object);
    write_back(module, own_version(library), state);
    {
        stage_clock const timed(stage::destroy);
        host.drop_work();
        module.destroy_instance(made.object);
        module.destroy_state(state);
    }
    watched.refuse_anything_left();
    watched.say_what_is_left();
    if (!watched.module_stays()) {
        stage_clock const timed(stage::unload);
        dlclose(library);
    }
    watched.refuse_anything_left();
    end_well();
}

}  // namespace hotswap::rehearse
