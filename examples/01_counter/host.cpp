// Replaces a running counter by its next release, and tries to go back; the totals stay.
#include "counter.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/core.h>

#include <filesystem>

int main(int argc, char** argv) {
    std::filesystem::path const modules = argc > 1 ? argv[1] : "modules";
    hotswap::runtime runtime{{.modules = modules}};
    auto counter = runtime.load<demo::counter>("counter", {.module = modules / "counter-1.0.0.so"}).value();
    fmt::print("1.0.0 says {}\n", counter->add("a", 4'000'000'000));

    if (auto report = runtime.swap("counter"); report)  // to the newest release in modules/
        fmt::print("{}\n", *report);
    else
        fmt::print("still serving the old one: {}\n", report.error());
    fmt::print("2.0.0 says {}\n", counter->add("a", 1'000'000'000));

    // The way back loses the number of calls, and says so: it is refused unless the host allows it.
    auto const unasked = runtime.revert("counter");
    if (!unasked) fmt::print("{}\n", unasked.error());
    // A total must not be lost, and 5 000 000 000 does not fit 32 bits: refused, whatever the host allows.
    auto const reverted = runtime.revert("counter", {.allow_loss = true});
    if (!reverted) fmt::print("{}\n", reverted.error());

    auto const total = counter->add("a", 0);
    fmt::print("the total is {}\n", total);
    return total == 5'000'000'000 && !unasked && !reverted ? 0 : 1;
}
