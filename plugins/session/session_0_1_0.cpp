// Release 0.1.0 of the session manager: tokens and users, from before states had versions.
#include "session/legacy_text.hpp"
#include "session/states/v0.hpp"
#include "session/text_sessions.hpp"

#include <hotswap/component.hpp>

namespace hotswap::plugins {

class session_0_1_0 final : public text_sessions<session_states::v0::state> {
public:
    using state = session_states::v0::state;

    static session_states::v0::state adopt(std::span<std::byte const> text) { return read_legacy_text(text); }

    session_0_1_0(hotswap::host& host, state& live) : text_sessions(host, live, "0.1.0") {}
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::session_0_1_0)
