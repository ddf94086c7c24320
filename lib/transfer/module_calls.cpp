#include "transfer/module_calls.hpp"

#include "base/refuse.hpp"

#include <string_view>
#include <utility>

namespace hotswap::detail {

namespace {

abi::bytes as_bytes(std::span<std::byte const> span) { return {span.data(), span.size()}; }

// These refuse the object; its serialized form may still be readable.
bool is_about_reading(abi::status outcome) noexcept {
    return outcome == abi::status::bad_snapshot || outcome == abi::status::unsupported;
}

failure not_serialized(loaded_module const& of, abi::status outcome, abi::error const& why) {
    if (outcome == abi::status::bad_snapshot || outcome == abi::status::out_of_memory)
        return refuse(errc::export_failed, phase::export_, "serializing the running state: {} threw: {}",
                      of.staged().name(), words(why));
    return answered(of, outcome, why, errc::export_failed, phase::export_, "serializing the running state");
}

result<owned_state> upgrade(loaded_module const& to, abi::old_state from, argument_view const& arguments,
                            owned_remains& left, abi::status& outcome, abi::error& why) {
    void* made = nullptr;
    void* used_up = nullptr;
    outcome = to.api().upgrade_state(from, arguments.get(), &made, &used_up, &why);
    if (outcome != abi::status::ok)
        return answered(to, outcome, why, errc::migration_failed, phase::migrate, "reading the state");
    left = owned_remains(used_up, to.api().free_remains);
    return owned_state(made, to.api().destroy_state);
}

}  // namespace

failure answered(loaded_module const& module, abi::status outcome, abi::error const& why, errc usual,
                 phase at, std::string_view doing) {
    return answered(module.staged().name(), outcome, why, usual, at, doing);
}

failure answered(std::string_view name, abi::status outcome, abi::error const& why, errc usual, phase at,
                 std::string_view doing) {
    switch (outcome) {
        case abi::status::migration_failed:
            return refuse(errc::migration_failed, at,
                          "the migration {} → {} of {} threw: {}; fix the migration, or the data it rejects",
                          why.from, why.to, name, words(why));
        case abi::status::bad_snapshot:
            return refuse(errc::bad_snapshot, at, "{}: {} could not read the state: {}; use another snapshot",
                          doing, name, words(why));
        case abi::status::unsupported:
            return refuse(errc::no_migration_path, at, "{}: {} refused: {}; load a release in between first",
                          doing, name, words(why));
        case abi::status::out_of_memory:
            return refuse(errc::out_of_memory, at, "{}: {} ran out of memory; free some, and try again",
                          doing, name);
        default:
            return refuse(usual, at, "{}: {} threw: {}", doing, name, words(why));
    }
}

argument_view::argument_view(arguments const& from) {
    items_.reserve(from.size());
    for (auto const& [name, value] : from)
        items_.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
    list_ = {items_.data(), items_.size()};
}

result<void> export_state(loaded_module const& of, void const* state, std::uint32_t version,
                          argument_view const& arguments, abi::sink* out) {
    abi::error why;
    auto const outcome = of.api().export_state(state, version, arguments.get(), out, &why);
    if (outcome == abi::status::ok) return {};
    return not_serialized(of, outcome, why);
}

result<owned_state> create_state(loaded_module const& to) {
    abi::error why;
    void* made = nullptr;
    auto const outcome = to.api().create_state(&made, &why);
    if (outcome != abi::status::ok)
        return answered(to, outcome, why, errc::construct_failed, phase::construct, "making a default state");
    return owned_state(made, to.api().destroy_state);
}

result<owned_state> import_state(loaded_module const& to, std::uint32_t version,
                                 std::span<std::byte const> payload, argument_view const& arguments) {
    abi::error why;
    void* made = nullptr;
    auto const outcome = to.api().import_state(version, as_bytes(payload), arguments.get(), &made, &why);
    if (outcome != abi::status::ok)
        return answered(to, outcome, why, errc::migration_failed, phase::migrate, "reading the state");
    return owned_state(made, to.api().destroy_state);
}

result<owned_state> upgrade_state(loaded_module const& to, abi::old_state from,
                                  argument_view const& arguments, owned_remains& left) {
    abi::status outcome = abi::status::ok;
    abi::error why;
    return upgrade(to, from, arguments, left, outcome, why);
}

result<owned_state> upgrade_object(loaded_module const& to, std::uint32_t version, void const* object,
                                   argument_view const& arguments, owned_remains& left, bool& is_readable) {
    abi::status outcome = abi::status::ok;
    abi::error why;
    auto made = upgrade(to, {version, {}, object}, arguments, left, outcome, why);
    is_readable = !is_about_reading(outcome);
    if (!is_readable) return refuse(errc::bad_snapshot, phase::migrate, "{}", words(why));
    return made;
}

result<void*> downgrade_object(loaded_module const& of, void const* state, std::uint32_t version,
                               argument_view const& arguments, bool lends, owned_remains& left,
                               bool& is_readable) {
    abi::error why;
    void* made = nullptr;
    void* used_up = nullptr;
    auto const outcome =
        of.api().downgrade_state(state, version, arguments.get(), lends, &made, &used_up, &why);
    is_readable = !is_about_reading(outcome);
    if (!is_readable) return refuse(errc::bad_snapshot, phase::export_, "{}", words(why));
    if (outcome != abi::status::ok) return not_serialized(of, outcome, why);
    left = owned_remains(used_up, of.api().free_remains);
    return made;
}

result<owned_state> adopt_state(loaded_module const& to, std::span<std::byte const> legacy,
                                argument_view const& arguments) {
    if (to.api().adopt == nullptr)
        return refuse(
            errc::adopt_failed, phase::migrate,
            "{} cannot read data from before hotswap: its component class has no adopt(); give it one, or "
            "load without load_options::legacy",
            to.staged().name());
    abi::error why;
    void* made = nullptr;
    auto const outcome = to.api().adopt(as_bytes(legacy), arguments.get(), &made, &why);
    if (outcome != abi::status::ok)
        return answered(to, outcome, why, errc::adopt_failed, phase::migrate,
                        "adopting data from before hotswap");
    return owned_state(made, to.api().destroy_state);
}

failure refused_by_validate(std::string_view name, abi::error const& why) {
    return refuse(errc::validation_failed, phase::migrate,
                  "validate() of {} refuses the state: {}; fix the state or the migration that made it", name,
                  words(why));
}

std::string lookup_difference(loaded_module const& to, void const* state) {
    if (to.api().check_lookups == nullptr) return {};
    abi::error why;
    auto const outcome = to.api().check_lookups(state, &why);
    return outcome == abi::status::ok ? std::string{} : std::string(words(why));
}

std::string heap_difference(loaded_module const& running, loaded_module const& next) {
    if (running.api().allocate == next.api().allocate) return {};
    return "its code has another operator new than the running code";
}

result<void> validate_state(loaded_module const& to, void const* state) {
    if (to.api().validate_state == nullptr) return {};
    abi::error why;
    auto const outcome = to.api().validate_state(state, &why);
    if (outcome == abi::status::ok) return {};
    return refused_by_validate(to.staged().name(), why);
}

result<owned_instance> construct(generation& on, void* state) {
    abi::error why;
    abi::instance made;
    auto const outcome =
        on.module->api().create_instance(&host_services::api(), on.services->context(), state, &made, &why);
    if (outcome != abi::status::ok)
        return answered(*on.module, outcome, why, errc::construct_failed, phase::construct,
                        "constructing the component on its state");
    return owned_instance(made, on.module->api().destroy_instance);
}

std::unique_ptr<generation> begin_generation(slot& slot, std::shared_ptr<loaded_module> module,
                                             std::filesystem::path source, shared_settings settings) {
    if (!settings && slot.is_loaded()) settings = slot.running().services->settings();
    auto made = std::make_unique<generation>();
    made->number = slot.next_number();
    made->contract = slot.is_loaded() ? slot.running().contract : served_contract(slot.gate()->contract());
    made->source = std::move(source);
    made->module = module_use(std::move(module));
    made->services =
        std::make_unique<host_services>(slot.host(), slot.runner(), made->source, std::move(settings));
    return made;
}

}  // namespace hotswap::detail
