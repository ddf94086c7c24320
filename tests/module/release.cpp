#include "module/release.hpp"

#include "module/files.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using hotswap::errc;
using hotswap::detail::choice_rules;
using hotswap::detail::newest_module;
using hotswap::detail::release;
using test::refusal;
using test::scratch;

namespace {

release at(std::string_view text) {
    auto const parsed = release::parse(text);
    REQUIRE_MESSAGE(parsed, std::string(text));
    return *parsed;
}

std::string newest_of(std::initializer_list<char const*> files, std::string_view family = "cache",
                      choice_rules const& rules = {}) {
    scratch const here;
    for (char const* const file : files) test::write(here / file, "content");
    return newest_module(here.path(), family, rules).value().file.filename().string();
}

}  // namespace

TEST_CASE("release: the order is that of Semantic Versioning, section 11") {
    char const* const ascending[] = {
        "0.0.1",      "0.1.0",        "0.9.9",         "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
        "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",  "1.0.0",         "1.0.1",
        "1.2.0",      "1.9.0",        "1.10.0-1",      "1.10.0-2",    "1.10.0-10",     "1.10.0-a",
        "1.10.0",     "1.10.1",       "2.0.0",         "10.0.0",
    };
    for (std::size_t i = 0; i != std::size(ascending); ++i)
        for (std::size_t j = 0; j != std::size(ascending); ++j) {
            INFO(ascending[i] << " and " << ascending[j]);
            CHECK((at(ascending[i]) < at(ascending[j])) == (i < j));
            CHECK((at(ascending[i]) == at(ascending[j])) == (i == j));
        }
}

TEST_CASE("release: build metadata does not count") {
    CHECK(at("1.0.0+20261121") == at("1.0.0"));
    CHECK(at("1.0.0-rc.1+a") == at("1.0.0-rc.1+b"));
    CHECK(at("1.0.1") > at("1.0.0+zzz"));
}

TEST_CASE("release: what is none is not taken for one") {
    for (char const* const text : {"", "1", "1.2", "1.2.", "1.2.3.4", "v1.2.3", "1.2.x", "-1.2.3", "1.-2.3",
                                   "1.2.3-", "1.2.3rc", " 1.2.3", "1.2.3 ", "1..3", "+1.2.3"})
        CHECK_MESSAGE(!release::parse(text), text);
}

TEST_CASE(
    "release: the newest module of a family is that of the highest release, not of the last name or date") {
    CHECK(newest_of({"cache-1.10.0.so", "cache-1.9.0.so", "cache-1.2.0.so"}) == "cache-1.10.0.so");
    CHECK(newest_of({"cache-1.0.1.so", "cache-1.0.20260115123.so"}) == "cache-1.0.20260115123.so");
}

TEST_CASE("release: between releases of equal rank the choice does not depend on the directory's order") {
    CHECK(newest_of({"cache-1.0.0+a.so", "cache-1.0.0+b.so"}) == "cache-1.0.0+b.so");
    CHECK(newest_of({"cache-1.0.0+b.so", "cache-1.0.0+a.so"}) == "cache-1.0.0+b.so");
    CHECK(newest_of({"cache-1.0.0+build.9.so", "cache-1.0.0+build.10.so"}) == "cache-1.0.0+build.10.so");
    CHECK(newest_of({"cache-1.0.0+build.10.so", "cache-1.0.0+build.9.so"}) == "cache-1.0.0+build.10.so");
    CHECK(newest_of({"cache-1.0.0+1.so", "cache-1.0.0.so"}) == "cache-1.0.0+1.so");
}

TEST_CASE("release: files of other families and of other forms are passed over") {
    CHECK(newest_of({"cache-1.0.0.so", "cache-extra-9.0.0.so", "cachet-9.0.0.so", "cache-9.0.0.so.bak",
                     "cache-9.so", "libcache-9.0.0.so", "cache.so", "cache-9.0.0"}) == "cache-1.0.0.so");
    CHECK(newest_of({"cache-1.0.0.so", "cache-extra-9.0.0.so"}, "cache-extra") == "cache-extra-9.0.0.so");
}

TEST_CASE("release: a directory without a module of the family is refused with what it holds instead") {
    scratch const here;
    auto const empty = refusal(newest_module(here.path(), "cache"));
    CHECK(empty.code == errc::no_such_file);
    CHECK_SAYS(empty, "cache-MAJOR.MINOR.PATCH.so");
    CHECK_SAYS(empty, here.path().string());
    CHECK_SAYS(empty, "no .so at all");
    test::write(here / "session-1.0.0.so", "content");
    auto const other = refusal(newest_module(here.path(), "cache"));
    CHECK(other.code == errc::no_such_file);
    CHECK_SAYS(other, "session-1.0.0.so");
}

TEST_CASE("release: a modules directory that cannot be read is refused with the option that names it") {
    scratch const here;
    auto const why = refusal(newest_module(here / "none", "cache"));
    CHECK(why.code == errc::no_such_file);
    CHECK_SAYS(why, "runtime_options::modules");
    CHECK_SAYS(why, "No such file or directory");
}
