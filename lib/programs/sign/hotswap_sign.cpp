// hotswap-sign: makes keys, signs modules with them, and shows the signer of a module.
#include "module/key_files.hpp"

#include <hotswap/format.hpp>
#include <hotswap/inspect.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace hotswap::detail;

constexpr char usage[] =
    "usage: hotswap-sign keygen [--force] DIRECTORY\n"
    "       hotswap-sign sign --key FILE MODULE...\n"
    "       hotswap-sign verify --key FILE [--key FILE]... MODULE...\n"
    "\n"
    "  keygen   makes a key: hotswap.key, which signs and must be kept secret, and hotswap.pub, for\n"
    "           hosts to trust\n"
    "  sign     writes MODULE.sig next to each module: its digest, component and release, signed with the\n"
    "           secret key\n"
    "  verify   says which of the public keys signed each module\n"
    "\n"
    "  --key    the secret key to sign with, or a public key to trust\n"
    "  --force  replace a key that is there; signatures of the old key are not valid for the new one\n"
    "  --help   this text\n"
    "\n"
    "Exit status: 0 if everything succeeded, 1 if a key or a module is refused, 2 if called wrongly.\n";

struct options {
    bool force = false;
    std::vector<fs::path> keys{};
    std::vector<fs::path> words{};
};

bool refused(fs::path const& what, hotswap::errc code, std::string_view message) {
    fmt::print(stderr, "hotswap-sign: {}: refused ({}): {}\n", what.string(), code, message);
    return false;
}
bool refused(fs::path const& what, hotswap::failure const& why) {
    return refused(what, why.code, why.message);
}

bool make_key(fs::path const& directory, bool force) {
    auto const made = make_key_files(directory, force);
    if (!made) return refused(directory, made.error());
    fmt::print("{}: key {}, keep it secret; hosts trust {}\n", (directory / "hotswap.key").string(),
               made->id(), (directory / "hotswap.pub").string());
    return true;
}

bool sign(fs::path const& module, secret_key const& key) {
    auto const made = sign_module(module, key);
    if (!made) return refused(module, made.error());
    fmt::print("{}.sig: {} {} signed with key {}\n", module.string(), made->facts.component,
               made->facts.release, made->key_id);
    return true;
}

bool verify(fs::path const& module, std::vector<hotswap::public_key> const& keys) {
    auto const said = hotswap::inspect(
        module, {.policy = {.trusted_keys = keys, .check_ownership = false}, .as_host = false});
    if (!said) return refused(module, said.error());
    if (auto const* const why = said->refusal())
        return refused(module, why->code, why->message + "; " + why->remedy);
    fmt::print("{}: {} {} signed with key {}\n", module.string(), said->component, said->release,
               said->signed_by);
    return true;
}

int wrong(std::string_view how) {
    fmt::print(stderr, "hotswap-sign: {}\n\n{}", how, usage);
    return 2;
}

int sign_all(options const& how) {
    if (how.keys.size() != 1 || how.words.empty()) return wrong("sign takes one --key and the modules");
    auto const key = read_secret_key(how.keys.front());
    if (!key) return refused(how.keys.front(), key.error()), 1;
    bool good = true;
    for (auto const& module : how.words) good = sign(module, *key) && good;
    return good ? 0 : 1;
}

int verify_all(options const& how) {
    if (how.keys.empty() || how.words.empty())
        return wrong("verify takes at least one --key and the modules");
    bool good = true;
    std::vector<hotswap::public_key> keys;
    for (auto const& file : how.keys) {
        auto const key = hotswap::public_key::read(file);
        if (key)
            keys.push_back(*key);
        else
            good = refused(file, key.error());
    }
    if (!good) return 1;
    for (auto const& module : how.words) good = verify(module, keys) && good;
    return good ? 0 : 1;
}

int run(int count, char** words) {
    std::string_view const command = count > 1 ? words[1] : "";
    options how;
    for (int i = 1; i < count; ++i) {
        std::string_view const word = words[i];
        if (word == "--help") {
            fmt::print("{}", usage);
            return 0;
        }
        if (i == 1) continue;
        if (word == "--force") {
            how.force = true;
        } else if (word == "--key") {
            if (++i == count) return wrong("--key names no file");
            how.keys.emplace_back(words[i]);
        } else if (word.starts_with("--")) {
            return wrong(fmt::format("unknown option {}", word));
        } else {
            how.words.emplace_back(word);
        }
    }
    if (command == "keygen")
        return how.words.size() != 1                    ? wrong("keygen takes one directory")
               : make_key(how.words.front(), how.force) ? 0
                                                        : 1;
    if (command == "sign") return sign_all(how);
    if (command == "verify") return verify_all(how);
    return wrong(command.empty() ? "name a command" : fmt::format("unknown command {}", command));
}

}  // namespace

int main(int count, char** words) {
    try {
        return run(count, words);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "hotswap-sign: %s\n", e.what());
        return 2;
    }
}
