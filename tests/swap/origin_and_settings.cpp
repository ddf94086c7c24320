// The origin and the settings of a component, as the component reads them.
#include "swap/fixture.hpp"
#include "swap/fixtures/furnished.hpp"

using namespace hotswap_test;
using hotswap::errc;

namespace {

/// Releases in a directory, with data next to them.
struct furnished_site : site {
    explicit furnished_site(hotswap::rehearse when = hotswap::rehearse::never)
        : site({.modules = "", .rehearse = when}) {
        for (std::string const release : {"1.0.0", "2.0.0"}) {
            fs::create_directory(home(release));
            fs::copy_file(built("furnished", release), file(release));
            std::ofstream(home(release) / "rules.txt") << "a rule\n";
        }
    }
    fs::path home(std::string const& release) const { return directory.path() / release; }
    fs::path file(std::string const& release) const {
        return home(release) / ("furnished-" + release + ".so");
    }
    hotswap::handle<furnished> load_first(hotswap::settings with = {}) {
        return runtime.load<furnished>("furnished", {.module = file("1.0.0"), .settings = std::move(with)})
            .value();
    }
};

}  // namespace

TEST_CASE("origin: is the directory of the file that was asked for, in load, swap, revert and restore") {
    furnished_site at;
    auto const it = at.load_first();
    CHECK(it->origin() == at.home("1.0.0"));
    at.swap("furnished", at.file("2.0.0"));
    CHECK(it->origin() == at.home("2.0.0"));
    at.runtime.restore("furnished", at.snapshot("furnished")).value();
    CHECK(it->origin() == at.home("2.0.0"));
    CHECK(at.runtime.revert("furnished").value().to.release == "1.0.0");
    CHECK(it->origin() == at.home("1.0.0"));
}

TEST_CASE("origin: is absolute, however the file was named") {
    furnished_site at;
    auto const before = fs::current_path();
    fs::current_path(at.directory.path());
    auto const it = at.runtime.load<furnished>("furnished", {.module = "1.0.0/furnished-1.0.0.so"}).value();
    fs::current_path(before);
    CHECK(it->origin() == at.home("1.0.0"));
}

TEST_CASE("origin: a constructor finds its data there, in the rehearsal too") {
    furnished_site at(hotswap::rehearse::always);
    auto const it = at.load_first({{"needs_file", "rules.txt"}});
    CHECK(at.swap("furnished", at.file("2.0.0")).rehearsal.ran);
    CHECK(it->release() == "2.0.0");
    fs::remove(at.home("1.0.0") / "rules.txt");
    auto const why = at.refusal("furnished", at.file("1.0.0"));
    CHECK(to_string(why.phase) == "rehearse");
    CHECK(names(why.message, {"rules.txt is not in " + at.home("1.0.0").string()}));
}

TEST_CASE("settings: are those of load, until a swap sets others, and a revert goes back to those before") {
    furnished_site at;
    auto const it = at.load_first({{"color", "red"}, {"size", "9"}});
    CHECK(it->setting("color") == "red");
    CHECK(it->setting("size") == "9");
    CHECK(it->setting("shape") == "(none)");
    CHECK(at.status("furnished").settings == hotswap::settings{{"color", "red"}, {"size", "9"}});

    at.swap("furnished", at.file("2.0.0"));
    CHECK(it->setting("color") == "red");
    at.runtime.revert("furnished").value();
    at.swap("furnished", at.file("2.0.0"), {.settings = hotswap::settings{{"color", "blue"}}});
    CHECK(it->setting("color") == "blue");
    CHECK(it->setting("size") == "(none)");
    at.runtime.restore("furnished", at.snapshot("furnished")).value();
    CHECK(it->setting("color") == "blue");
    at.runtime.revert("furnished").value();
    CHECK(it->setting("color") == "red");
    CHECK(it->setting("size") == "9");
}

TEST_CASE("settings: others alone are a reason to construct the running release anew") {
    furnished_site at;
    auto const it = at.load_first({{"color", "red"}});
    CHECK(at.swap("furnished", at.file("1.0.0"), {.settings = hotswap::settings{{"color", "red"}}})
              .to.generation == 1);
    auto const report =
        at.swap("furnished", at.file("1.0.0"), {.settings = hotswap::settings{{"color", "blue"}}});
    CHECK(report.same_content);
    CHECK(report.to.generation == 2);
    CHECK(it->setting("color") == "blue");
}

TEST_CASE("settings: a swap that is refused leaves those before, and its rehearsal sees the new ones") {
    furnished_site at(hotswap::rehearse::always);
    auto const it = at.load_first({{"color", "red"}});
    auto const why = at.refusal("furnished", at.file("2.0.0"),
                                {.settings = hotswap::settings{{"needs_file", "no_such_rules.txt"}}});
    CHECK(why.message.starts_with("in rehearsal: "));
    CHECK(names(why.message, {"no_such_rules.txt"}));
    CHECK(it->setting("color") == "red");
    CHECK(at.status("furnished").settings == hotswap::settings{{"color", "red"}});
}

TEST_CASE("settings: a generation that is sent back goes on with its own") {
    furnished_site at;
    auto const it = at.load_first({{"color", "red"}});
    at.swap("furnished", at.file("2.0.0"),
            {.probation = {.duration = 1h}, .settings = hotswap::settings{{"color", "blue"}}});
    CHECK(it->setting("color") == "blue");
    SUBCASE("its state taken along") { at.runtime.revert("furnished").value(); }
    SUBCASE("writes discarded") { at.runtime.revert("furnished", {.discard_writes = true}).value(); }
    CHECK(it->setting("color") == "red");
    CHECK(it->release() == "1.0.0");
}
