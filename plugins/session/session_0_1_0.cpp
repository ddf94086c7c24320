// Release 0.1.0 of the session manager: tokens and users, from before states had versions.
#include "session/legacy_text.hpp"
#include "session/settings.hpp"
#include "session/states/v0.hpp"
#include "session/token_table.hpp"

#include <hotswap/component.hpp>

#include <functional>

namespace hotswap::plugins {

class session_0_1_0 final : public contracts::session {
public:
    using state = session_states::v0::state;

    static session_states::v0::state adopt(std::span<std::byte const> text) { return read_legacy_text(text); }

    session_0_1_0(hotswap::host& host, state& live) : host_(host), table_(live.shards, std::identity{}) {
        use_sodium();
        host_.every(std::chrono::seconds{60}, [this] { forget_expired(); });
    }

    std::string open(std::string_view user, std::chrono::nanoseconds ttl) override {
        check_user(user);
        time const expires = host_.now() + checked_ttl(ttl, std::chrono::hours{1});
        std::string token = new_token();
        table_.in_shard_of(token, [&](auto& map, std::size_t) {
            map.try_emplace(token, session_states::v0::session{std::string(user), expires});
        });
        return token;
    }

    std::optional<contracts::session_info> find(std::string_view token) override {
        return find_at(token, host_.now());
    }
    std::vector<std::optional<contracts::session_info>> find(
        std::span<std::string_view const> tokens) override {
        return find_each(tokens, [this, now = time(host_.now())](auto token) { return find_at(token, now); });
    }

    bool close(std::string_view token) override {
        time const now = host_.now();
        bool live = false;
        table_.with(token, [&](auto& map, auto at, std::size_t) {
            live = at->second.expires > now;
            map.erase(at);
        });
        return live;
    }

    void configure(contracts::session_settings const& wanted) override {
        if (wanted != contracts::session_settings{})
            throw std::invalid_argument("session 0.1.0 has no settings; swap to 1.0.0 or newer first");
    }
    contracts::session_settings current_settings() override { return {}; }

    contracts::session_statistics stats() override {
        contracts::session_statistics sum;
        table_.each([&sum](auto& map, std::size_t) { sum.live += map.size(); });
        return sum;
    }

private:
    std::optional<contracts::session_info> find_at(std::string_view token, time now) {
        std::optional<contracts::session_info> found;
        table_.with(token, [&](auto&, auto at, std::size_t) {
            if (at->second.expires > now) found = {at->second.user, at->second.expires};
        });
        return found;
    }

    void forget_expired() {
        time const now = host_.now();
        table_.each([now](auto& map, std::size_t) {
            std::erase_if(map, [now](auto const& entry) { return entry.second.expires <= now; });
        });
    }

    hotswap::host& host_;
    token_table<session_states::v0::shard> table_;
};

}  // namespace hotswap::plugins

HOTSWAP_COMPONENT(hotswap::plugins::session_0_1_0)
