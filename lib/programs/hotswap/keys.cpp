#include "module/key_files.hpp"
#include "module/seal_file.hpp"
#include "programs/hotswap/modules.hpp"

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <memory>

namespace hotswap::cli {

namespace {

exit_code make_key(session& with, std::filesystem::path const& directory, bool replaces) {
    auto const made = detail::make_key_files(directory, replaces);
    if (!made) return with.fail(made.error(), exit_code::refused);
    auto const secret = (directory / "hotswap.key").native();
    auto const trusted = (directory / "hotswap.pub").native();
    return with.tell(json::object{{"key", made->id()}, {"secret", secret}, {"public", trusted}},
                     fmt::format("{}: key {}, keep it secret; hosts trust {}\n", secret, made->id(), trusted),
                     exit_code::done);
}

exit_code sign(session& with, files const& all, std::filesystem::path const& key_file) {
    auto const key = detail::read_secret_key(key_file);
    if (!key) return with.fail(key.error(), exit_code::refused);
    json::array made;
    std::string text;
    for (auto const& each : all) {
        auto const one = detail::sign_module(each, *key);
        if (!one) return with.fail(one.error(), exit_code::refused);
        made.push_back(json::object{{"file", each.native() + ".sig"},
                                    {"component", one->facts.component},
                                    {"release", one->facts.release},
                                    {"key", one->key_id}});
        text += fmt::format("{}.sig: {} {} signed with key {}\n", each.native(), one->facts.component,
                            one->facts.release, one->key_id);
    }
    return with.tell(json::object{{"signatures", std::move(made)}}, text, exit_code::done);
}

exit_code seal(session& with, files const& all) {
    json::array sealed;
    std::string text;
    for (auto const& each : all) {
        if (auto const done = detail::seal_file(each); !done)
            return with.fail(done.error(), exit_code::refused);
        auto const digest = judge(each).digest;
        sealed.push_back(json::object{{"file", each.native()}, {"digest", digest}});
        text += fmt::format("{}: sealed, digest {}\n", each.native(), digest);
    }
    return with.tell(json::object{{"sealed", std::move(sealed)}}, text, exit_code::done);
}

}  // namespace

void add_keygen(CLI::App& to, chosen_verb& chosen) {
    auto* const verb =
        to.add_subcommand("keygen", "Make a key that signs modules: hotswap.key and hotswap.pub");
    auto const directory = std::make_shared<std::filesystem::path>();
    auto const replaces = std::make_shared<bool>(false);
    verb->add_option("DIRECTORY", *directory, "Where; it is made if it is not there")->required();
    verb->add_flag("--force", *replaces,
                   "Replace a key that is there: its signatures are not valid for the new one");
    verb->callback(
        [=, &chosen] { chosen = [=](session& with) { return make_key(with, *directory, *replaces); }; });
}

void add_sign(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand("sign", "Write MODULE.sig next to modules; needs no host");
    auto const all = std::make_shared<files>();
    auto const key = std::make_shared<std::filesystem::path>();
    verb->add_option("MODULE", *all, "The files")->required();
    // Not --key, which is that of a certificate.
    verb->add_option("--with", *key, "The secret key, hotswap.key")->required();
    verb->callback([=, &chosen] { chosen = [=](session& with) { return sign(with, *all, *key); }; });
}

void add_seal(CLI::App& to, chosen_verb& chosen) {
    auto* const verb = to.add_subcommand(
        "seal", "Write into modules their own digests, after strip and anything else that alters them");
    auto const all = std::make_shared<files>();
    verb->add_option("MODULE", *all, "The files")->required();
    verb->callback([=, &chosen] { chosen = [=](session& with) { return seal(with, *all); }; });
}

}  // namespace hotswap::cli
