// hotswap-sign: makes keys, signs modules with them, and shows the signer of a module.
#include "module/digest.hpp"
#include "module/file_io.hpp"
#include "module/signature.hpp"

#include <hotswap/format.hpp>
#include <hotswap/inspect.hpp>

#include <fmt/format.h>

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
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

bool write(fs::path const& file, std::string_view text, mode_t mode) {
    int const error = replace_file(file, std::as_bytes(std::span(text)), mode);
    if (error == 0) return true;
    fmt::print(stderr, "hotswap-sign: {} cannot be written ({}); choose another place or make it writable\n",
               file.string(), std::generic_category().message(error));
    return false;
}

bool make_key(fs::path const& directory, bool force) {
    auto const secret_file = directory / "hotswap.key";
    auto const public_file = directory / "hotswap.pub";
    for (auto const& file : {secret_file, public_file})
        if (!force && fs::exists(fs::symlink_status(file)))
            return refused(file, hotswap::errc::invalid_argument,
                           "there is a key already; choose another directory, or replace the key "
                           "with --force");
    std::error_code error;
    fs::create_directories(directory, error);
    secret_key const key;
    if (!write(secret_file, key.to_text(), 0600) || !write(public_file, to_text(key.public_half()), 0644))
        return false;
    fmt::print("{}: key {}, keep it secret; hosts trust {}\n", secret_file.string(), key.public_half().id(),
               public_file.string());
    return true;
}

std::optional<secret_key> read_secret(fs::path const& file) {
    auto const refuse_it = [&file](hotswap::errc code, std::string_view why) {
        refused(file, code, why);
        return std::nullopt;
    };
    struct stat found {};
    if (stat(file.c_str(), &found) != 0)
        return refuse_it(hotswap::errc::no_such_file,
                         "there is no key; name the hotswap.key that `hotswap-sign keygen` has made");
    auto const content = read_regular_file(file);
    if (!content) return refuse_it(content.error().code, content.error().message);
    std::string_view const text(reinterpret_cast<char const*>(content->data()), content->size());
    // A public key has the form of a secret one, and no host could check its signatures.
    if (text.starts_with("# hotswap public key"))
        return refuse_it(hotswap::errc::invalid_argument,
                         "this is a public key; sign with the secret one, hotswap.key");
    if ((found.st_mode & 077u) != 0)
        return refuse_it(hotswap::errc::untrusted_path,
                         "users other than its owner can read or change it; chmod 600 it, or make a new key");
    auto key = secret_key::parse(text);
    if (!key) return refuse_it(key.error().code, key.error().message);
    return *key;
}

bool sign(fs::path const& module, secret_key const& key) {
    auto const said = hotswap::inspect(module, {.policy = {.check_ownership = false}, .as_host = false});
    if (!said) return refused(module, said.error());
    if (auto const* const why = said->refusal())
        return refused(module, why->code, why->message + "; " + why->remedy);
    auto const made = key.sign({said->component, said->release, said->digest});
    if (!write(module.string() + ".sig", made.to_text(), 0644)) return false;
    fmt::print("{}.sig: {} {} signed with key {}\n", module.string(), said->component, said->release,
               made.key_id);
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
    auto const key = read_secret(how.keys.front());
    bool good = key.has_value();
    if (key)
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
