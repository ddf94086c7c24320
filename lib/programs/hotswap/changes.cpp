#include "programs/hotswap/order.hpp"
#include "report/json_reader.hpp"

#include <hotswap/describe.hpp>
#include <hotswap/format.hpp>

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <memory>
#include <stdexcept>

namespace hotswap::cli {

namespace {

std::string text_of_plan(json::value const& answer) {
    set_plan plan;
    if (!detail::json_reader(false).read(answer.at("plan"), plan))
        return "the host's plan is not understood\n";
    auto const token = std::string(answer.at("token").as_string());
    std::string text;
    for (auto const& each : plan.components) text += fmt::format("{}\n", each);
    if (!plan.blockers.empty()) return text + "It would be refused.\n";
    if (!answer.at("changes").as_bool()) return text + "Nothing would change.\n";
    return text + fmt::format("To do this and nothing else: hotswap swap --plan {}\n", token);
}

exit_code run_plan(session& with, order const& what) {
    if (what.components.empty()) throw std::invalid_argument("plan needs at least one component");
    auto code = exit_code::done;
    auto const answer = with.ask("POST", "/v1/plan", what.body(), code);
    if (!answer) return code;
    bool const is_blocked = !answer->at("plan").at("blockers").as_array().empty();
    bool const changes = answer->at("changes").as_bool();
    code = is_blocked ? exit_code::refused : changes ? exit_code::pending : exit_code::done;
    return with.tell(*answer, text_of_plan(*answer), code);
}

exit_code run_swap(session& with, order const& what, std::string const& token) {
    if (what.components.empty() == token.empty())
        throw std::invalid_argument(
            "swap needs components, or --plan with the token of a plan, and not both");
    auto body = token.empty() ? what.body() : json::object{{"plan", token}};
    return with.operate("/v1/swap", std::move(body), with.patience(default_patience));
}

}  // namespace

void add_plan(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("plan", "Show what a swap would do, and change nothing");
    auto const what = std::make_shared<order>();
    what->add_to(*verb);
    verb->callback([what, &chosen] { chosen = [what](session& with) { return run_plan(with, *what); }; });
}

void add_swap(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("swap", "Replace components by other releases");
    auto const what = std::make_shared<order>();
    auto const token = std::make_shared<std::string>();
    what->add_to(*verb);
    verb->add_option("--plan", *token, "Do what `plan` has shown with this token, or nothing");
    verb->callback([what, token, &chosen] {
        chosen = [what, token](session& with) { return run_swap(with, *what, *token); };
    });
}

void add_revert(CLI::App& to, chosen_verb& chosen) {
    auto* const verb =
        to.add_subcommand("revert", "Go back to the release before, and keep what was written since");
    auto const names = std::make_shared<std::vector<std::string>>();
    auto const allow_loss = std::make_shared<bool>(false);
    auto const discard = std::make_shared<bool>(false);
    verb->add_option("COMPONENT", *names, "The components, changed as one")->required();
    verb->add_flag("--allow-loss", *allow_loss, "Allow downgrades that are marked lossy");
    verb->add_flag("--discard-writes", *discard,
                   "Go back to the state before the swap, if there is no other way");
    verb->callback([=, &chosen] {
        chosen = [=](session& with) {
            json::array all;
            for (auto const& each : *names) all.push_back(json::string(each));
            json::object const options{{"allow_loss", *allow_loss}, {"discard_writes", *discard}};
            return with.operate("/v1/revert", {{"components", std::move(all)}, {"options", options}},
                                with.patience(default_patience));
        };
    });
}

void add_unload(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("unload", "End a component; only a store keeps its state");
    auto const name = std::make_shared<std::string>();
    auto const force = std::make_shared<bool>(false);
    verb->add_option("COMPONENT", *name, "The component")->required();
    verb->add_flag("--force", *force, "Also while other components use it");
    verb->callback([=, &chosen] {
        chosen = [=](session& with) {
            return with.operate("/v1/unload",
                                {{"component", *name}, {"options", json::object{{"force", *force}}}},
                                with.patience(default_patience));
        };
    });
}

void add_checkpoint(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("checkpoint", "Write the state of all components to the store");
    verb->callback([&chosen] {
        chosen = [](session& with) {
            return with.operate("/v1/checkpoint", {}, with.patience(default_patience));
        };
    });
}

void add_wait(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("wait", "Wait for the end of an operation");
    auto const id = std::make_shared<std::string>();
    verb->add_option("OPERATION", *id, "The operation's id")->required();
    verb->callback([=, &chosen] {
        chosen = [=](session& with) { return with.wait_for(*id, with.patience(std::chrono::hours(24))); };
    });
}

namespace {

// The aborted operation itself, if it had not committed; otherwise the one that reverts it.
exit_code run_abort(session& with, std::string const& id) {
    auto code = exit_code::done;
    auto const begun = with.begin("/v1/operations/" + encoded(id) + "/abort", {}, code);
    if (begun.empty()) return code;
    code = with.wait_for(begun, with.patience(default_patience));
    if (begun != id) return code;
    if (code == exit_code::refused) return exit_code::done;
    return code == exit_code::done ? exit_code::refused : code;  // it was over before it could be stopped
}

}  // namespace

void add_abort(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("abort", "Stop an operation; if it has committed, revert it");
    auto const id = std::make_shared<std::string>();
    verb->add_option("OPERATION", *id, "The operation's id")->required();
    verb->callback([=, &chosen] { chosen = [=](session& with) { return run_abort(with, *id); }; });
}

}  // namespace hotswap::cli
