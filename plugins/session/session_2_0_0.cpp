// Release 2.0.0 of the session manager: stores only keyed hashes of tokens, renews sessions on use, limits the sessions
// of a user.
#include "session/hashed_sessions.hpp"
#include "session/legacy_text.hpp"
#include "session/migrations/0_1.hpp"
#include "session/migrations/1_2.hpp"
#include "session/states/v2.hpp"

#include <hotswap/component.hpp>

namespace hotswap::plugins {

class session_2_0_0 final : public hashed_sessions<session_states::v2::state> {
public:
    using state = session_states::v2::state;
    using history =
        hotswap::history<&session_states::upgrade_0_1, hotswap::lossy<&session_states::downgrade_1_0>,
                         &session_states::upgrade_1_2, hotswap::lossy<&session_states::downgrade_2_1>>;

    static session_states::v0::state adopt(std::span<std::byte const> text) { return read_legacy_text(text); }
    static void validate(state const& given) { check_settings(settings_in(given.config)); }

    session_2_0_0(hotswap::host& host, state& live) : hashed_sessions(host, live, "2.0.0") {}

    using hashed_sessions::open;
    std::string open(std::string_view user, contracts::session_options const& options) override {
        check_user(user);
        if (options.absolute != nanoseconds::zero()) refuse_lacking(release_, "absolute timeouts", "3.0.0");
        if (!options.attributes.empty()) refuse_lacking(release_, "attributes", "3.0.0");
        auto const lifetime = ttl_of(options);
        time const now = host_.now();
        return begin({.user = std::string(user),
                      .opened = now,
                      .expires = now + lifetime,
                      .lifetime = lifetime,
                      .last_seen = now});
    }
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::session_2_0_0)
