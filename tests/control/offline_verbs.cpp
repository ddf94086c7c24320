// The verbs of the command line that authors use: most of them need no host.
#include "control/command.hpp"
#include "swap/fixtures/rows.hpp"

using namespace hotswap_test;

namespace {

/// A directory for files, and the command in it.
struct bench_place {
    said hotswap(std::vector<std::string> const& words) const { return run(scratch.path(), words); }
    fs::path copy(fs::path const& of) const {
        auto const to = scratch.path() / of.filename();
        fs::copy_file(of, to, fs::copy_options::overwrite_existing);
        return to;
    }

    temporary_directory scratch;
};

}  // namespace

TEST_CASE(
    "command line: inspect shows a module's states with their layouts, and a file that is none has its "
    "fault") {
    bench_place const at;
    auto const shown = at.hotswap({"inspect", tally_file("3.0.0").native()});
    CHECK(shown.code == 0);
    CHECK(names(shown.out, {"tally 3.0.0", "test.tally", "sealed      yes", "map<string,u64>"}));
    auto const read = at.hotswap({"--json", "inspect", tally_file("3.0.0").native(), "/dev/null"});
    CHECK(read.code == 3);
    auto const all = json::parse(read.out);
    CHECK(text_at(all, "/modules/0/release") == "3.0.0");
    CHECK(text_at(all, "/modules/1/findings/0/code") == "not_regular_file");
}

TEST_CASE("command line: lint --against names what a released module's callers and states would lose") {
    bench_place const at;
    auto const good = at.hotswap({"lint", "--against", tally_file("1.0.0").native(), "--against",
                                  tally_file("2.0.0").native(), tally_file("3.0.0").native()});
    CHECK(good.code == 0);
    CHECK_FALSE(names(good.out, {"tally-1.0.0.so"}));
    CHECK_FALSE(names(good.out, {"tally-2.0.0.so"}));
    struct {
        fs::path next;
        fs::path released;
        std::string_view code;
        std::vector<std::string_view> words;
    } const table[] = {
        {built("tally_edited", "1.5.0"),
         tally_file("1.0.0"),
         "layout_changed",
         {"version 1", "the field added_later is only here"}},
        {built("tally_other_schema", "1.0.0"),
         tally_file("1.0.0"),
         "schema_mismatch",
         {"test.other", "test.tally"}},
        {built("depot", "4.0.0"), tally_file("1.0.0"), "contract_mismatch", {"callers of tally-1.0.0.so"}},
        {built("tally_gap", "2.3.0"), tally_file("1.0.0"), "no_migration_path", {"add the migration 1 → 2"}},
    };
    for (auto const& each : table) {
        auto const refused = at.hotswap({"lint", "--against", each.released.native(), each.next.native()});
        CHECK(refused.code == 3);
        CHECK_MESSAGE(names(refused.out, {each.code}), refused.out);
        CHECK_MESSAGE(names(refused.out, each.words), refused.out);
    }
    auto const warned = at.hotswap(
        {"lint", "--against", tally_file("1.0.0").native(), built("tally_oneway", "2.2.0").native()});
    CHECK(warned.code == 0);
    CHECK(names(warned.out, {"warning (not_reversible)"}));
    auto const lossy = at.hotswap(
        {"lint", "--against", tally_file("1.0.0").native(), built("tally_lossy", "2.1.0").native()});
    CHECK(names(lossy.out, {"warning (lossy_refused)", "2 → 1"}));
}

TEST_CASE("command line: a key is made once, signs modules, and seals are written anew") {
    bench_place const at;
    auto const keys = at.scratch.path() / "keys";
    CHECK(at.hotswap({"keygen", keys.native()}).code == 0);
    auto const again = at.hotswap({"keygen", keys.native()});
    CHECK(again.code == 3);
    CHECK(names(again.err, {"--force"}));
    CHECK(at.hotswap({"keygen", "--force", keys.native()}).code == 0);
    auto const module = at.copy(tally_file("2.0.0"));
    auto const secret = (keys / "hotswap.key").native();
    auto const made = at.hotswap({"--json", "sign", "--with", secret, module.native()});
    CHECK(made.code == 0);
    CHECK(text_at(json::parse(made.out), "/signatures/0/release") == "2.0.0");
    CHECK(fs::exists(module.native() + ".sig"));
    CHECK(at.hotswap({"sign", "--with", (keys / "hotswap.pub").native(), module.native()}).code == 3);
    CHECK(at.hotswap({"seal", module.native()}).code == 0);
    CHECK(at.hotswap({"seal", "/dev/null"}).code == 3);
    // A host that trusts the key loads what it has signed.
    auto const key = hotswap::public_key::read(keys / "hotswap.pub").value();
    site strict({.modules = at.scratch.path(), .trust = {.trusted_keys = {key}}});
    CHECK(strict.load("tally", module)->total("a") == 0);
}

TEST_CASE("command line: new-component that cannot write a file leaves nothing") {
    bench_place const at;
    // No file can be larger than three blocks: some are written, and the host's source is not.
    auto const line =
        fmt::format("cd '{}' && trap '' XFSZ && ulimit -f 3 && {} new-component counter >said 2>&1",
                    at.scratch.path().native(), HOTSWAP_TEST_COMMAND);
    CHECK(WEXITSTATUS(std::system(line.c_str())) == 3);
    auto const project = at.scratch.path() / "counter";
    CHECK_MESSAGE((!fs::exists(project) || fs::is_empty(project)), project);
    CHECK(at.hotswap({"new-component", "--directory", project.native(), "counter"}).code == 0);
}

TEST_CASE("command line: rehearse tries a module on a saved state, without a host") {
    bench_place const at;
    site other;
    auto const sums = other.load("tally", tally_file("1.0.0"));
    sums->add("a", 2);
    auto const frame = at.scratch.path() / "tally.state";
    auto const bytes = other.snapshot("tally");
    std::ofstream(frame, std::ios::binary)
        .write(reinterpret_cast<char const*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    auto const with = [&](fs::path const& module, fs::path const& state) {
        return at.hotswap({"rehearse", "--helper", HOTSWAP_TEST_REHEARSE, module.native(), state.native()});
    };
    auto const good = with(tally_file("3.0.0"), frame);
    CHECK(good.code == 0);
    CHECK(names(good.out, {"tally-3.0.0.so begins with", "1 → 2 → 3"}));
    CHECK(with(built("tally_other_schema", "1.0.0"), frame).code == 3);
    auto const damaged = with(tally_file("3.0.0"), "/dev/null");
    CHECK(damaged.code == 3);
    CHECK(
        at.hotswap({"rehearse", "--helper", "/nowhere", tally_file("3.0.0").native(), frame.native()}).code ==
        3);
}

TEST_CASE("command line: snapshot show and diff read states by the layouts of a module") {
    commanded at;
    at.sums->add("ann", 2);
    auto const file = [&](char const* name) { return (at.directory.path() / name).native(); };
    auto const save = [&](char const* name) {
        CHECK(at.hotswap({"snapshot", "save", "tally", file(name)}).code == 0);
    };
    save("one");
    at.sums->add("ann", 1);
    at.sums->add("bob", 5);
    save("two");
    auto const module = tally_file("3.0.0").native();
    auto const shown = run(at.directory.path(), {"snapshot", "show", "--module", module, file("one")});
    CHECK(shown.code == 0);
    CHECK(names(shown.out, {"test.tally 1", "\"totals\"", "\"ann\""}));
    auto const read =
        run(at.directory.path(), {"--json", "snapshot", "show", "--module", module, file("one")});
    CHECK(number_at(json::parse(read.out), "/state/totals/0/value") == 2);
    auto const differ =
        run(at.directory.path(), {"snapshot", "diff", "--module", module, file("one"), file("two")});
    CHECK(differ.code == 2);
    CHECK(names(differ.out, {"totals[\"ann\"]: 2 → 3", "totals[\"bob\"]: null → 5"}));
    CHECK(run(at.directory.path(), {"snapshot", "diff", "--module", module, file("one"), file("one")}).code ==
          0);
    auto const stranger = run(at.directory.path(),
                              {"snapshot", "show", "--module", built("rows", "1.0.0").native(), file("one")});
    CHECK(stranger.code == 3);
    CHECK(names(stranger.err, {"test.tally 1", "rows-1.0.0.so"}));
}

TEST_CASE("command line: golden keeps a running state once") {
    commanded at;
    at.sums->add("a", 1);
    auto const directory = at.directory.path() / "golden";
    auto const kept = at.hotswap({"golden", "tally", directory.native()});
    CHECK(kept.code == 0);
    CHECK(fs::exists(directory / "tally-1.snapshot"));
    auto const again = at.hotswap({"golden", "tally", directory.native()});
    CHECK(again.code == 3);
    CHECK(names(again.err, {"never changes"}));
}

TEST_CASE(
    "command line: diff shows what runs, what is stored and what lies on disk, and exits with 2 if they "
    "differ") {
    temporary_directory modules;
    auto const put = [&](std::string const& release) {
        auto const to = modules.path() / ("tally-" + release + ".so");
        fs::copy_file(tally_file(release), to);
        return to;
    };
    put("1.0.0");
    site at(
        {.modules = modules.path(), .rehearse = hotswap::rehearse::never, .store = modules.path() / "store"});
    auto const sums = at.runtime.load<tally>("tally").value();
    hotswap::control const control{at.runtime, {.socket = at.directory.path() / "run" / "s"}};
    auto const diff = [&] {
        return run(at.directory.path(),
                   {"--socket", (at.directory.path() / "run" / "s").native(), "diff", "--json"});
    };
    auto const same = diff();
    CHECK(same.code == 0);
    CHECK(text_at(json::parse(same.out), "/components/0/stored/release") == "1.0.0");
    put("2.0.0");
    auto const newer = diff();
    CHECK(newer.code == 2);
    CHECK(text_at(json::parse(newer.out), "/components/0/newest/release") == "2.0.0");
    CHECK(json::parse(newer.out).at_pointer("/components/0/newest_differs").as_bool());
    CHECK_FALSE(json::parse(newer.out).at_pointer("/components/0/stored_differs").as_bool());
    at.runtime.swap("tally").value();
    CHECK(diff().code == 0);
}
