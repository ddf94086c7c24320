// Walks a chain of migrations up and down: with arguments, with a state that validate refuses, with a lossy
// downgrade.
#include "stock.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/core.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace {

void expect(bool holds, std::string_view claim) {
    if (holds) return;
    fmt::print(stderr, "not so: {}\n", claim);
    std::exit(1);
}

/// Prints the refusal, and checks that its reason is the expected one.
template <class T>
void expect_refusal(hotswap::result<T> const& outcome, hotswap::errc reason) {
    expect(outcome.has_error() && outcome.error().code == reason, fmt::format("this is refused: {}", reason));
    fmt::print("\n{}\n", outcome.error());
}

}  // namespace

int main(int argc, char** argv) {
    std::filesystem::path const modules = argc > 1 ? argv[1] : "modules";
    hotswap::runtime runtime{{.modules = modules, .log_to_stderr = false}};
    auto stock = runtime.load<demo::stock>("stock", {.module = modules / "stock-1.0.0.so"}).value();
    stock->put("tea", 10);
    fmt::print("{}\n\n", stock->describe("tea"));

    fmt::print("{}\n", runtime.plan("stock").value());  // the newest is 3.0.0: two migrations in one swap
    expect_refusal(runtime.swap("stock"), hotswap::errc::migration_failed);
    expect_refusal(runtime.swap("stock", {.arguments = {{"cents", "450"}, {"currency", "euro"}}}),
                   hotswap::errc::validation_failed);
    expect(stock->describe("tea") == "10 pieces of tea", "a refused swap leaves the state as it was");

    auto const up = runtime.swap("stock", {.arguments = {{"cents", "450"}, {"currency", "EUR"}}}).value();
    fmt::print("\n{}\n", up);
    stock->put("tea", 2);
    fmt::print("{}\n", stock->describe("tea"));
    expect(stock->describe("tea") == "12 pieces of tea at 450 EUR cents",
           "3 has what 1 had, and the arguments");

    // Release 3.0.0 walks the downgrade, because only it knows both structs.
    auto const down = runtime.swap("stock", {.module = modules / "stock-2.0.0.so"}).value();
    expect(down.path == std::vector<std::uint32_t>{3, 2}, "a downgrade is a path, too");
    fmt::print("\n{}\n{}\n", down, stock->describe("tea"));

    auto const first = modules / "stock-1.0.0.so";
    expect_refusal(runtime.swap("stock", {.module = first}), hotswap::errc::lossy_refused);
    auto const lossy = runtime.swap("stock", {.module = first, .allow_loss = true}).value();
    fmt::print("\n{}\n{}\n", lossy, stock->describe("tea"));
    expect(stock->describe("tea") == "12 pieces of tea", "what was written under 3 is still there under 1");
}
