// A module and its host must have the same ABIs of C++ and of its standard library, but not the same
// compiler.
#include "module/altered.hpp"
#include "module/command.hpp"
#include "module/files.hpp"
#include "module/loaded_module.hpp"
#include "module/module_file.hpp"

#include <hotswap/detail/abi/descriptor.hpp>
#include <hotswap/inspect.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <string_view>

using hotswap::errc;
using hotswap::detail::verify_module;
using test::refusal;

namespace {

std::string toolchain_of(char const* name) {
    auto const said = hotswap::inspect(test::modules / name);
    REQUIRE(said.has_value());
    return said->toolchain;
}

auto verified(char const* name) { return verify_module(test::read(test::modules / name), name); }

}  // namespace

TEST_CASE("toolchain: what is another ABI is refused with both, and with what makes the difference") {
    for (auto const& [name, mode] : {std::pair{"old_strings-1.0.0.so", "libstdc++, cxx11 abi 0"},
                                     std::pair{"debug_containers-1.0.0.so", "debug containers"}}) {
        INFO(name);
        auto const why = refusal(verified(name));
        CHECK(why.code == errc::toolchain_mismatch);
        CHECK_SAYS(why, mode);
        CHECK_SAYS(why, ", this host's hotswap 0.");
        CHECK_SAYS(why, hotswap::abi::toolchain);
        CHECK_SAYS(why, "-D_GLIBCXX_DEBUG");
    }
}

TEST_CASE("toolchain: another standard library is refused") {
    auto file = test::unsealed(test::read(test::modules / "plain-1.0.0.so"));
    constexpr char other[] = "Itanium C++ ABI, libc++, abi 1";
    std::memcpy(file.data() + test::field_at(file, &hotswap::abi::descriptor::toolchain), other,
                sizeof other);
    auto const why = refusal(verify_module(file, "x.so"));
    CHECK(why.code == errc::toolchain_mismatch);
    CHECK_SAYS(why, other);
    CHECK_SAYS(why, hotswap::abi::toolchain);
    CHECK_SAYS(why, "-stdlib");
}

TEST_CASE("toolchain: it names neither compiler nor its release, nor flags that change no layout") {
    CHECK(toolchain_of("other_flags-1.0.0.so") == hotswap::abi::toolchain);
    for (char const* const word : {"gcc", "g++", "clang", "12", "14", "16", "19"})
        CHECK(std::string_view(hotswap::abi::toolchain).find(word) == std::string_view::npos);
}

TEST_CASE("toolchain: hotswap-lint says that it is the package that a module does not fit") {
    for (char const* const name : {"old_strings-1.0.0.so", "debug_containers-1.0.0.so"}) {
        auto const given = test::run_command(HOTSWAP_TEST_LINT, "'" + (test::modules / name).string() + "'");
        CHECK(given.status == 1);
        CHECK_MESSAGE(given.has("refused (toolchain_mismatch)"), given.output);
        CHECK_MESSAGE(given.has(", this package, hotswap 0."), given.output);
        CHECK_MESSAGE(!given.has("this host"), given.output);
    }
    test::scratch const here;
    auto file = test::unsealed(test::read(test::modules / "plain-1.0.0.so"));
    test::put(file, test::field_at(file, &hotswap::abi::descriptor::abi), hotswap::abi::number + 1);
    test::write(here / "later.so", file);
    auto const given = test::run_command(HOTSWAP_TEST_LINT, "'" + (here / "later.so").string() + "'");
    CHECK_MESSAGE(given.has("refused (abi_mismatch)"), given.output);
    CHECK_MESSAGE(!given.has("this host"), given.output);
}

#if defined(HOTSWAP_TEST_CLANG)
TEST_CASE("toolchain: a component that clang++ compiled passes every check, and has no unique symbols") {
    auto const module = verified("plain_clang-1.0.0.so");
    REQUIRE_MESSAGE(module.has_value(), module.error().message);
    CHECK(module->component() == "plain");
    CHECK(std::string_view(module->descriptor.toolchain) == hotswap::abi::toolchain);
    CHECK(module->keeps_mapped.empty());
    // Its state equals that of the component that this compiler built from the same source.
    auto const ours = verified("plain-1.0.0.so");
    REQUIRE(ours.has_value());
    CHECK(module->own_state().layout == ours->own_state().layout);
    CHECK(module->own_state().flags == ours->own_state().flags);
}
#endif
