#include "module/digest.hpp"

#include <sodium.h>

namespace hotswap::detail {

std::string digest_of(std::span<std::byte const> content) {
    static int const ready = sodium_init();
    static_cast<void>(ready);
    unsigned char hash[32];
    crypto_generichash(hash, sizeof hash, reinterpret_cast<unsigned char const*>(content.data()),
                       content.size(), nullptr, 0);
    std::string text(2 * sizeof hash + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), hash, sizeof hash);
    text.pop_back();
    return text;
}

}  // namespace hotswap::detail
