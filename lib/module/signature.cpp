#include "module/signature.hpp"

#include "base/refuse.hpp"
#include "module/release.hpp"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>

namespace hotswap::detail {

namespace {

constexpr char first_line[] = "hotswap-signature 1";

void be_ready() {
    static bool const ready = sodium_init() >= 0;
    if (!ready) throw std::runtime_error("libsodium cannot be used");
}

/// Removes the line `word REST` from the text.
std::optional<std::string> take_line(std::string_view& text, std::string_view word) {
    auto const end = text.find('\n');
    if (end == text.npos || !text.starts_with(word) || text.substr(word.size(), 1) != " ")
        return std::nullopt;
    std::string rest(text.substr(word.size() + 1, end - word.size() - 1));
    text.remove_prefix(end + 1);
    return rest;
}

std::string ids_of(std::span<public_key const> keys) {
    std::string text;
    for (public_key const& key : keys) text += (text.empty() ? "" : ", ") + key.id();
    return text;
}

finding bad(std::string_view name, std::string offender, std::string_view how, std::string remedy) {
    return refusing(errc::bad_signature, std::move(offender), fmt::format("{}.sig {}", name, how),
                    std::move(remedy));
}

/// The file's name decides which file is a family's newest release, so it must not name another release than
/// was signed.
bool is_named_otherwise(std::string_view name, signed_facts const& facts) {
    auto const family = family_of(std::string(name));
    return !family.empty() && name != fmt::format("{}-{}.so", facts.component, facts.release);
}

}  // namespace

bool from_hexadecimal(std::string_view text, std::span<unsigned char> out) {
    std::size_t size = 0;
    char const* end = nullptr;
    return text.size() == 2 * out.size() &&
           sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, &end) == 0 &&
           size == out.size() && end == text.data() + text.size();
}

std::optional<std::string> only_line(std::string_view text) {
    std::optional<std::string> found;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
        if (line.empty() || line.front() == '#') continue;
        if (found) return std::nullopt;
        found.emplace(line);
    }
    return found;
}

std::optional<signature> signature::parse(std::string_view text) {
    auto const whole = text;
    signature made;
    auto const head = take_line(text, "hotswap-signature");
    auto key = take_line(text, "key");
    auto component = take_line(text, "component");
    auto release = take_line(text, "release");
    auto digest = take_line(text, "digest");
    auto const bytes = take_line(text, "signature");
    if (!head || !key || !component || !release || !digest || !bytes || !from_hexadecimal(*bytes, made.bytes))
        return std::nullopt;
    made.key_id = std::move(*key);
    made.facts = {std::move(*component), std::move(*release), std::move(*digest)};
    // There is only one way to write a signature: any other text does not come from the signing tool.
    if (made.to_text() != whole) return std::nullopt;
    return made;
}

std::string signature::message() const {
    return fmt::format("{}\nkey {}\ncomponent {}\nrelease {}\ndigest {}\n", first_line, key_id,
                       facts.component, facts.release, facts.digest);
}

std::string signature::to_text() const { return message() + "signature " + hexadecimal(bytes) + "\n"; }

secret_key::secret_key() {
    be_ready();
    public_key ignored;
    crypto_sign_keypair(ignored.bytes.data(), bytes_.data());
}

secret_key::secret_key(std::array<unsigned char, 32> const& seed) {
    be_ready();
    public_key ignored;
    crypto_sign_seed_keypair(ignored.bytes.data(), bytes_.data(), seed.data());
}

secret_key::~secret_key() { sodium_memzero(bytes_.data(), bytes_.size()); }

result<secret_key> secret_key::parse(std::string_view text) {
    auto const line = only_line(text);
    std::array<unsigned char, 32> seed{};
    if (!line || !from_hexadecimal(*line, seed))
        return refuse(errc::invalid_argument, phase::none,
                      "a secret key is one line of 64 hexadecimal digits, which this is not; make one with "
                      "hotswap-sign keygen");
    secret_key made(seed);
    sodium_memzero(seed.data(), seed.size());
    return made;
}

std::string secret_key::to_text() const {
    return fmt::format("# hotswap secret key {}: a person who has it can sign modules\n{}\n",
                       public_half().id(), hexadecimal(std::span(bytes_).first(32)));
}

public_key secret_key::public_half() const {
    public_key made;
    crypto_sign_ed25519_sk_to_pk(made.bytes.data(), bytes_.data());
    return made;
}

signature secret_key::sign(signed_facts facts) const {
    signature made;
    made.key_id = public_half().id();
    made.facts = std::move(facts);
    made.bytes = sign_text(made.message());
    return made;
}

std::array<unsigned char, 64> secret_key::sign_text(std::string_view text) const {
    std::array<unsigned char, 64> made{};
    crypto_sign_detached(made.data(), nullptr, reinterpret_cast<unsigned char const*>(text.data()),
                         text.size(), bytes_.data());
    return made;
}

bool is_signed_by(public_key const& key, std::string_view text,
                  std::array<unsigned char, 64> const& signature) {
    be_ready();
    return crypto_sign_verify_detached(signature.data(), reinterpret_cast<unsigned char const*>(text.data()),
                                       text.size(), key.bytes.data()) == 0;
}

std::string to_text(public_key const& key) {
    return fmt::format("# hotswap public key {}\n{}\n", key.id(), hexadecimal(key.bytes));
}

checked<std::string> check_signature(std::optional<std::string> const& text, signed_facts const& facts,
                                     std::string_view name, std::span<public_key const> trusted) {
    be_ready();
    if (!text)
        return refusing(
            errc::missing_signature, fmt::format("{}.sig", name),
            fmt::format("{} has no signature next to it, one by {} was expected", name, ids_of(trusted)),
            "sign it with hotswap-sign and put the .sig next to it");
    auto const given = signature::parse(*text);
    if (!given)
        return bad(name, "the signature", "is cut short, damaged or not a signature",
                   "sign the module again");
    auto const message = given->message();
    bool known = false;
    auto const fits = [&](public_key const& key) {
        if (key.id() != given->key_id) return false;
        known = true;
        return is_signed_by(key, message, given->bytes);
    };
    if (std::none_of(trusted.begin(), trusted.end(), fits)) {
        if (!known)
            return bad(
                name, given->key_id,
                fmt::format("was made with key {}, the trusted keys are {}", given->key_id, ids_of(trusted)),
                "sign the module with a trusted key, or trust that key");
        return bad(name, given->key_id, fmt::format("was not made with key {}, as it claims", given->key_id),
                   "sign the module again");
    }
    if (given->facts != facts)
        return bad(name, given->key_id,
                   fmt::format("was made for {} {} with digest {}, the module is {} {} with digest {}",
                               given->facts.component, given->facts.release, given->facts.digest,
                               facts.component, facts.release, facts.digest),
                   "sign this file");
    if (is_named_otherwise(name, facts))
        return bad(name, given->key_id,
                   fmt::format("was made for {} {}, but the file's name gives another release",
                               facts.component, facts.release),
                   fmt::format("rename the file to {}-{}.so", facts.component, facts.release));
    return given->key_id;
}

}  // namespace hotswap::detail

namespace hotswap {

result<public_key> public_key::parse(std::string_view text) {
    auto const line = detail::only_line(text);
    public_key made;
    if (!line || !detail::from_hexadecimal(*line, made.bytes))
        return detail::refuse(
            errc::invalid_argument, phase::none,
            "a public key is one line of 64 hexadecimal digits, which this is not; take the .pub "
            "file that hotswap-sign keygen wrote");
    return made;
}

std::string public_key::id() const {
    return detail::hexadecimal(detail::digest_of(std::as_bytes(std::span(bytes)))).substr(0, 16);
}

}  // namespace hotswap
