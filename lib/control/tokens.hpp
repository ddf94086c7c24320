// The tokens by which peers over TCP show who they are.
#pragma once

#include <hotswap/control.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace hotswap::detail {

/// Keeps only digests of the secrets.
/// Threads:  [any]
class token_list {
public:
    /// Errors:   invalid_argument: a token without a name or with a short secret, or two of one name.
    static result<token_list> make(std::vector<control_token> const& tokens);

    struct known {
        std::string name{};
        std::string digest{};  // hexadecimal
        control_role role = control_role::none;
    };
    /// The token of that secret; null if there is none.
    /// Cost:     the same for each secret of one length.
    known const* find(std::string_view secret) const;

private:
    std::vector<known> all_;
};

}  // namespace hotswap::detail
