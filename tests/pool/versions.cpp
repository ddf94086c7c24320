// Manifests that are kept for a rollback, and signed ones.
#include "pool/fixture.hpp"

#include "module/key_files.hpp"

using namespace hotswap_test;
using hotswap::errc;

TEST_CASE("pools: a rollback applies an earlier manifest again, with the files that it had then") {
    pools at;
    for (std::string const version : {"1.0.0", "1.1.0", "1.2.0"}) {
        at.source("a", "a of " + version);
        at.one_pool({"a"}, R"(["true"])", version);
        REQUIRE(at.apply_one().outcome == pool_outcome::applied);
    }
    auto const kept = hotswap::list_pool_versions(at.state()).value();
    REQUIRE(kept.size() == 3);
    CHECK(kept[0].schema_version == "1.2.0");
    CHECK(kept[0].is_last);
    CHECK(hotswap::rollback_pools("", at.options()).value().schema_version == "1.1.0");
    CHECK(content(at.www("a")) == "a of 1.1.0");
    CHECK(hotswap::rollback_pools("1.0.0", at.options()).value().pools[0].outcome == pool_outcome::applied);
    CHECK(content(at.www("a")) == "a of 1.0.0");
    CHECK(hotswap::rollback_pools(kept[0].digest.substr(0, 12), at.options()).has_value());
    CHECK(content(at.www("a")) == "a of 1.2.0");
    std::ofstream(at.state() / "versions" / kept[1].digest / "src" / "a") << "altered";
    auto const altered = hotswap::rollback_pools("1.1.0", at.options());
    REQUIRE(altered.has_error());
    CHECK(altered.error().code == errc::pool_damaged);
    auto const unknown = hotswap::rollback_pools("7", at.options());
    REQUIRE(unknown.has_error());
    CHECK(unknown.error().code == errc::pool_refused);
    CHECK(content(at.www("a")) == "a of 1.2.0");
}

TEST_CASE("pools: as many manifests are kept as the options say, and one whose pools did not hold is not") {
    pools at;
    auto few = at.options();
    few.kept_versions = 2;
    for (int i = 0; i != 4; ++i) {
        at.source("a", std::to_string(i));
        at.one_pool({"a"}, R"(["true"])", std::to_string(i));
        at.apply(few);
    }
    at.one_pool({"a"}, R"(["false"])", "bad");
    at.apply(few);
    auto const kept = hotswap::list_pool_versions(at.state()).value();
    REQUIRE(kept.size() == 2);
    CHECK(kept[0].schema_version == "3");
    CHECK(kept[1].schema_version == "2");
}

namespace {

struct signed_pools : pools {
    signed_pools() {
        key = hotswap::detail::make_key_files(root / "keys", false).value();
        source("a", "new");
        one_pool({"a"}, R"(["true"])");
    }
    hotswap::pool_options trusting() const {
        auto made = options();
        made.trusted_keys = {key};
        return made;
    }
    void sign() const { hotswap::sign_pools(hotfix(), root / "keys/hotswap.key").value(); }

    hotswap::public_key key;
};

}  // namespace

TEST_CASE("pools: with a key, only what was signed is applied, and each file that was altered is named") {
    signed_pools at;
    auto const refused = [&] {
        auto const done = hotswap::apply_pools(at.hotfix(), at.trusting());
        REQUIRE(done.has_error());
        CHECK(done.error().code == errc::pool_refused);
        CHECK(content(at.www("a")) == "(none)");
        return done.error().message;
    };
    CHECK(has(refused(), "index.json.sig"));
    at.sign();
    SUBCASE("a file with other content") {
        at.source("a", "altered");
        CHECK(has(refused(), "src/a is not as it was signed"));
    }
    SUBCASE("a file that was added") {
        at.source("b", "new");
        CHECK(has(refused(), "src/b is not signed"));
    }
    SUBCASE("a file that is gone") {
        fs::remove(at.hotfix() / "src/a");
        CHECK(has(refused(), "src/a is missing"));
    }
    SUBCASE("another manifest") {
        at.one_pool({"a"}, R"(["true"])", "2");
        CHECK(has(refused(), "index.json is not as it was signed"));
    }
    SUBCASE("another key") {
        auto const other = hotswap::detail::make_key_files(at.root / "other", false).value();
        at.key = other;
        CHECK(has(refused(), "trusted are " + other.id()));
    }
    SUBCASE("a signature that was altered") {
        auto text = content(at.hotfix() / "index.json.sig");
        text[text.size() - 2] = text[text.size() - 2] == '0' ? '1' : '0';
        std::ofstream(at.hotfix() / "index.json.sig") << text;
        CHECK(has(refused(), "was not made with the key"));
    }
    SUBCASE("a signature that is cut short") {
        std::ofstream(at.hotfix() / "index.json.sig") << "hotswap-pools-signature 1\n";
        CHECK(has(refused(), "cut short"));
    }
}

TEST_CASE("pools: what is signed is applied, and a rollback to it needs its signature too") {
    signed_pools at;
    at.sign();
    CHECK(hotswap::apply_pools(at.hotfix(), at.trusting()).value().pools[0].outcome == pool_outcome::applied);
    at.source("a", "newer");
    at.one_pool({"a"}, R"(["true"])", "2");
    at.sign();
    CHECK(hotswap::apply_pools(at.hotfix(), at.trusting()).value().pools[0].outcome == pool_outcome::applied);
    CHECK(hotswap::rollback_pools("1.0.0", at.trusting()).has_value());
    CHECK(content(at.www("a")) == "new");
    fs::remove(at.state() / "versions" / hotswap::list_pool_versions(at.state()).value().at(1).digest /
               "index.json.sig");
    CHECK(hotswap::rollback_pools("2", at.trusting()).has_error());
}
