#include <hotswap/inspect.hpp>

#include "module/altered.hpp"
#include "module/files.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using hotswap::errc;
using hotswap::finding;
using hotswap::inspect;
using hotswap::inspection;
using hotswap::severity;
using test::bytes;
using test::modules;
using test::scratch;

namespace {

inspection inspected(std::filesystem::path const& file, hotswap::inspect_options const& options = {}) {
    auto said = inspect(file, options);
    REQUIRE_MESSAGE(said.has_value(), said.error().message);
    return *said;
}

/// The inspection of a module with these bytes.
inspection inspected(bytes const& file) {
    scratch const here;
    test::write(here / "altered-1.0.0.so", file);
    return inspected(here / "altered-1.0.0.so");
}

bytes plain() { return test::unsealed(test::read(modules / "plain-1.0.0.so")); }

finding const* find(inspection const& said, errc code, std::string_view words) {
    auto const found = std::find_if(said.findings.begin(), said.findings.end(), [&](finding const& f) {
        return f.code == code && f.message.find(words) != std::string::npos;
    });
    return found == said.findings.end() ? nullptr : &*found;
}

void check_found(inspection const& said, severity weight, errc code, std::string_view offender,
                 std::string_view words) {
    auto const* const found = find(said, code, words);
    REQUIRE_MESSAGE(found != nullptr, words);
    CHECK(found->severity == weight);
    CHECK_MESSAGE(found->offender.find(offender) != std::string::npos, found->offender);
    CHECK_FALSE(found->remedy.empty());
    CHECK((said.refusal() != nullptr) == (weight == severity::refuse));
}

/// A module whose RUNPATH is `path`.
inspection searching(std::string_view path) {
    auto file = test::read(modules / "searching-1.0.0.so");
    test::overwrite(file, "/opt/hotswap_test_placeholder/that/is/long/enough/for/any/other/path/0123456789",
                    path);
    return inspected(file);
}

}  // namespace

TEST_CASE("inspect: a good module is described, sealed, and nothing is found wrong with it") {
    auto const said = inspected(modules / "plain-2.0.0.so");
    CHECK(said.name == "plain-2.0.0.so");
    CHECK(said.component == "plain");
    CHECK(said.release == "2.0.0");
    CHECK(said.contract == "test.probe");
    CHECK(said.contract_number == 1);
    CHECK(said.schema == "test.plain");
    CHECK(said.schema_version == 1);
    REQUIRE(said.states.size() == 1);
    CHECK(said.states[0].version == 1);
    CHECK(said.build_id.size() == 40);
    CHECK(said.digest.size() == 64);
    CHECK(said.sealed);
    CHECK(said.keeps_mapped.empty());
    for (finding const& f : said.findings) FAIL_CHECK(f.message);
    CHECK(said.refusal() == nullptr);
}

TEST_CASE("inspect: a file that cannot be read is a failure, and one that is no module a finding") {
    scratch const here;
    CHECK(test::refusal(inspect(here / "none.so")).code == errc::no_such_file);
    CHECK(test::refusal(inspect(here.path())).code == errc::not_regular_file);
    test::write(here / "text.so", "#!/bin/sh");
    auto const said = inspected(here / "text.so");
    REQUIRE(said.refusal() != nullptr);
    CHECK(said.refusal()->code == errc::not_elf);
    CHECK(said.component.empty());
    CHECK(said.digest.size() == 64);
}

TEST_CASE("inspect: a module that was never sealed is warned of, and refused if seals are required") {
    scratch const here;
    test::write(here / "plain-1.0.0.so", plain());
    auto const said = inspected(here / "plain-1.0.0.so");
    check_found(said, severity::warn, errc::unsealed_module, "the seal", "was never sealed");
    CHECK_FALSE(said.sealed);
    auto const strict = inspected(here / "plain-1.0.0.so", {.policy = {.require_seal = true}});
    REQUIRE(strict.refusal() != nullptr);
    CHECK(strict.refusal()->code == errc::unsealed_module);
}

TEST_CASE("inspect: a module that was stripped after it was sealed is refused, and told how to fix it") {
    auto const said = inspected(modules / "plain_stripped_late-1.0.0.so");
    check_found(said, severity::refuse, errc::damaged_module, "the seal",
                "has changed since its build sealed it");
    CHECK(said.refusal()->remedy.find("strip") != std::string::npos);
    CHECK(said.refusal()->remedy.find("hotswap-lint --seal") != std::string::npos);
    CHECK(inspected(modules / "plain_stripped-1.0.0.so").sealed);
}

TEST_CASE("inspect: unique symbols are refused by the name of the first") {
    auto const said = inspected(modules / "plain_naive-1.0.0.so");
    check_found(said, severity::refuse, errc::unique_symbols, "inner::calls", "unique symbol");
}

TEST_CASE("inspect: thread-local destructors and NODELETE are warned of, because they defeat the unload") {
    check_found(inspected(modules / "held-1.0.0.so"), severity::warn, errc::lint_refused, "thread_local",
                "will stay mapped");
    check_found(inspected(modules / "nodelete-1.0.0.so"), severity::warn, errc::lint_refused, "-z nodelete",
                "will stay mapped");
}

TEST_CASE("inspect: exports next to the one symbol are warned of, and a missing entry is refused") {
    check_found(inspected(modules / "two_faced-1.0.0.so"), severity::warn, errc::lint_refused, "",
                "next to hotswap_module");
    check_found(inspected(modules / "no_entry-1.0.0.so"), severity::refuse, errc::load_failed,
                "hotswap_module", "does not export");
}

TEST_CASE("inspect: a missing build id is warned of") {
    auto file = plain();
    std::string_view const id("GNU\0", 4);
    auto const words = std::as_bytes(std::span(id));
    // The note's type is before its name; 3 is a build id.
    for (auto from = file.begin();;) {
        auto const found = std::search(from, file.end(), words.begin(), words.end());
        REQUIRE(found != file.end());
        auto const where = static_cast<std::size_t>(found - file.begin());
        if (test::at<std::uint32_t>(file, where - 4) == 3) {
            test::put(file, where - 4, std::uint32_t{77});
            break;
        }
        from = found + 1;
    }
    check_found(inspected(file), severity::warn, errc::lint_refused, "build id", "has no build id");
}

TEST_CASE("inspect: memory that is writable and executable at once is refused") {
    auto file = plain();
    test::change_segments(file, PT_LOAD, [](Elf64_Phdr& s) {
        if ((s.p_flags & PF_X) != 0) s.p_flags |= PF_W;
    });
    check_found(inspected(file), severity::refuse, errc::lint_refused, "segment", "writable and executable");
}

TEST_CASE("inspect: an executable stack is refused, asked for or left open") {
    auto asking = plain();
    test::change_segments(asking, PT_GNU_STACK, [](Elf64_Phdr& s) { s.p_flags |= PF_X; });
    check_found(inspected(asking), severity::refuse, errc::lint_refused, "stack", "executable stack");
    auto silent = plain();
    test::change_segments(silent, PT_GNU_STACK, [](Elf64_Phdr& s) { s.p_type = PT_NULL; });
    check_found(inspected(silent), severity::refuse, errc::lint_refused, "stack", "executable stack");
}

TEST_CASE("inspect: text relocations are refused") {
    auto file = plain();
    REQUIRE(test::change_dynamic(file, DT_FLAGS, [](Elf64_Dyn& e) { e.d_un.d_val |= DF_TEXTREL; }) == 1);
    check_found(inspected(file), severity::refuse, errc::lint_refused, "text relocations", "-");
    auto old = plain();
    REQUIRE(test::change_dynamic(old, DT_RELACOUNT, [](Elf64_Dyn& e) { e.d_tag = DT_TEXTREL; }) == 1);
    CHECK(inspected(old).refusal() != nullptr);
}

TEST_CASE(
    "inspect: a symbol that the host does not have is refused by the host, and only warned of elsewhere") {
    check_found(inspected(modules / "unresolved-1.0.0.so"), severity::refuse, errc::unresolved_symbols,
                "defined_by_nobody", "neither the host nor a library");
    check_found(inspected(modules / "unresolved-1.0.0.so", {.as_host = false}), severity::warn,
                errc::unresolved_symbols, "defined_by_nobody", "that the host must define");
    // Symbols of the host are found, also if the module does not name the host.
    CHECK(inspected(modules / "variants-1.0.0.so").refusal() == nullptr);
}

TEST_CASE("inspect: a library that the host has not loaded is warned of by its name") {
    auto const said = inspected(modules / "dependent-1.0.0.so");
    check_found(said, severity::warn, errc::lint_refused, "libhotswap_test_missing.so", "has not loaded");
    CHECK(find(inspected(modules / "dependent-1.0.0.so", {.as_host = false}), errc::lint_refused,
               "has not loaded") == nullptr);
}

TEST_CASE(
    "inspect: libraries looked for where others can write are refused, whether the place exists or not") {
    for (std::string_view const path :
         {"/tmp", "/tmp/not/made/yet", "relative/place", "", ":/usr/lib", "/usr/lib:", "/usr/lib:/var/tmp"}) {
        INFO(path);
        check_found(searching(path), severity::refuse, errc::lint_refused, "", "searches for libraries");
    }
    check_found(searching("$ORIGIN/../lib"), severity::warn, errc::lint_refused, "$ORIGIN/../lib", "staging");
    for (std::string_view const path : {"/usr/lib", "/usr/lib:/lib/not/made/yet"}) {
        INFO(path);
        CHECK(find(searching(path), errc::lint_refused, "searches for libraries") == nullptr);
    }
}

TEST_CASE("inspect: findings that refuse come first") {
    auto file = plain();
    test::change_segments(file, PT_GNU_STACK, [](Elf64_Phdr& s) { s.p_flags |= PF_X; });
    auto const said = inspected(file);
    REQUIRE(said.findings.size() >= 2);
    CHECK(said.findings.front().severity == severity::refuse);
    CHECK(said.findings.back().severity == severity::warn);
}
