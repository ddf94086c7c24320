#include "module/arrived_module.hpp"
#include "module/directory_watch.hpp"
#include "module/release.hpp"
#include "programs/hotswap/duration.hpp"
#include "programs/hotswap/modules.hpp"
#include "report/json_reader.hpp"

#include <hotswap/describe.hpp>
#include <hotswap/runtime.hpp>

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace hotswap::cli {

namespace {

struct watched {
    std::filesystem::path directory{};
    files keys{};
    std::string settle = "300ms";
    std::string probation{};
};

void say(session const& with, detail::arrived_module const& what, std::string_view component,
         std::string_view text) {
    with.tell(json::object{{"file", what.file.native()},
                           {"release", what.release},
                           {"component", component},
                           {"message", text}},
              fmt::format("{}: {}{}{}\n", what.file.filename().native(), component,
                          component.empty() ? "" : ": ", text),
              exit_code::done);
    std::fflush(stdout);
}

/// The components whose running modules are of that family.
std::vector<std::string> components_of(session& with, std::string const& family, exit_code& code) {
    auto const status = with.ask("GET", "/v1/status", nullptr, code);
    std::vector<component_status> all;
    if (!status || !detail::json_reader(false).read(status->at("components"), all)) return {};
    std::vector<std::string> names;
    for (auto const& each : all)
        if (detail::family_of(each.module) == family || each.name == family) names.push_back(each.name);
    return names;
}

// Ends only if the host is gone.
exit_code take(session& with, detail::arrived_module const& what, watched const& how) {
    if (!what.ignored.empty()) return say(with, what, {}, "ignored: " + what.ignored), exit_code::done;
    auto code = exit_code::done;
    auto const names = components_of(with, what.family, code);
    if (code != exit_code::done) return code;
    if (names.empty()) say(with, what, {}, "ignored: no component that runs is of the family " + what.family);
    for (auto const& name : names) {
        json::object options{{"module", std::filesystem::absolute(what.file).native()},
                             {"unless_sent_back", true}};
        if (!how.probation.empty())
            options["probation"] = json::object{{"duration_ns", duration_of(how.probation).count()}};
        code = with.operate(
            "/v1/swap", {{"component", name}, {"options", std::move(options)}},
            with.patience(default_patience + duration_of(how.probation.empty() ? "0s" : how.probation)));
        if (code == exit_code::unreachable) return code;
    }
    return exit_code::done;
}

exit_code watch(session& with, watched const& how) {
    module_policy policy;
    for (auto const& each : how.keys) {
        auto const key = public_key::read(each);
        if (!key) return with.fail(key.error(), exit_code::refused);
        policy.trusted_keys.push_back(*key);
    }
    policy.check_ownership = false;  // the host judges that
    auto const settle = duration_of(how.settle);
    auto found = detail::directory_watch::open(how.directory);
    if (!found) return with.fail(found.error(), exit_code::refused);
    for (;;) {
        for (auto const& file : found->wait(settle, {})) {
            auto const what = detail::judge_arrival(file, policy, false);
            if (!what.is_module) continue;
            if (auto const code = take(with, what, how); code != exit_code::done) return code;
        }
    }
}

}  // namespace

void add_watch(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand(
        "watch", "Swap to modules that arrive in a directory, sealed and whole, until interrupted");
    auto const how = std::make_shared<watched>();
    verb->add_option("DIRECTORY", how->directory, "Where they arrive")->required();
    verb->add_option("--trust", how->keys, "Public keys: a module that none of them signed is ignored");
    verb->add_option("--settle", how->settle, "How long no file may have arrived (300ms)");
    verb->add_option("--probation", how->probation,
                     "How long a fault still sends the new release back (none)");
    verb->callback([=, &chosen] { chosen = [=](session& with) { return watch(with, *how); }; });
}

}  // namespace hotswap::cli
