// Migrations through the functions that a module gives to its host.
#include "state/module.hpp"

#include <hotswap/component.hpp>

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>

using hotswap::abi::status;
using hotswap_test::buffer;
using hotswap_test::decode;
using hotswap_test::encode;

namespace {

struct shop {
    static constexpr hotswap::contract contract{"demo.shop", 3};
    virtual ~shop() = default;
};

namespace v0 {
struct state {
    std::string lines;
};
}  // namespace v0
namespace v1 {
struct state {
    static constexpr hotswap::schema schema{"demo.shop", 1};
    std::map<std::string, int> items;
};
}  // namespace v1
namespace v2 {
struct state {
    static constexpr hotswap::schema schema{"demo.shop", 2};
    std::map<std::string, long> items;
    std::string currency;
};
}  // namespace v2
namespace v3 {
struct state {
    static constexpr hotswap::schema schema{"demo.shop", 3};
    std::map<std::string, long> items;
    std::string currency = "EUR";
    std::unique_ptr<int> discount;
};
}  // namespace v3

enum class trouble { none, runtime_error, bad_alloc, int_thrown, archive_error };
trouble up_1_2 = trouble::none;
trouble down_3_2 = trouble::none;
int steps = 0;

void make(trouble t) {
    ++steps;
    switch (t) {
        case trouble::none:
            return;
        case trouble::runtime_error:
            throw std::runtime_error("the price of \"tea\" is negative");
        case trouble::bad_alloc:
            throw std::bad_alloc();
        case trouble::int_thrown:
            throw 42;
        case trouble::archive_error:
            throw hotswap::archive_error("nested");
    }
}

v1::state split(v0::state&& old) {
    make(trouble::none);
    return {{{std::move(old.lines), 1}}};
}
v2::state widen(v1::state&& old, hotswap::arguments const& with) {
    make(up_1_2);
    auto const currency = with.find("currency");
    return {{old.items.begin(), old.items.end()}, currency == with.end() ? "EUR" : currency->second};
}
v3::state extend(v2::state old) noexcept {
    ++steps;
    return {std::move(old.items), std::move(old.currency), nullptr};
}
v2::state forget_discount(v3::state&& now) {
    make(down_3_2);
    return {std::move(now.items), std::move(now.currency)};
}
v1::state narrow(v2::state const& now, hotswap::arguments const& with) {
    make(trouble::none);
    if (with.contains("empty")) return {};
    return {{now.items.begin(), now.items.end()}};
}

class shop_impl final : public shop {
public:
    using state = v3::state;
    // In no order: a history is a set.
    using history = hotswap::history<&narrow, &extend, &split, hotswap::lossy<&forget_discount>, &widen>;

    shop_impl(hotswap::host&, state& on) {
        if (on.items.contains("refused")) throw std::invalid_argument("no such shop");
    }
    static void validate(state const& checked) {
        if (checked.items.contains("invalid")) throw std::domain_error("invalid item");
    }
    static v1::state adopt(std::span<std::byte const> bytes) {
        if (bytes.empty()) throw std::invalid_argument("nothing to adopt");
        return {{{std::string(reinterpret_cast<char const*>(bytes.data()), bytes.size()), 1}}};
    }
};

// The same component from before versions.
class first_impl final : public shop {
public:
    using state = v0::state;
    first_impl(hotswap::host&, state&) {}
};

struct listener {
    virtual ~listener() = default;
    virtual void hear() {}
    int heard = 0;
};
struct wide_shop : shop {
    static constexpr hotswap::contract contract{"demo.wide_shop", 1};
};
struct shop_with_help : private v1::state, public wide_shop {};

// The contract is neither the first base nor a direct one.
class late_impl final : public listener, public shop_with_help {
public:
    using state = v0::state;
    late_impl(hotswap::host&, state&) {}
};

using module = hotswap_test::module<shop_impl>;

struct calm {
    calm() {
        up_1_2 = down_3_2 = trouble::none;
        steps = 0;
    }
};

v3::state full() { return {{{"tea", 5}, {"cup", 7}}, "CHF", std::make_unique<int>(3)}; }

}  // namespace

TEST_CASE("history: it says how far back a component can start from and go") {
    using walk = hotswap::detail::walk<v3::state, shop_impl::history>;
    static_assert(walk::version == 3 && walk::oldest_start == 0 && walk::oldest_back == 1 &&
                  walk::oldest == 0);
    static_assert(walk::has<0, 1> && walk::has<3, 2> && !walk::has<1, 0> && !walk::has<1, 3>);
    static_assert(walk::is_lossy<3, 2> && !walk::is_lossy<2, 1> && !walk::is_lossy<2, 3>);
    static_assert(std::is_same_v<walk::state_of<0>, v0::state> &&
                  std::is_same_v<walk::state_of<2>, v2::state>);

    using alone = hotswap::detail::walk<v2::state, hotswap::history<>>;
    static_assert(alone::oldest_start == 2 && alone::oldest_back == 2);
    using legacy = hotswap::detail::walk<v0::state, hotswap::history<>>;
    static_assert(legacy::version == 0 && legacy::oldest_start == 0 && legacy::oldest_back == 0);
}

TEST_CASE_FIXTURE(calm, "history: a snapshot of every version back to legacy becomes the state of today") {
    CHECK(decode<v3::state>(module().import_then_export(0, encode(v0::state{"tea"}))).items.at("tea") == 1);
    CHECK(steps == 3);
    CHECK(
        decode<v3::state>(module().import_then_export(1, encode(v1::state{{{"tea", 5}}}))).items.at("tea") ==
        5);
    auto const from_two =
        decode<v3::state>(module().import_then_export(2, encode(v2::state{{{"tea", 5}}, "CHF"})));
    CHECK(from_two.currency == "CHF");
    auto const from_three = decode<v3::state>(module().import_then_export(3, encode(full())));
    REQUIRE(from_three.discount);
    CHECK(*from_three.discount == 3);
}

TEST_CASE_FIXTURE(calm, "history: arguments reach the migrations that take them, on every path") {
    module with(hotswap::arguments{{"currency", "USD"}});
    CHECK(decode<v3::state>(with.import_then_export(1, encode(v1::state{}))).currency == "USD");
    CHECK(decode<v3::state>(with.import_then_export(0, encode(v0::state{}))).currency == "USD");
    CHECK(decode<v3::state>(with.import_then_export(2, encode(v2::state{{}, "CHF"}))).currency == "CHF");
    CHECK(decode<v3::state>(module().import_then_export(1, encode(v1::state{}))).currency == "EUR");

    module emptying(hotswap::arguments{{"empty", ""}});
    auto const state = emptying.import(3, encode(full()));
    CHECK(decode<v1::state>(emptying.exported(state.get(), 1)).items.empty());
}

TEST_CASE_FIXTURE(
    calm, "history: a state is exported at each version that downgrades lead to, and is not changed by it") {
    module m;
    auto const state = m.import(3, encode(full()));
    auto const before = m.exported(state.get(), 3);

    auto const second = decode<v2::state>(m.exported(state.get(), 2));
    CHECK(second.items == full().items);
    CHECK(second.currency == "CHF");
    auto const first = decode<v1::state>(m.exported(state.get(), 1));
    CHECK(first.items == std::map<std::string, int>{{"tea", 5}, {"cup", 7}});

    CHECK(m.exported(state.get(), 3) == before);
    CHECK(before == encode(full()));
}

TEST_CASE_FIXTURE(calm, "history: a version that no migration leads from or to is refused by its number") {
    module m;
    CHECK(m.try_import(4, encode(full())) == status::unsupported);
    CHECK(m.words() == "the module has no migration for version 4");
    CHECK(m.try_import(4'294'967'295, {}) == status::unsupported);
    CHECK(m.words() == "the module has no migration for version 4294967295");

    auto const state = m.import(3, encode(full()));
    CHECK(m.try_export(state.get(), 0) == status::unsupported);
    CHECK(m.words() == "the module has no migration for version 0");
    CHECK(m.try_export(state.get(), 4) == status::unsupported);
    CHECK(hotswap_test::module<first_impl>().try_import(1, {}) == status::unsupported);
}

TEST_CASE_FIXTURE(calm, "history: a migration that throws is named by its step, in its own words") {
    module m;
    up_1_2 = trouble::runtime_error;
    CHECK(m.try_import(0, encode(v0::state{"tea"})) == status::migration_failed);
    CHECK(m.words() == "the price of \"tea\" is negative");
    CHECK(m.why().from == 1);
    CHECK(m.why().to == 2);
    CHECK(m.try_import(2, encode(v2::state{})) == status::ok);

    down_3_2 = trouble::runtime_error;
    auto const state = m.import(3, encode(full()));
    CHECK(m.try_export(state.get(), 1) == status::migration_failed);
    CHECK(m.why().from == 3);
    CHECK(m.why().to == 2);
    CHECK(m.exported(state.get(), 3) == encode(full()));
}

TEST_CASE_FIXTURE(calm, "history: whatever a migration throws is a migration that failed") {
    module m;
    for (auto const& [thrown, words] :
         {std::pair{trouble::bad_alloc, "out of memory (std::bad_alloc)"},
          std::pair{trouble::int_thrown, "an exception that is not a std::exception"},
          std::pair{trouble::archive_error, "nested"}}) {
        up_1_2 = thrown;
        CHECK(m.try_import(1, encode(v1::state{})) == status::migration_failed);
        CHECK(m.words() == words);
        CHECK(m.why().from == 1);
    }
}

TEST_CASE_FIXTURE(calm, "history: adopted data starts at the version that it was adopted as") {
    module m(hotswap::arguments{{"currency", "USD"}});
    auto const adopted = decode<v3::state>(m.exported(m.adopt("old tea").get(), 3));
    CHECK(adopted.items == std::map<std::string, long>{{"old tea", 1}});
    CHECK(adopted.currency == "USD");

    CHECK(m.try_adopt("") == status::failed);
    CHECK(m.words() == "nothing to adopt");
    up_1_2 = trouble::runtime_error;
    CHECK(m.try_adopt("x") == status::migration_failed);
    CHECK(m.why().from == 1);
}

TEST_CASE_FIXTURE(calm, "module: a snapshot that ends early or goes on after the state is refused as such") {
    module m;
    auto bytes = encode(full());
    bytes.push_back(0);
    CHECK(m.try_import(3, bytes) == status::bad_snapshot);
    CHECK(m.words() == "the snapshot has 1 bytes after the end of the state");
    bytes.resize(bytes.size() - 2);
    CHECK(m.try_import(3, bytes) == status::bad_snapshot);
    CHECK(m.why().from == 0);
    CHECK(m.try_import(0, {}) == status::bad_snapshot);

    bytes = encode(v1::state{{{"tea", 5}}});
    bytes.insert(bytes.end(), {1, 2, 3});
    CHECK(m.try_import(1, bytes) == status::bad_snapshot);
    CHECK(steps == 0);
}

TEST_CASE_FIXTURE(calm, "module: a host's memory that runs out ends an export, and nothing else") {
    module m;
    auto const state = m.import(3, encode(full()));
    m.limit_export(10);
    CHECK(m.try_export(state.get(), 3) == status::out_of_memory);
    CHECK(m.try_export(state.get(), 1) == status::out_of_memory);
    m.limit_export(1'000);
    CHECK(m.exported(state.get(), 3) == encode(full()));
}

TEST_CASE_FIXTURE(calm, "module: validate and the constructor refuse a state in their own words") {
    module m;
    CHECK(m.try_validate(m.import(2, encode(v2::state{})).get()) == status::ok);
    CHECK(m.try_validate(m.import(2, encode(v2::state{{{"invalid", 1}}, ""})).get()) == status::refused);
    CHECK(m.words() == "invalid item");
    CHECK(m.try_construct(m.import(2, encode(v2::state{{{"refused", 1}}, ""})).get()) == status::failed);
    CHECK(m.words() == "no such shop");
    CHECK(m.try_construct(m.import(2, encode(v2::state{})).get()) == status::ok);
    auto const& bare = hotswap_test::module<first_impl>().functions();
    CHECK((bare.validate_state == nullptr && bare.adopt == nullptr));
}

TEST_CASE_FIXTURE(calm, "module: a host that asks for no reason gets none") {
    auto const api = hotswap::sdk::module_functions<shop_impl>::table(nullptr);
    void* state = nullptr;
    CHECK(api.import_state(9, {}, nullptr, &state, nullptr) == status::unsupported);
    CHECK(api.import_state(3, {}, nullptr, &state, nullptr) == status::bad_snapshot);
    up_1_2 = trouble::runtime_error;
    auto const bytes = encode(v1::state{});
    CHECK(api.import_state(1, {bytes.data(), bytes.size()}, nullptr, &state, nullptr) ==
          status::migration_failed);
    CHECK(state == nullptr);
}

TEST_CASE("module: the host gets the contract of an instance, wherever in the class it lies") {
    auto const api = hotswap::sdk::module_functions<late_impl>::table(nullptr);
    v0::state state;
    hotswap::abi::host_api const host;
    hotswap::abi::instance made;
    REQUIRE(api.create_instance(&host, nullptr, &state, &made, nullptr) == status::ok);
    CHECK(dynamic_cast<late_impl*>(static_cast<wide_shop*>(made.contract)) != nullptr);
    api.destroy_instance(made.object);
}
