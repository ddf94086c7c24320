// A component without a module: its class, constructed in a test on a state, as a runtime constructs it.
#pragma once

#include <hotswap/detail/testing/fake_host.hpp>
#include <hotswap/detail/testing/module_calls.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace hotswap::testing {

/// How a component goes to another release.
struct swap_to_options {
    hotswap::arguments arguments{};  ///< for the migrations
    bool allow_loss = false;         ///< permits downgrades that are marked lossy
};

/// An object of the component class `T` without a module: validated and constructed on a state by the
/// functions that a module of `T` has, so that a test runs the code that a swap runs.
///
///     hotswap::testing::component<counter_2> counter;             // on a fresh state, with its own fake host
///     counter->add("a", 1);
///     auto older = counter.swap_to<counter_1>();                  // down, and the old object is gone
///     CHECK(older->add("a", 1) == 2);
///
/// Errors:   throws swap_error, with the code that a runtime would answer; a refused swap leaves the component
///           as it was.
/// Threads:  [quiesced] for its own members: unlike a runtime, no gate holds calls back.
/// Lifetime: ends before its fake host, unless it made its own.
template <class T>
class component {
public:
    using state_type = typename T::state;
    using contract_type = sdk::contract_of<T>;

    /// On a fresh state, with a fake host of its own.
    component() : component(std::make_shared<fake_host>(), calls::fresh_state()) {}
    /// On `state`, with a fake host of its own.
    explicit component(state_type state)
        : component(std::make_shared<fake_host>(), new state_type(std::move(state))) {}
    /// On a fresh state.
    explicit component(fake_host& host) : component(lent(host), calls::fresh_state()) {}
    component(fake_host& host, state_type state) : component(lent(host), new state_type(std::move(state))) {}

    /// On the state of a snapshot of this or an older version: imported, migrated, validated.
    static component load(fake_host& host, std::span<std::byte const> snapshot,
                          hotswap::arguments const& with = {}) {
        frame const read = read_frame(snapshot).value();
        detail::check_origin_in_test(detail::described_class<T>, read.schema, read.version, read.layout);
        return component(lent(host),
                         calls::import_state(read.version, {read.payload.data(), read.payload.size()}, with));
    }
    static component load(std::span<std::byte const> snapshot, hotswap::arguments const& with = {}) {
        return with_own_host([&](fake_host& host) { return load(host, snapshot, with); });
    }
    /// On data from before hotswap, by the class's `adopt`.
    static component adopt(fake_host& host, std::span<std::byte const> legacy,
                           hotswap::arguments const& with = {}) {
        return component(lent(host), calls::adopt(legacy, with));
    }
    static component adopt(std::span<std::byte const> legacy, hotswap::arguments const& with = {}) {
        return with_own_host([&](fake_host& host) { return adopt(host, legacy, with); });
    }

    component(component&& other) noexcept
        : host_(std::move(other.host_)),
          seat_(std::exchange(other.seat_, nullptr)),
          state_(std::exchange(other.state_, nullptr)),
          instance_(std::exchange(other.instance_, {})) {}
    component& operator=(component&& other) noexcept {
        if (this == &other) return *this;
        destroy();
        host_ = std::move(other.host_);
        seat_ = std::exchange(other.seat_, nullptr);
        state_ = std::exchange(other.state_, nullptr);
        instance_ = std::exchange(other.instance_, {});
        return *this;
    }
    ~component() { destroy(); }

    /// The contract, for calls.
    /// Errors:   throws std::logic_error if the component was swapped to another release or moved from.
    contract_type* operator->() const {
        expect_live();
        return static_cast<contract_type*>(instance_.contract);
    }
    contract_type& operator*() const { return *operator->(); }

    /// The object itself, for what the contract does not show.
    T& object() const {
        expect_live();
        return static_cast<typename calls::functions::live*>(instance_.object)->component;
    }
    state_type& state() const {
        expect_live();
        return *state_;
    }
    fake_host& host() const {
        expect_live();
        return *host_;
    }
    /// Whether the class says that it is healthy; true if it has no `healthy`.
    /// Errors:   exceptions of `healthy`.
    bool healthy() const {
        if constexpr (sdk::reports_health<T>)
            return object().healthy();
        else
            return expect_live(), true;
    }

    /// The state as a frame, as `runtime::snapshot` returns it.
    std::vector<std::byte> snapshot() const {
        auto const payload = calls::export_state(state(), version, {});
        std::vector<std::byte> bytes(frame_header_size + payload.size());
        if (!payload.empty()) std::memcpy(bytes.data() + frame_header_size, payload.data(), payload.size());
        auto const& about = detail::described_class<T>;
        seal_frame(bytes, {about.schema, version, detail::entry_of(about, version)->layout, {}});
        return bytes;
    }

    /// What the end of a host and `recover` do: writes the state, destroys object and state, reads the state
    /// again, validates it and constructs the object anew.
    /// Effects:  if that fails, the component is gone.
    void restart() {
        seat_->drain(true);
        auto const payload = calls::export_state(state(), version, {});
        auto const host = host_;
        destroy();
        *this = component(host, calls::import_state(version, {payload.data(), payload.size()}, {}));
    }

    /// What a swap to a module of the class `U` does with transfer::snapshot: writes the state, migrates it up
    /// along the history of `U` or down along that of `T`, validates it, constructs the object of `U`, and
    /// then destroys this one.
    /// Effects:  this component is empty afterwards. Its timers and posts are dropped.
    /// Errors:   as the class's; lossy_refused unless `allow_loss`.
    template <class U>
    [[nodiscard]] component<U> swap_to(swap_to_options const& how = {}) {
        static_assert(U::contract.name == T::contract.name,
                      "hotswap: a component is swapped to a class of the same contract");
        expect_live();
        std::uint32_t const exchange = way_to<U>(how.allow_loss);
        struct undo {
            component* self;
            bool released = false;
            ~undo() {
                if (self == nullptr) return;
                if (released) self->resume();
                self->seat_->drain(false);
            }
        } back{this};
        seat_->drain(true);
        auto const payload = calls::export_state(*state_, exchange, how.arguments);
        using next = detail::class_calls<U>;
        std::unique_ptr<typename U::state> read(
            next::import_state(exchange, {payload.data(), payload.size()}, how.arguments));
        back.released = true;
        calls::release(instance_.object);
        component<U> made(host_, read.release());
        back.self = nullptr;
        destroy();
        return made;
    }

private:
    template <class>
    friend class component;

    using calls = detail::class_calls<T>;
    static constexpr std::uint32_t version = sdk::component_class<T>::walk::version;

    // Owns `state` from here on.
    component(std::shared_ptr<fake_host> host, state_type* state)
        : host_(std::move(host)), seat_(&host_->take_seat()), state_(state) {
        try {
            calls::validate(*state_);
            instance_ = calls::construct(detail::fake_seat::api(), seat_, *state_);
        } catch (...) {
            // There is no instance; g++ 12 at -O2 (ipa-modref) leaves out the initializer of `instance_`.
            instance_ = {};
            destroy();
            throw;
        }
    }

    static std::shared_ptr<fake_host> lent(fake_host& host) { return {std::shared_ptr<void>(), &host}; }
    template <class Make>
    static component with_own_host(Make make) {
        auto own = std::make_shared<fake_host>();
        component made = make(*own);
        made.host_ = std::move(own);
        return made;
    }

    void expect_live() const {
        if (instance_.object == nullptr)
            throw std::logic_error(
                "this component is empty: it was swapped to another release, or moved from; use the "
                "component that swap_to returned");
    }

    // The version at which the state goes over: the newer class walks the path.
    template <class U>
    static std::uint32_t way_to(bool allow_loss) {
        auto const& from = detail::described_class<T>;
        auto const& to = detail::described_class<U>;
        std::uint32_t const target = to.schema_version;
        if (target >= version) {
            detail::check_origin_in_test(to, from.schema, version, detail::entry_of(from, version)->layout);
            return version;
        }
        if (target < from.oldest_back)
            detail::refuse_in_test(
                errc::no_migration_path, phase::plan,
                "the component keeps version " + std::to_string(version) + " and goes back to version " +
                    std::to_string(from.oldest_back) + " at the oldest; give it the downgrade " +
                    std::to_string(from.oldest_back) + " → " + std::to_string(from.oldest_back - 1));
        detail::check_origin_in_test(to, target == 0 ? "" : from.schema, target,
                                     detail::entry_of(from, target)->layout);
        for (std::uint32_t at = version; at != target && !allow_loss; --at)
            if ((detail::entry_of(from, at)->flags & abi::state_lossy) != 0)
                detail::refuse_in_test(errc::lossy_refused, phase::plan,
                                       "the downgrade " + std::to_string(at) + " → " +
                                           std::to_string(at - 1) +
                                           " is marked lossy by its author; set allow_loss");
        return target;
    }

    // As the runtime: the object serves without what it could not take back.
    void resume() noexcept {
        abi::error why;
        if (calls::resume(instance_.object, &why) != abi::status::ok)
            sdk::guarded(nullptr, [&] {
                seat_->services.log(level::error, "resume threw: " + std::string(why.message, why.size));
            });
    }

    void destroy() noexcept {
        if (seat_ != nullptr) seat_->retire();
        if (instance_.object != nullptr) calls::functions::destroy_instance(instance_.object);
        if (state_ != nullptr) calls::functions::destroy_state(state_);
        seat_ = nullptr;
        instance_ = {};
        state_ = nullptr;
    }

    std::shared_ptr<fake_host> host_;
    detail::fake_seat* seat_ = nullptr;
    state_type* state_ = nullptr;
    abi::instance instance_;
};

}  // namespace hotswap::testing
