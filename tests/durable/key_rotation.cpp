// Keys are rotated as docs/security.md says, with a store.
#include "durable/stored_house.hpp"
#include "module/digest.hpp"
#include "module/file_io.hpp"
#include "module/signature.hpp"

#include <hotswap/inspect.hpp>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::detail::secret_key;

namespace {

void sign_with(secret_key const& key, fs::path const& file) {
    auto const facts = hotswap::inspect(file).value();
    std::ofstream(file.string() + ".sig", std::ios::trunc)
        << key.sign({facts.component, facts.release, facts.digest}).to_text();
}

struct signed_house : stored_house {
    signed_house() {
        for (auto const* const release : {"1.0.0", "2.0.0"}) {
            files.push_back(bring(tally_file(release), std::string("tally-") + release + ".so"));
            sign_with(old_key, files.back());
        }
        trust({&old_key});
        load<tally>("sums", files[0])->add("a", 1);
        runtime->swap("sums", {.module = files[1]}).value();
    }
    void trust(std::vector<secret_key const*> const& keys) {
        options.trust.trusted_keys.clear();
        for (auto const* const key : keys) options.trust.trusted_keys.push_back(key->public_half());
        start();
    }

    secret_key old_key;
    secret_key new_key;
    std::vector<fs::path> files;
};

}  // namespace

TEST_CASE(
    "key rotation: trust both, sign anew, trust the new one alone: the store comes back, and so does a "
    "revert") {
    signed_house at;
    SUBCASE("signed before the restart that trusts both") {
        for (auto const& file : at.files) sign_with(at.new_key, file);
        at.trust({&at.old_key, &at.new_key});
        at.runtime->recover().value();
        CHECK(names(at.told, {"tally-1.0.0.so was signed again", "tally-2.0.0.so was signed again"}));
        CHECK(at.runtime->checkpoint().has_value());
        for (auto const& file : at.files) fs::remove(file.string() + ".sig");  // the store has them
    }
    SUBCASE("signed while a runtime that trusts both is at work") {
        at.trust({&at.old_key, &at.new_key});
        at.runtime->recover().value();
        for (auto const& file : at.files) sign_with(at.new_key, file);
        CHECK(at.runtime->checkpoint().has_value());
    }
    at.trust({&at.new_key});
    auto const back = at.runtime->recover();
    REQUIRE_MESSAGE(back.has_value(), back.error().message);
    CHECK(at.find<tally>("sums")->total("a") == 1);
    auto const reverted = at.runtime->revert("sums");
    REQUIRE_MESSAGE(reverted.has_value(), reverted.error().message);
    CHECK(at.find<tally>("sums")->code() == "tally 1.0.0");
}

TEST_CASE(
    "key rotation: a signature of another content, or of a key that is not trusted, does not take the stored "
    "one's place") {
    signed_house at;
    secret_key const stranger;
    SUBCASE("of another content") {
        fs::copy_file(at.files[0], at.files[1], fs::copy_options::overwrite_existing);
        sign_with(at.old_key, at.files[1]);
    }
    SUBCASE("of a stranger") { sign_with(stranger, at.files[1]); }
    at.trust({&at.old_key});
    CHECK(at.runtime->recover().value().at(0).running.release == "2.0.0");
    at.trust({&at.new_key});
    CHECK(at.runtime->recover().error().code == errc::bad_signature);
}
