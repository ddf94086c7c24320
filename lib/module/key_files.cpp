#include "module/key_files.hpp"

#include "base/refuse.hpp"
#include "module/file_io.hpp"

#include <hotswap/inspect.hpp>

#include <sys/stat.h>

#include <span>
#include <string_view>
#include <system_error>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

result<void> write(fs::path const& file, std::string_view text, mode_t mode) {
    int const error = replace_file(file, std::as_bytes(std::span(text)), mode);
    if (error == 0) return {};
    return refuse(errc::control_failed, phase::none,
                  "{} cannot be written ({}); choose another place or make it writable", file.string(),
                  std::generic_category().message(error));
}

}  // namespace

result<public_key> make_key_files(fs::path const& directory, bool replaces) {
    auto const secret_file = directory / "hotswap.key";
    auto const public_file = directory / "hotswap.pub";
    for (auto const& file : {secret_file, public_file})
        if (!replaces && fs::exists(fs::symlink_status(file)))
            return refuse(
                errc::invalid_argument, phase::none,
                "{}: there is a key already; choose another directory, or replace the key with --force",
                file.string());
    std::error_code error;
    fs::create_directories(directory, error);
    secret_key const key;
    if (auto written = write(secret_file, key.to_text(), 0600); !written) return written.error();
    if (auto written = write(public_file, to_text(key.public_half()), 0644); !written) return written.error();
    return key.public_half();
}

result<secret_key> read_secret_key(fs::path const& file) {
    auto const refused = [&file](errc code, std::string_view why) {
        return refuse(code, phase::none, "{}: {}", file.string(), why);
    };
    struct ::stat found {};
    if (::stat(file.c_str(), &found) != 0)
        return refused(errc::no_such_file,
                       "there is no key; name the hotswap.key that `hotswap keygen` has made");
    auto const content = read_regular_file(file);
    if (!content) return refused(content.error().code, content.error().message);
    std::string_view const text(reinterpret_cast<char const*>(content->data()), content->size());
    // A public key has the form of a secret one, and no host could check its signatures.
    if (text.starts_with("# hotswap public key"))
        return refused(errc::invalid_argument, "this is a public key; sign with the secret one, hotswap.key");
    if ((found.st_mode & 077U) != 0)
        return refused(errc::untrusted_path,
                       "users other than its owner can read or change it; chmod 600 it, or make a new key");
    auto key = secret_key::parse(text);
    if (!key) return refused(key.error().code, key.error().message);
    return key;
}

result<signature> sign_module(fs::path const& module, secret_key const& key) {
    auto const said = hotswap::inspect(module, {.policy = {.check_ownership = false}, .as_host = false});
    if (!said) return said.error();
    if (auto const* const why = said->refusal())
        return refuse(why->code, phase::verify, "{}; {}", why->message, why->remedy);
    auto made = key.sign({said->component, said->release, said->digest});
    if (auto written = write(module.string() + ".sig", made.to_text(), 0644); !written)
        return written.error();
    return made;
}

}  // namespace hotswap::detail
