#include "module/digest.hpp"

#include <sodium.h>

#include <new>

namespace hotswap::detail {

namespace {

class hash {
public:
    hash() {
        static bool const ready = sodium_init() >= 0;
        if (!ready || crypto_generichash_init(&state_, nullptr, 0, sizeof(digest)) != 0)
            throw std::bad_alloc();
    }
    hash& add(std::span<std::byte const> bytes) {
        crypto_generichash_update(&state_, reinterpret_cast<unsigned char const*>(bytes.data()),
                                  bytes.size());
        return *this;
    }
    digest finish() {
        digest made{};
        crypto_generichash_final(&state_, made.data(), made.size());
        return made;
    }

private:
    crypto_generichash_state state_;
};

}  // namespace

digest digest_of(std::span<std::byte const> content) { return hash().add(content).finish(); }

digest digest_around(std::span<std::byte const> content, std::span<std::byte const> hole) {
    auto const before = static_cast<std::size_t>(hole.data() - content.data());
    std::array<std::byte, 64> const zeros{};
    hash h;
    h.add(content.first(before));
    for (std::size_t left = hole.size(); left != 0;) {
        auto const some = left < zeros.size() ? left : zeros.size();
        h.add(std::span(zeros).first(some));
        left -= some;
    }
    return h.add(content.subspan(before + hole.size())).finish();
}

std::string hexadecimal(std::span<unsigned char const> bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (unsigned char const b : bytes) {
        text += digits[b >> 4];
        text += digits[b & 15];
    }
    return text;
}

}  // namespace hotswap::detail
