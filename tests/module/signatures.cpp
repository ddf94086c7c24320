// Signed modules, and hotswap-sign from the command line.
#include "module/altered.hpp"
#include "module/command.hpp"
#include "module/files.hpp"
#include "module/fixtures/probe.hpp"
#include "module/module_file.hpp"

#include <hotswap/inspect.hpp>
#include <hotswap/runtime.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

using hotswap::errc;
using hotswap::failure;
using hotswap::public_key;
using hotswap::detail::staging_area;
using test::answer;
using test::refusal;
using test::scratch;

namespace fs = std::filesystem;

namespace {

answer sign(std::string const& words) { return test::run_command(HOTSWAP_TEST_SIGN, words); }

bool has(answer const& given, std::string_view words) { return given.has(words); }

std::string text_of(fs::path const& file) {
    auto const content = test::read(file);
    return {reinterpret_cast<char const*>(content.data()), content.size()};
}

/// Two keys, and two releases signed with the first.
struct shop {
    scratch here;
    fs::path const one = here / "plain-1.0.0.so";
    fs::path const two = here / "plain-2.0.0.so";

    shop() {
        for (char const* const key : {"first", "second"})
            REQUIRE(sign("keygen " + (here / key).string()).status == 0);
        for (fs::path const& module : {one, two}) {
            fs::copy_file(test::modules / module.filename(), module);
            REQUIRE(sign_with("first", module).status == 0);
        }
    }
    answer sign_with(char const* key, fs::path const& module) const {
        return sign("sign --key " + (here / key / "hotswap.key").string() + " " + module.string());
    }
    public_key key(char const* name) const { return public_key::read(here / name / "hotswap.pub").value(); }

    /// The reason why a host that trusts those keys refuses the module; nothing if the host accepts it.
    failure judge(fs::path const& module, std::vector<public_key> keys) const {
        staging_area area(here / "stage", {.trusted_keys = std::move(keys)});
        auto const staged = area.stage(module, module.filename().string());
        if (!staged) return staged.error();
        auto const verified = hotswap::detail::verify_module(*staged, area.policy());
        return verified ? failure{} : verified.error();
    }
};

}  // namespace

TEST_CASE("signature: a module signed with a trusted key is taken, any one of several") {
    shop const at;
    CHECK(at.judge(at.one, {at.key("first")}).code == errc{});
    CHECK(at.judge(at.one, {at.key("second"), at.key("first")}).code == errc{});
    auto const said = hotswap::inspect(at.one, {.policy = {.trusted_keys = {at.key("first")}}}).value();
    CHECK(said.refusal() == nullptr);
    CHECK(said.signed_by == at.key("first").id());
}

TEST_CASE("signature: a missing one is refused, naming the keys that were expected") {
    shop const at;
    fs::remove(at.one.string() + ".sig");
    auto const why = at.judge(at.one, {at.key("first"), at.key("second")});
    CHECK(why.code == errc::missing_signature);
    CHECK(why.phase == hotswap::phase::verify);
    CHECK_SAYS(why, "plain-1.0.0.so has no signature");
    CHECK_SAYS(why, at.key("first").id());
    CHECK_SAYS(why, at.key("second").id());
    CHECK_SAYS(why, "hotswap-sign");
    CHECK(at.judge(at.one, {}).code == errc{});  // no key is required
}

TEST_CASE("signature: one by a key that is not trusted is refused, naming both keys") {
    shop const at;
    auto const why = at.judge(at.one, {at.key("second")});
    CHECK(why.code == errc::bad_signature);
    CHECK_SAYS(why, at.key("first").id());
    CHECK_SAYS(why, at.key("second").id());
}

TEST_CASE("signature: one that claims another key's name is refused") {
    shop const at;
    auto text = text_of(at.one.string() + ".sig");
    auto const id = at.key("first").id();
    text.replace(text.find(id), id.size(), at.key("second").id());
    test::write(at.one.string() + ".sig", text);
    auto const why = at.judge(at.one, {at.key("first"), at.key("second")});
    CHECK(why.code == errc::bad_signature);
    CHECK_SAYS(why, "was not made with key " + at.key("second").id());
}

TEST_CASE("signature: truncated at any byte, or with any byte altered, it is refused") {
    shop const at;
    auto const text = text_of(at.one.string() + ".sig");
    auto const keys = std::vector{at.key("first")};
    std::size_t accepted = 0;
    hotswap::inspect_options const options{.policy = {.trusted_keys = keys}};
    auto const refuses = [&](std::string_view altered) {
        test::write(at.one.string() + ".sig", altered);
        auto const said = hotswap::inspect(at.one, options).value();
        return said.refusal() != nullptr && said.refusal()->code == errc::bad_signature;
    };
    for (std::size_t size = 0; size != text.size(); ++size) accepted += !refuses(text.substr(0, size));
    for (std::size_t i = 0; i != text.size(); ++i) {
        auto altered = text;
        altered[i] = static_cast<char>(altered[i] ^ 1);
        accepted += !refuses(altered);
    }
    accepted += !refuses(text + "\n");
    accepted += !refuses(std::string(1 << 20, 'x'));
    CHECK(accepted == 0);
}

TEST_CASE("signature: one that was made for another release is refused, naming both") {
    shop const at;
    fs::copy_file(at.one.string() + ".sig", at.two.string() + ".sig", fs::copy_options::overwrite_existing);
    auto const why = at.judge(at.two, {at.key("first")});
    CHECK(why.code == errc::bad_signature);
    CHECK_SAYS(why, "was made for plain 1.0.0");
    CHECK_SAYS(why, "the module is plain 2.0.0");
}

TEST_CASE("signature: an old release under a newer one's name, or another component's, is refused") {
    shop const at;
    for (char const* const name : {"plain-9.0.0.so", "session-1.0.0.so"}) {
        fs::copy_file(at.one, at.here / name);
        fs::copy_file(at.one.string() + ".sig", (at.here / name).string() + ".sig");
        auto const why = at.judge(at.here / name, {at.key("first")});
        CHECK(why.code == errc::bad_signature);
        CHECK_SAYS(why, "plain-1.0.0.so");
    }
}

TEST_CASE("signature: a module that was altered and sealed again after it was signed is refused") {
    shop const at;
    auto file = test::unsealed(test::read(at.one));
    test::write(at.one, file);
    auto const why = at.judge(at.one, {at.key("first")});
    CHECK(why.code == errc::bad_signature);
    CHECK_SAYS(why, "digest");
}

TEST_CASE("signature: keys are rotated by trusting both for a while, then only the new one") {
    shop const at;
    auto const old_key = at.key("first");
    auto const new_key = at.key("second");
    CHECK(at.judge(at.one, {old_key, new_key}).code == errc{});
    REQUIRE(at.sign_with("second", at.two).status == 0);
    CHECK(at.judge(at.two, {old_key, new_key}).code == errc{});
    CHECK(at.judge(at.two, {new_key}).code == errc{});
    CHECK(at.judge(at.one, {new_key}).code == errc::bad_signature);
    CHECK(at.judge(at.two, {old_key}).code == errc::bad_signature);
}

TEST_CASE("signature: the private copy keeps it, so that a revert is judged alike") {
    shop const at;
    staging_area area(at.here / "stage", {.trusted_keys = {at.key("first")}});
    auto first = area.stage(at.one, "plain-1.0.0.so").value();
    fs::remove(at.one.string() + ".sig");
    auto const again = area.stage(first.path(), first.name()).value();
    CHECK(hotswap::detail::verify_module(again, area.policy()).has_value());
}

TEST_CASE(
    "signature: a store keeps it with the module, so that a recovery and a revert after it are judged "
    "alike") {
    shop const at;
    hotswap::runtime_options const options{.modules = at.here.path(),
                                           .staging = at.here / "stage",
                                           .log_to_stderr = false,
                                           .trust = {.trusted_keys = {at.key("first")}},
                                           .store = at.here / "store"};
    {
        hotswap::runtime runtime(options);
        REQUIRE(runtime.load<test::probe>("plain", {.module = at.one}).has_value());
        REQUIRE(runtime.swap("plain", {.module = at.two}).has_value());
    }
    for (fs::path const& module : {at.one, at.two}) fs::remove(module.string() + ".sig");
    hotswap::runtime runtime(options);
    auto const back = runtime.recover();
    REQUIRE_MESSAGE(back.has_value(), back.error().message);
    auto const it = runtime.find<test::probe>("plain").value();
    CHECK(it->ask("virtual") == "2");
    auto const reverted = runtime.revert("plain");
    REQUIRE_MESSAGE(reverted.has_value(), reverted.error().message);
    CHECK(it->ask("virtual") == "1");
    CHECK(refusal(runtime.swap("plain", {.module = at.two})).code == errc::missing_signature);
}

TEST_CASE("signature: one that others could write, or that is a link, is not read") {
    shop const at;
    REQUIRE(chmod((at.one.string() + ".sig").c_str(), 0666) == 0);
    CHECK(at.judge(at.one, {at.key("first")}).code == errc::untrusted_path);
    fs::rename(at.one.string() + ".sig", at.here / "elsewhere");
    fs::create_symlink(at.here / "elsewhere", at.one.string() + ".sig");
    CHECK(at.judge(at.one, {at.key("first")}).code == errc::not_regular_file);
}

TEST_CASE("public_key: it is read from hexadecimal text with comments, and from nothing else") {
    std::string const digits(64, 'a');
    auto const key = public_key::parse("# whose\n\n  ").has_value();
    CHECK_FALSE(key);
    CHECK(public_key::parse(digits).value().bytes[31] == 0xaa);
    CHECK(public_key::parse("# whose\r\n" + digits + "\r\n").value() == public_key::parse(digits).value());
    for (std::string const& text : {std::string(), digits.substr(1), digits + "a", digits + "\n" + digits,
                                    std::string(64, 'x'), digits.substr(2) + "  ", "a " + digits.substr(2)}) {
        auto const why = refusal(public_key::parse(text));
        CHECK(why.code == errc::invalid_argument);
        CHECK_SAYS(why, "64 hexadecimal digits");
    }
    CHECK(public_key::parse(digits).value().id().size() == 16);
}

TEST_CASE("hotswap-sign: a secret key is its owner's alone, and never overwritten unless told so") {
    scratch const here;
    auto const made = sign("keygen " + (here / "keys").string());
    CHECK(made.status == 0);
    struct stat found {};
    REQUIRE(stat((here / "keys/hotswap.key").c_str(), &found) == 0);
    CHECK((found.st_mode & 07777u) == 0600u);
    auto const before = text_of(here / "keys/hotswap.key");
    auto const again = sign("keygen " + (here / "keys").string());
    CHECK(again.status == 1);
    CHECK(has(again, "there is a key already"));
    CHECK(text_of(here / "keys/hotswap.key") == before);
    fs::remove(here / "keys/hotswap.pub");
    CHECK(sign("keygen " + (here / "keys").string()).status == 1);
    CHECK(sign("keygen --force " + (here / "keys").string()).status == 0);
    CHECK(text_of(here / "keys/hotswap.key") != before);
}

TEST_CASE("hotswap-sign: it signs, verifies, and says who signed") {
    shop const at;
    auto const words = " --key " + (at.here / "second/hotswap.pub").string() + " --key " +
                       (at.here / "first/hotswap.pub").string() + " " + at.one.string();
    auto const good = sign("verify" + words);
    CHECK_MESSAGE(good.status == 0, good.output);
    CHECK(has(good, "plain 1.0.0 signed with key " + at.key("first").id()));
    auto const bad =
        sign("verify --key " + (at.here / "second/hotswap.pub").string() + " " + at.one.string());
    CHECK(bad.status == 1);
    CHECK(has(bad, "bad_signature"));
}

TEST_CASE("hotswap-sign: it signs no module that would be refused, and with no key that others can read") {
    shop const at;
    auto file = test::read(at.one);
    file[file.size() / 2] ^= std::byte{1};
    test::write(at.one, file);
    fs::remove(at.one.string() + ".sig");
    CHECK(at.sign_with("first", at.one).status == 1);
    CHECK_FALSE(fs::exists(at.one.string() + ".sig"));
    REQUIRE(chmod((at.here / "first/hotswap.key").c_str(), 0644) == 0);
    auto const given = at.sign_with("first", at.two);
    CHECK(given.status == 1);
    CHECK(has(given, "chmod 600"));
    auto const with_the_public_half =
        sign("sign --key '" + (at.here / "first/hotswap.pub").string() + "' '" + at.two.string() + "'");
    CHECK(with_the_public_half.status == 1);
    CHECK(has(with_the_public_half, "this is a public key"));
    CHECK(has(sign("sign --key '" + (at.here / "none.key").string() + "' '" + at.two.string() + "'"),
              "there is no key"));
    test::write(at.here / "second/hotswap.key", "nonsense");
    CHECK(has(at.sign_with("second", at.two), "64 hexadecimal digits"));
}

TEST_CASE("hotswap-sign: --help explains itself, and called wrongly it shows its usage with status 2") {
    auto const help = sign("--help");
    CHECK(help.status == 0);
    CHECK(has(help, "usage: hotswap-sign keygen"));
    CHECK(has(help, "Exit status"));
    for (char const* const words : {"", "keygen", "sign", "sign --key", "sign --key a", "verify x.so",
                                    "nonsense", "keygen --nonsense x"}) {
        auto const given = sign(words);
        CHECK_MESSAGE(given.status == 2, words);
        CHECK(has(given, "usage: hotswap-sign"));
    }
}
