#include "module/brought_libraries.hpp"

#include "module/files.hpp"

#include <doctest/doctest.h>

#include <dlfcn.h>

using hotswap::detail::keep_what_came_with;
using hotswap::detail::link_snapshot;
using hotswap::detail::linked_objects;

TEST_CASE("brought libraries: what was there before a module is not its own, unless that cannot be known") {
    auto const library = (test::modules / "libraries/libhotswap_test_pool.so").string();
    void* const pool = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    REQUIRE(pool != nullptr);
    auto const now = linked_objects::now();
    REQUIRE(now.of(pool) != nullptr);
    CHECK(now.of(pool)->soname == "libhotswap_test_pool.so");
    CHECK(now.of(pool)->name() == "libhotswap_test_pool.so");
    auto before = link_snapshot::now();
    void* const module = dlopen((test::modules / "swap/leaver_pool-1.0.0.so").c_str(), RTLD_NOW | RTLD_LOCAL);
    REQUIRE(module != nullptr);
    before.counts.loaded -= 1;  // as if another thread had loaded something meanwhile
    CHECK(keep_what_came_with(module, before).names.empty());
    before.counts.unloaded -=
        1;  // … and unloaded something: perhaps the library, which came back with the module
    CHECK(keep_what_came_with(module, before).names == std::vector<std::string>{"libhotswap_test_pool.so"});
    dlclose(module);
    dlclose(pool);
    CHECK(test::is_mapped(library));
    CHECK_FALSE(test::is_mapped((test::modules / "swap/leaver_pool-1.0.0.so").string()));
}
