#include "control/tokens.hpp"

#include "base/refuse.hpp"
#include "module/digest.hpp"

#include <sodium/utils.h>

#include <algorithm>
#include <span>

namespace hotswap::detail {

namespace {

constexpr std::size_t least_secret = 32;

std::string digest_of(std::string_view secret) { return content_digest(std::as_bytes(std::span(secret))); }

}  // namespace

result<token_list> token_list::make(std::vector<control_token> const& tokens) {
    token_list made;
    for (auto const& each : tokens) {
        if (each.name.empty() || each.secret.size() < least_secret)
            return refuse(
                errc::invalid_argument, phase::none,
                "the token \"{}\" has a secret of {} characters; give each token a name and at least {} "
                "random characters, for instance of `openssl rand -hex 32`",
                each.name, each.secret.size(), least_secret);
        if (std::ranges::count(tokens, each.name, &control_token::name) > 1)
            return refuse(errc::invalid_argument, phase::none,
                          "two tokens are called \"{}\"; the audit could not tell them apart", each.name);
        made.all_.push_back({each.name, digest_of(each.secret), each.role});
    }
    return made;
}

token_list::known const* token_list::find(std::string_view secret) const {
    auto const digest = digest_of(secret);
    known const* found = nullptr;
    for (auto const& each : all_)
        if (::sodium_memcmp(each.digest.data(), digest.data(), digest.size()) == 0) found = &each;
    return found;
}

}  // namespace hotswap::detail
