// Release 1.0.0 of the session manager: settings and counts.
#include "session/legacy_text.hpp"
#include "session/migrations/0_1.hpp"
#include "session/states/v1.hpp"
#include "session/text_sessions.hpp"

#include <hotswap/component.hpp>

namespace hotswap::plugins {

class session_1_0_0 final : public text_sessions<session_states::v1::state> {
public:
    using state = session_states::v1::state;
    using history =
        hotswap::history<&session_states::upgrade_0_1, hotswap::lossy<&session_states::downgrade_1_0>>;

    static session_states::v0::state adopt(std::span<std::byte const> text) { return read_legacy_text(text); }
    static void validate(state const& given) { check_settings(settings_in(given.config)); }

    session_1_0_0(hotswap::host& host, state& live) : text_sessions(host, live, "1.0.0") {}
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::session_1_0_0)
