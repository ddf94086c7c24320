#include "demo/campaign.hpp"

#include <fmt/format.h>

#include <fstream>

namespace demo {

namespace {

constexpr auto components = {"rate_limiter", "session", "cache"};

std::string newest(std::string const& component) { return component == "cache" ? "3.0.0" : "2.0.0"; }

step swap_to(std::string const& component, std::string const& release, boost::json::object more = {}) {
    more["module"] = fmt::format("{}-{}.so", component, release);
    return {.target = "/swap/" + component, .body = std::move(more), .expected = release};
}

step refusal(std::string about, std::string target, boost::json::object body, std::string code) {
    return {.target = std::move(target),
            .body = std::move(body),
            .expected = std::move(code),
            .refused = true,
            .about = std::move(about)};
}

/// Writes two files that are no modules: a text, and the first half of a good module.
void write_impostors(campaign_options const& wanted) {
    std::ofstream(wanted.scratch / "poem-1.0.0.so") << "Roses are red,\nviolets are blue,\nI am no module,\n"
                                                       "and hotswap sees through.\n";
    auto const half = wanted.scratch / "half-2.0.0.so";
    std::filesystem::copy_file(wanted.modules / "cache-2.0.0.so", half);
    std::filesystem::resize_file(half, std::filesystem::file_size(half) / 2);
}

}  // namespace

std::vector<step> campaign_steps(campaign_options const& wanted) {
    write_impostors(wanted);
    auto const in_scratch = [&](char const* name) {
        return boost::json::string((wanted.scratch / name).native());
    };
    std::vector<step> all;

    for (std::string const name : components) all.push_back(swap_to(name, "1.0.0"));
    all.push_back(refusal("a handoff between states that differ", "/swap/cache",
                          {{"module", "cache-2.0.0.so"}, {"transfer", "handoff"}}, "handoff_refused"));
    all.push_back({.target = "/swap/rate_limiter", .expected = "2.0.0"});
    all.push_back(swap_to("session", "2.0.0", {{"arguments", {{"per_user_limit", "100"}}}}));
    all.push_back(swap_to("cache", "2.0.0", {{"arguments", {{"byte_budget", "33554432"}}}}));
    all.push_back(swap_to("cache", "3.0.0"));
    all.push_back(refusal("a release whose migration throws", "/swap/cache",
                          {{"module", boost::json::string((wanted.faulty / "cache-9.9.9.so").native())}},
                          "migration_failed"));
    all.push_back(refusal("a file that is not a module", "/swap/cache",
                          {{"module", in_scratch("poem-1.0.0.so")}}, "not_elf"));
    all.push_back(
        refusal("half a module", "/swap/cache", {{"module", in_scratch("half-2.0.0.so")}}, "truncated_file"));
    all.push_back(refusal("another component's module", "/swap/cache", {{"module", "session-2.0.0.so"}},
                          "contract_mismatch"));
    all.push_back(refusal("a way back that would lose something", "/revert/session", {}, "lossy_refused"));

    all.push_back({.target = "/revert/rate_limiter", .expected = "1.0.0"});
    all.push_back({.target = "/revert/session", .body = {{"allow_loss", true}}, .expected = "1.0.0"});
    all.push_back({.target = "/revert/cache", .body = {{"allow_loss", true}}, .expected = "2.0.0"});
    for (std::string const name : components) all.push_back(swap_to(name, newest(name)));
    for (std::string const name : components)
        all.push_back(swap_to(name, newest(name), {{"transfer", "handoff"}, {"even_if_unchanged", true}}));
    for (std::string const name : components)
        all.push_back(swap_to(name, newest(name), {{"transfer", "snapshot"}, {"even_if_unchanged", true}}));
    return all;
}

}  // namespace demo
