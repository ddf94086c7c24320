#include "golden/scenario.hpp"
#include "plugins/sessions.hpp"

#include <fstream>
#include <iterator>

using namespace hotswap_test;

namespace {

std::vector<std::byte> golden(std::size_t version) {
    auto const file =
        std::filesystem::path(HOTSWAP_GOLDEN) / ("session-v" + std::to_string(version) + ".snapshot");
    std::ifstream in(file, std::ios::binary);
    std::string const bytes{std::istreambuf_iterator<char>(in), {}};
    REQUIRE_MESSAGE(!bytes.empty(), file.string());
    auto const view = bytes_of(bytes);
    return {view.begin(), view.end()};
}

}  // namespace

TEST_CASE("golden: every release of the session manager honours the tokens of every earlier version") {
    for (std::size_t version = 0; version != releases.size(); ++version) {
        auto const bytes = golden(version);
        for (std::size_t reader = version; reader != releases.size(); ++reader) {
            CAPTURE(version);
            CAPTURE(reader);
            sessions sessions(releases[reader], {.snapshot = bytes}, still_clock(hotswap_golden::moment));
            CHECK(sessions.user_of("a token of another shape") == "Gräfin von Rügen");
            CHECK(sessions.user_of("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef") ==
                  "ada");
            CHECK(sessions->find("another token")->expires == hotswap_golden::moment + 1h);
            CHECK(sessions->stats().opened == (version > 2 ? 2 : version > 0 ? 1 : 0));
            CHECK(sessions->stats().closed == (version > 0 ? 1 : 0));
            CHECK(sessions->stats().users == (version > 2 ? 4 : 3));
            auto const settings = sessions->current_settings();
            if (version > 0) CHECK(settings.default_timeout == 2h);
            if (version > 1) CHECK(settings.per_user_limit == 3);
            if (version > 2) CHECK(settings.absolute_timeout == 24h);
            if (reader > 2) {
                CHECK(sessions->list("ada").size() == 2);
                CHECK(sessions->find("another token")->attributes.size() == (version > 2 ? 2 : 0));
            }
            if (version > 2) {
                CHECK(sessions->find("another token")->attributes[0].value == "Täschchen");
                auto const zoe = sessions->list("zoe").at(0);
                CHECK(zoe.opened == hotswap_golden::moment);
                CHECK(zoe.expires == hotswap_golden::moment + 2h);
                CHECK(zoe.attributes.at(0).value == "a clock");
            }
            sessions.clock.step(60s);
            CHECK(
                sessions.user_of("fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210").empty());
            if (reader > 2) CHECK(sessions->revoke_user("ada") == 2);
        }
    }
}
