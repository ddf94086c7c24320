#include "module/brought_libraries.hpp"

#include "module/files.hpp"
#include "module/linked_object.hpp"

#include <doctest/doctest.h>

#include <dlfcn.h>

using hotswap::detail::keep_libraries_of;
using hotswap::detail::linked_objects;

TEST_CASE(
    "brought libraries: one that the host has opened before stays when the host and the module let go of "
    "it") {
    auto const library = (test::modules / "libraries/libhotswap_test_pool.so").string();
    void* const pool = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    REQUIRE(pool != nullptr);
    auto const now = linked_objects::now();
    REQUIRE(now.of(pool) != nullptr);
    CHECK(now.of(pool)->soname == "libhotswap_test_pool.so");
    CHECK(now.of(pool)->name() == "libhotswap_test_pool.so");
    void* const module = dlopen((test::modules / "swap/leaver_pool-1.0.0.so").c_str(), RTLD_NOW | RTLD_LOCAL);
    REQUIRE(module != nullptr);
    CHECK(keep_libraries_of(module).names == std::vector<std::string>{"libhotswap_test_pool.so"});
    CHECK(keep_libraries_of(module).names.empty());  // named once
    dlclose(module);
    dlclose(pool);
    CHECK(test::is_mapped(library));
    CHECK_FALSE(test::is_mapped((test::modules / "swap/leaver_pool-1.0.0.so").string()));
}
