// Detached signatures of modules: Ed25519 over digest, component and release.
#pragma once

#include "module/checked.hpp"
#include "module/digest.hpp"

#include <hotswap/detail/module/public_key.hpp>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hotswap::detail {

/// The facts that a signature confirms.
struct signed_facts {
    std::string component;
    std::string release;
    std::string digest;  ///< of the whole file, hexadecimal
    friend bool operator==(signed_facts const&, signed_facts const&) = default;
};

/// A signature as in the file next to the module.
struct signature {
    std::string key_id;
    signed_facts facts;
    std::array<unsigned char, 64> bytes{};

    static std::optional<signature> parse(std::string_view text);
    std::string to_text() const;
    /// The bytes that are signed: all lines but the last.
    std::string message() const;
};

/// The secret half of a key; wiped with its owner.
class secret_key {
public:
    /// A new key.
    secret_key();
    /// Reads a key that `to_text` wrote.
    /// Errors:   invalid_argument.
    static result<secret_key> parse(std::string_view text);
    ~secret_key();
    secret_key(secret_key const&) = default;
    secret_key& operator=(secret_key const&) = default;

    std::string to_text() const;
    public_key public_half() const;
    signature sign(signed_facts facts) const;
    std::array<unsigned char, 64> sign_text(std::string_view text) const;

private:
    explicit secret_key(std::array<unsigned char, 32> const& seed);
    std::array<unsigned char, 64> bytes_{};
};

bool is_signed_by(public_key const& key, std::string_view text,
                  std::array<unsigned char, 64> const& signature);

/// The one line of a key's file: hexadecimal digits; other lines are comments.
std::optional<std::string> only_line(std::string_view text);
/// Reads exactly `out.size()` bytes of hexadecimal digits.
bool from_hexadecimal(std::string_view text, std::span<unsigned char> out);
/// The content of a public key's file.
std::string to_text(public_key const& key);

/// The id of the trusted key that signed the module with these facts and the file name `name`.
/// Errors:   missing_signature, bad_signature.
checked<std::string> check_signature(std::optional<std::string> const& text, signed_facts const& facts,
                                     std::string_view name, std::span<public_key const> trusted);

}  // namespace hotswap::detail
