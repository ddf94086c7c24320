#include "demo/campaign.hpp"

#include <fmt/format.h>

#include <fstream>

namespace demo {

namespace {

constexpr auto components = {"rate_limiter", "session", "cache"};

step swap_to(std::string const& component, std::string const& release, boost::json::object more = {}) {
    more["module"] = fmt::format("{}-{}.so", component, release);
    return {.target = "/swap/" + component, .body = std::move(more), .expected = release};
}

/// All components as one.
step set_to(std::string const& release, boost::json::object const& more = {}) {
    boost::json::object all;
    for (std::string const name : components) {
        auto options = more;
        options["module"] = fmt::format("{}-{}.so", name, release);
        all[name] = std::move(options);
    }
    return {.target = "/swap", .body = std::move(all), .expected = release};
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

/// What is tried and refused.
void add_bad_ones(campaign_options const& wanted, std::vector<step>& all) {
    auto const named = [](std::filesystem::path const& file) -> boost::json::object {
        return {{"module", boost::json::string(file.native())}};
    };
    all.push_back(refusal("a release whose migration throws", "/swap/cache",
                          named(wanted.faulty / "cache-9.9.9.so"), "migration_failed"));
    all.push_back(refusal("a file that is not a module", "/swap/cache",
                          named(wanted.scratch / "poem-1.0.0.so"), "not_elf"));
    all.push_back(
        refusal("half a module", "/swap/cache", named(wanted.scratch / "half-2.0.0.so"), "truncated_file"));
    all.push_back(refusal("another component's module", "/swap/cache", {{"module", "session-2.0.0.so"}},
                          "contract_mismatch"));
    all.push_back(refusal("a way back that would lose something", "/revert/session", {}, "lossy_refused"));
}

}  // namespace

std::vector<step> campaign_steps(campaign_options const& wanted) {
    write_impostors(wanted);
    std::vector<step> all;

    all.push_back(refusal("a handoff between states that differ", "/swap/cache",
                          {{"module", "cache-2.0.0.so"}, {"transfer", "handoff"}}, "handoff_refused"));
    all.push_back(swap_to("rate_limiter", "2.0.0"));
    all.push_back(swap_to("session", "2.0.0", {{"arguments", {{"per_user_limit", "100"}}}}));
    all.push_back(swap_to("cache", "2.0.0", {{"arguments", {{"byte_budget", "2000000000"}}}}));
    for (std::string const name : components) all.push_back({.target = "/swap/" + name, .expected = "3.0.0"});
    add_bad_ones(wanted, all);

    // What ran a moment ago needs no rehearsal.
    boost::json::object const back{{"allow_loss", true}, {"rehearse", "never"}};
    all.push_back(set_to("2.0.0", back));
    all.push_back(set_to("3.0.0"));
    for (std::string const name : components)
        all.push_back(swap_to(name, "3.0.0", {{"transfer", "handoff"}, {"even_if_unchanged", true}}));
    all.push_back({.target = "/revert/rate_limiter", .body = {{"allow_loss", true}}, .expected = "2.0.0"});
    for (std::string const name : {"rate_limiter", "session"}) {
        all.push_back(swap_to(name, "0.1.0", back));
        all.push_back(swap_to(name, "3.0.0"));
    }
    all.push_back(swap_to("cache", "1.0.0", back));
    all.push_back(swap_to("cache", "3.0.0", {{"arguments", {{"byte_budget", "2000000000"}}}}));
    // At the end, because its release 0.1.0 holds no more than 10 000 items, and lets go of those that expire first.
    all.push_back(swap_to("cache", "0.1.0", back));
    return all;
}

}  // namespace demo
