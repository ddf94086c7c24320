#include "transfer/table_copy.hpp"

#include "base/refuse.hpp"
#include "transfer/module_calls.hpp"

#include <string>

namespace hotswap::detail {

namespace {

// On a downgrade one module walks the path, and another continues at its end.
result<owned_state> state_of(outline const& arrived, loaded_module const& to) {
    abi::error why;
    void* made = nullptr;
    auto const outcome = to.api().import_outline(arrived.view(), &made, &why);
    if (outcome != abi::status::ok)
        return answered(to, outcome, why, errc::migration_failed, phase::migrate, "reading the state");
    return owned_state(made, to.api().destroy_state);
}

}  // namespace

result<outline> outline_of(generation const& from) {
    outline made;
    abi::error why;
    auto const outcome =
        from.module->api().outline_state(from.state.get(), made.plain(), made.tables(), &why);
    if (outcome == abi::status::ok) return made;
    return refuse(errc::export_failed, phase::export_, "serializing the running state: {} threw: {}",
                  from.module->staged().name(), words(why));
}

result<copy_answer> table_copy::begin(std::shared_ptr<loaded_module> migrator, std::uint32_t from,
                                      std::uint32_t to, outline const& of, argument_view const& arguments,
                                      abi::copy_progress& expected) {
    end();
    migrator_ = module_use(std::move(migrator));
    abi::error why;
    auto const outcome =
        migrator_->api().begin_copy(from, to, of.view(), arguments.get(), &copy_, &expected, &why);
    if (outcome == abi::status::ok) return copy_answer{true};
    copy_ = nullptr;
    if (outcome == abi::status::not_recorded) return copy_answer{false, std::string(words(why))};
    return answered(*migrator_, outcome, why, errc::migration_failed, phase::precopy, "reading the state");
}

result<bool> table_copy::advance(std::chrono::nanoseconds length, abi::copy_progress& progress) {
    abi::error why;
    bool complete = false;
    auto const outcome = migrator_->api().advance_copy(copy_, length.count(), &complete, &progress, &why);
    if (outcome == abi::status::ok) return complete;
    return answered(*migrator_, outcome, why, errc::migration_failed, phase::precopy, "copying tables");
}

result<copy_answer> table_copy::finish(outline const& of, argument_view const& arguments,
                                       loaded_module const& to, owned_state& made) {
    abi::error why;
    bool const is_migrator = &to == migrator_.get();
    outline arrived;
    void* state = nullptr;
    auto const outcome =
        migrator_->api().finish_copy(copy_, of.view(), arguments.get(), is_migrator ? &state : nullptr,
                                     arrived.plain(), arrived.tables(), &why);
    if (outcome == abi::status::stale || outcome == abi::status::not_recorded)
        return copy_answer{false, std::string(words(why))};
    if (outcome != abi::status::ok)
        return answered(*migrator_, outcome, why, errc::migration_failed, phase::migrate,
                        "reading the state");
    if (is_migrator) {
        made = owned_state(state, to.api().destroy_state);
        return copy_answer{true};
    }
    auto read = state_of(arrived, to);
    if (!read) return read.error();
    // The rows lie where the walking module looks for them; `to` may look in another place.
    if (auto differs = lookup_difference(to, read->get()); !differs.empty())
        return copy_answer{false, std::move(differs), true};
    made = std::move(*read);
    return copy_answer{true};
}

void table_copy::end() noexcept {
    if (copy_ != nullptr) migrator_->api().end_copy(std::exchange(copy_, nullptr));
    migrator_ = {};
}

}  // namespace hotswap::detail
