// Refusals before the gate closes: no caller waits, and nothing is changed.
#include "swap/fixture.hpp"

#include <elf.h>
#include <sys/stat.h>

#include <cstring>

using namespace hotswap_test;
using hotswap::errc;
using hotswap::phase;

namespace {

struct refusal {
    fs::path file;
    errc code;
    hotswap::phase phase;
    std::vector<std::string_view> words;  ///< both sides, and the remedy
};

/// A site with a running tally; a swap on it is refused and the next one succeeds.
struct running_tally {
    running_tally() { sums->add("a", 1); }

    void refuses(refusal const& expected, hotswap::swap_options const& options = {}) {
        INFO("swap to " << expected.file.string());
        untouched before(at, "tally");
        auto const why = at.refusal("tally", expected.file, options);
        INFO("refused: " << to_string(why));
        CHECK(to_string(why.code) == to_string(expected.code));
        CHECK(to_string(why.phase) == to_string(expected.phase));
        CHECK(why.component == "tally");
        CHECK(why.old_serving);
        CHECK(names(why.message, expected.words));
        before.check();
        CHECK(sums->code() == "tally 1.0.0");
        CHECK(sums->add("b", 1) == ++refused);
    }
    ~running_tally() {
        at.swap("tally", tally_file("2.0.0"));
        CHECK(sums->total("a") == 1);
        CHECK(sums->total("b") == refused);
    }

    fs::path altered(std::string_view name, std::function<void(std::vector<char>&)> const& change) {
        std::ifstream in(tally_file("2.0.0"), std::ios::binary);
        std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
        change(bytes);
        auto const file = scratch.path() / name;
        std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return file;
    }

    site at{};
    temporary_directory scratch{};
    hotswap::handle<tally> sums = at.load("tally", tally_file("1.0.0"));
    std::uint64_t refused = 0;
};

}  // namespace

TEST_CASE("stage: a file that is not there is refused in the linker's own words") {
    running_tally running;
    running.refuses({running.scratch.path() / "tally-9.0.0.so",
                     errc::no_such_file,
                     phase::stage,
                     {"tally-9.0.0.so", "cannot open shared object file", "No such file"}});
}

TEST_CASE("stage: what is no regular file is refused without opening it for good") {
    running_tally running;
    auto const here = running.scratch.path();
    fs::create_directory(here / "directory.so");
    fs::create_symlink(tally_file("2.0.0"), here / "link.so");
    REQUIRE(mkfifo((here / "fifo.so").c_str(), 0600) == 0);
    for (auto const* const name : {"directory.so", "link.so", "fifo.so"})
        running.refuses({here / name, errc::not_regular_file, phase::stage, {name, "regular file"}});
}

TEST_CASE("stage: a staging directory that others can write to is refused, and named") {
    temporary_directory directory;
    auto const staging = directory.path() / "staging";
    fs::create_directory(staging);
    fs::permissions(staging, fs::perms::all);
    hotswap::runtime runtime{{.staging = staging, .log_to_stderr = false}};
    auto const loaded = runtime.load<tally>("tally", {.module = tally_file("1.0.0")});
    REQUIRE(loaded.has_error());
    CHECK(loaded.error().code == errc::staging_failed);
    CHECK(loaded.error().phase == phase::stage);
    CHECK(names(loaded.error().message, {staging.string(), "runtime_options::staging"}));
    fs::permissions(staging, fs::perms::owner_all);
    CHECK(runtime.load<tally>("tally", {.module = tally_file("1.0.0")}).has_value());
}

TEST_CASE("stage: a staging directory that disappears under a running host is made again") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    sums->add("a", 1);
    fs::remove_all(at.directory.path() / "staging");
    at.swap("tally", tally_file("2.0.0"));
    CHECK(sums->total("a") == 1);
}

TEST_CASE("stage: a staging directory that has become a file refuses the swap") {
    site at;
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const staging = at.directory.path() / "staging";
    fs::remove_all(staging);
    std::ofstream(staging) << "in the way";
    auto const why = at.refusal("tally", tally_file("2.0.0"));
    CHECK(why.code == errc::staging_failed);
    CHECK(why.phase == phase::stage);
    CHECK(why.old_serving);
    CHECK(sums->code() == "tally 1.0.0");
    fs::remove(staging);
    at.swap("tally", tally_file("2.0.0"));
    CHECK(sums->code() == "tally 2.0.0");
}

TEST_CASE("verify: damaged and foreign files are refused before any of their code runs") {
    running_tally running;
    running.refuses({running.altered("text.so",
                                     [](auto& b) {
                                         b.assign({'n', 'o', ' ', 'E', 'L', 'F'});
                                     }),
                     errc::not_elf,
                     phase::verify,
                     {"text.so", "ELF"}});
    running.refuses({running.altered("empty.so", [](auto& b) { b.clear(); }),
                     errc::not_elf,
                     phase::verify,
                     {"empty.so"}});
    running.refuses({running.altered("cut.so", [](auto& b) { b.resize(b.size() / 2); }),
                     errc::truncated_file,
                     phase::verify,
                     {"cut.so"}});
    auto const foreign = [](auto& b) { b[offsetof(Elf64_Ehdr, e_machine)] = EM_S390; };
    running.refuses({running.altered("foreign.so", foreign),
                     errc::wrong_architecture,
                     phase::verify,
                     {"foreign.so", "this program is built for"}});
}

TEST_CASE("verify: a module of another contract, or of another number of it, is refused") {
    running_tally running;
    running.refuses(
        {built("stranger", "1.0.0"),
         errc::contract_mismatch,
         phase::verify,
         {"stranger-1.0.0.so", "test.stranger 1", "test.tally 1", "load a module of that contract"}});
    running.refuses({built("stranger_numbered", "1.0.0"),
                     errc::contract_mismatch,
                     phase::verify,
                     {"test.tally 2", "test.tally 1"}});
}

TEST_CASE("verify: a module that keeps another schema is refused") {
    running_tally running;
    running.refuses({built("tally_other_schema", "1.0.0"),
                     errc::schema_mismatch,
                     phase::verify,
                     {"tally_other_schema-1.0.0.so", "test.other 1", "test.tally 1"}});
}

TEST_CASE("verify: a state struct that was edited after its release is refused") {
    running_tally running;
    running.refuses({built("tally_edited", "1.5.0"),
                     errc::layout_changed,
                     phase::verify,
                     {"tally_edited-1.5.0.so", "version 1", "edited", "the field ", "make a new version"}});
}

TEST_CASE("verify: a module with a symbol that is not defined is refused by the name of the symbol") {
    running_tally running;
    running.refuses({built("tally_unresolved", "1.0.0"),
                     errc::unresolved_symbols,
                     phase::verify,
                     {"tally_unresolved-1.0.0.so", "undefined symbol", "hotswap_test_defined_nowhere"}});
}

TEST_CASE("plan: a gap in the path is refused, and says what would close it") {
    running_tally running;
    running.refuses({built("tally_gap", "2.3.0"),
                     errc::no_migration_path,
                     phase::plan,
                     {"tally_gap-2.3.0.so", "test.tally 2", "test.tally 1", "1 → 2"}});
}

TEST_CASE("plan: a release that starts from a later version than the running one is refused both ways") {
    site at;
    auto const sums = at.load("tally", built("tally_oneway", "2.2.0"));
    sums->add("a", 1);
    untouched before(at, "tally");
    auto const why = at.refusal("tally", tally_file("1.0.0"));
    CHECK(why.code == errc::no_migration_path);
    CHECK(why.phase == phase::plan);
    CHECK(why.old_serving);
    CHECK(names(why.message, {"tally-1.0.0.so", "test.tally 1", "test.tally 2", "2.2.0"}));
    before.check();
}

TEST_CASE("plan: a lossy downgrade is refused unless loss is allowed") {
    site at;
    auto const sums = at.load("tally", built("tally_lossy", "2.1.0"));
    sums->add("a", 1);
    untouched before(at, "tally");
    auto const why = at.refusal("tally", tally_file("1.0.0"));
    CHECK(why.code == errc::lossy_refused);
    CHECK(why.phase == phase::plan);
    CHECK(why.old_serving);
    CHECK(names(why.message, {"tally-1.0.0.so", "2 → 1", "allow_loss"}));
    before.check();
    at.swap("tally", tally_file("1.0.0"), {.allow_loss = true});
    CHECK(sums->total("a") == 1);
}

TEST_CASE("swap: a modules directory without a release of the family is refused, and says what is there") {
    temporary_directory modules;
    fs::copy_file(tally_file("1.0.0"), modules.path() / "something.so");
    site at(modules.path());
    auto const sums = at.load("tally", tally_file("1.0.0"));
    auto const report = at.runtime.swap("tally");
    REQUIRE(report.has_error());
    CHECK(report.error().code == errc::no_such_file);
    CHECK(report.error().phase == phase::stage);
    CHECK(report.error().old_serving);
    CHECK(names(report.error().message, {"tally", modules.path().string(), "something.so"}));
}
