// Known faults of shared objects, each as it happens in a host: modules built without hotswap_add_component,
// files exchanged under a running host, libraries that are shared or not.
#include "module/files.hpp"
#include "module/fixtures/probe.hpp"

#include <hotswap/runtime.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

using hotswap::errc;
using hotswap::runtime;
using hotswap::unload_verdict;
using test::modules;
using test::probe;
using test::refusal;
using test::scratch;

namespace fs = std::filesystem;

namespace {

/// A runtime that stages into this test's own directory, so that the process's map shows which modules are
/// this test's.
struct host {
    scratch here;
    hotswap::runtime runtime{{.modules = modules,
                              .staging = here / "stage",
                              .log_to_stderr = false,
                              .rehearse = hotswap::rehearse::never}};

    hotswap::handle<probe> load(fs::path const& module) {
        return runtime.load<probe>("it", {.module = module}).value();
    }
    bool is_mapped(std::string_view file) const { return test::is_mapped("-" + std::string(file)); }
};

}  // namespace

TEST_CASE(
    "unique symbols: a module with Boost's binary archive and default flags is refused, with symbol and "
    "remedy") {
    host h;
    auto const why = refusal(h.runtime.load<probe>("it", {.module = modules / "archived_naive-1.0.0.so"}));
    CHECK(why.code == errc::unique_symbols);
    CHECK(why.phase == hotswap::phase::verify);
    CHECK(why.component == "it");
    CHECK_SAYS(why, "archived_naive-1.0.0.so");
    CHECK_SAYS(why, "boost::");  // the symbol, demangled
    CHECK_FALSE(test::says(why, "_ZN"));
    CHECK_SAYS(why, "-fno-gnu-unique");
    CHECK_SAYS(why, "hotswap_add_component");
    CHECK_FALSE(h.is_mapped("archived_naive-1.0.0.so"));
}

TEST_CASE(
    "unique symbols: an inline function's static local is enough to refuse a module with default flags") {
    host h;
    auto const why = refusal(h.runtime.load<probe>("it", {.module = modules / "plain_naive-1.0.0.so"}));
    CHECK(why.code == errc::unique_symbols);
    CHECK_SAYS(why, "plain_naive-1.0.0.so defines");
}

TEST_CASE(
    "unique symbols: the same source built by hotswap_add_component runs its own serialize and unmaps") {
    host h;
    auto const it = h.load(modules / "archived-1.0.0.so");
    CHECK(it->ask("parcel") == "parcel");
    auto const report = h.runtime.swap("it", {.module = modules / "archived-2.0.0.so"}).value();
    CHECK(it->ask("parcel") == "parcel to street");
    CHECK_MESSAGE(report.unload.verdict == unload_verdict::unmapped, report.unload.reason);
    CHECK_FALSE(h.is_mapped("archived-1.0.0.so"));
}

TEST_CASE("unique symbols: two modules with the same archive classes, loaded at once, keep their own") {
    host h;
    auto const one = h.runtime.load<probe>("one", {.module = modules / "archived-1.0.0.so"}).value();
    auto const two = h.runtime.load<probe>("two", {.module = modules / "archived-2.0.0.so"}).value();
    for (int i = 0; i != 3; ++i) {
        CHECK(one->ask("parcel") == "parcel");
        CHECK(two->ask("parcel") == "parcel to street");
    }
}

TEST_CASE("Boost.Serialization: modules that link it bind to the host's copy, the only one in the process") {
    host h;
    auto const one = h.runtime.load<probe>("one", {.module = modules / "archived-1.0.0.so"}).value();
    auto const two = h.runtime.load<probe>("two", {.module = modules / "variants-1.0.0.so"}).value();
    CHECK(test::mapped_files("libboost_serialization").size() == 1);
    REQUIRE(h.runtime.unload("one").has_value());
    REQUIRE(h.runtime.unload("two").has_value());
    CHECK(test::mapped_files("libboost_serialization").size() == 1);
}

TEST_CASE(
    "Boost.Serialization: a module that uses the host's copy and names no library loads, swaps and unmaps") {
    host h;
    auto const it = h.load(modules / "variants-1.0.0.so");
    CHECK(it->ask("set") == "double");
    auto const report =
        h.runtime.swap("it", {.module = modules / "variants-1.0.0.so", .even_if_unchanged = true}).value();
    CHECK(it->ask("which") == "double");
    CHECK_MESSAGE(report.unload.verdict == unload_verdict::unmapped, report.unload.reason);
}

TEST_CASE("thread_local: a module with a thread_local destructor is retained, and the reason names it") {
    host h;
    auto const it = h.load(modules / "held-1.0.0.so");
    it->ask("something");
    auto const report =
        h.runtime.swap("it", {.module = modules / "held-1.0.0.so", .even_if_unchanged = true}).value();
    CHECK(report.unload.verdict == unload_verdict::retained);
    CHECK(report.unload.module == "held-1.0.0.so");
    CHECK_MESSAGE(report.unload.reason.find("thread_local") != std::string::npos, report.unload.reason);
    CHECK(h.is_mapped("held-1.0.0.so"));
    CHECK(h.runtime.status().at(0).retained.find("thread_local") != std::string::npos);
    CHECK(it->ask("else").empty());
}

TEST_CASE("nodelete: a module linked with -z nodelete is retained, and the reason names it") {
    host h;
    auto const it = h.load(modules / "nodelete-1.0.0.so");
    CHECK(it->ask("virtual") == "1");
    auto const report = h.runtime.unload("it").value();
    CHECK(report.verdict == unload_verdict::retained);
    CHECK_MESSAGE(report.reason.find("-z nodelete") != std::string::npos, report.reason);
    CHECK(h.is_mapped("nodelete-1.0.0.so"));
}

TEST_CASE("unload: a well-built module is proven to be unmapped, whatever it was asked before") {
    host h;
    auto const it = h.load(modules / "plain-1.0.0.so");
    for (char const* const what : {"virtual", "inline", "variable", "static"}) it->ask(what);
    CHECK(h.is_mapped("plain-1.0.0.so"));
    auto const report = h.runtime.unload("it").value();
    CHECK_MESSAGE(report.verdict == unload_verdict::unmapped, report.reason);
    CHECK_FALSE(h.is_mapped("plain-1.0.0.so"));
}

TEST_CASE("same path: a file rebuilt in place gives the new code") {
    host h;
    fs::path const file = h.here / "plain-1.0.0.so";
    fs::copy_file(modules / "plain-1.0.0.so", file);
    auto const it = h.load(file);
    CHECK(it->ask("virtual") == "1");
    fs::copy_file(modules / "plain-2.0.0.so", file, fs::copy_options::overwrite_existing);
    CHECK(it->ask("inline") == "10");  // the running generation has its own copy
    auto const report = h.runtime.swap("it", {.module = file}).value();
    CHECK(it->ask("virtual") == "2");
    CHECK(it->ask("inline") == "20");
    CHECK(report.from.build_id != report.to.build_id);
}

TEST_CASE("same path: a file replaced atomically gives the new code") {
    host h;
    fs::path const file = h.here / "plain-1.0.0.so";
    fs::copy_file(modules / "plain-1.0.0.so", file);
    auto const it = h.load(file);
    fs::copy_file(modules / "plain-2.0.0.so", h.here / "next");
    fs::rename(h.here / "next", file);
    CHECK(it->ask("virtual") == "1");
    REQUIRE(h.runtime.swap("it", {.module = file}).has_value());
    CHECK(it->ask("virtual") == "2");
    CHECK(it->ask("static") == "2001");
}

TEST_CASE("same path: a file cut while its module runs does not touch what runs") {
    host h;
    fs::path const file = h.here / "plain-1.0.0.so";
    fs::copy_file(modules / "plain-1.0.0.so", file);
    auto const it = h.load(file);
    fs::resize_file(file, 100);
    for (char const* const what : {"virtual", "inline", "variable", "static"})
        CHECK_FALSE(it->ask(what).empty());
    auto const why = refusal(h.runtime.swap("it", {.module = file}));
    CHECK(why.code == errc::truncated_file);
    CHECK(why.old_serving);
    CHECK(it->ask("virtual") == "1");
}

TEST_CASE(
    "same names: two modules do not see each other's classes, inline functions, variables or static locals") {
    host h;
    auto const one = h.runtime.load<probe>("one", {.module = modules / "plain-1.0.0.so"}).value();
    auto const two = h.runtime.load<probe>("two", {.module = modules / "plain-2.0.0.so"}).value();
    for (int i = 1; i != 4; ++i) {
        CHECK(one->ask("virtual") == "1");
        CHECK(two->ask("virtual") == "2");
        CHECK(one->ask("inline") == "10");
        CHECK(two->ask("inline") == "20");
        CHECK(one->ask("variable") == "100");
        CHECK(two->ask("variable") == "200");
        CHECK(one->ask("static") == std::to_string(1000 + i));
        CHECK(two->ask("static") == std::to_string(2000 + i));
    }
}

TEST_CASE("same names: two components of one module file have their own static locals, too") {
    host h;
    auto const one = h.runtime.load<probe>("one", {.module = modules / "plain-1.0.0.so"}).value();
    auto const two = h.runtime.load<probe>("two", {.module = modules / "plain-1.0.0.so"}).value();
    CHECK(one->ask("static") == "1001");
    CHECK(one->ask("static") == "1002");
    CHECK(two->ask("static") == "1001");
}

TEST_CASE("note: modules after gc-sections, strip and LTO load, run and unmap") {
    for (char const* const name : {"plain_gc-1.0.0.so", "plain_stripped-1.0.0.so", "plain_lto-1.0.0.so"}) {
        INFO(name);
        host h;
        auto const it = h.load(modules / name);
        CHECK(it->ask("virtual") == "1");
        CHECK(it->ask("static") == "1001");
        auto const report = h.runtime.unload("it").value();
        CHECK_MESSAGE(report.verdict == unload_verdict::unmapped, report.reason);
    }
}

TEST_CASE("files: a missing file is refused in the linker's words, not as a bad file descriptor") {
    host h;
    auto const why = refusal(h.runtime.load<probe>("it", {.module = h.here / "none.so"}));
    CHECK(why.code == errc::no_such_file);
    CHECK_SAYS(why, "cannot open shared object file: No such file or directory");
    CHECK_FALSE(test::says(why, "Bad file descriptor"));
}

TEST_CASE("files: a FIFO as a module does not block the host") {
    host h;
    REQUIRE(mkfifo((h.here / "plain-1.0.0.so").c_str(), 0600) == 0);
    CHECK(refusal(h.runtime.load<probe>("it", {.module = h.here / "plain-1.0.0.so"})).code ==
          errc::not_regular_file);
}

TEST_CASE("files: truncated modules are refused before the linker sees them") {
    host h;
    auto const it = h.load(modules / "plain-1.0.0.so");
    auto const whole = fs::file_size(modules / "plain-2.0.0.so");
    fs::path const file = h.here / "plain-2.0.0.so";
    for (std::uintmax_t const size :
         {whole - 1, whole - 64, whole / 2, std::uintmax_t{4096}, std::uintmax_t{63}}) {
        fs::copy_file(modules / "plain-2.0.0.so", file, fs::copy_options::overwrite_existing);
        fs::resize_file(file, size);
        auto const why = refusal(h.runtime.swap("it", {.module = file}));
        CHECK_MESSAGE(why.code == errc::truncated_file, why.message);
        CHECK(why.phase == hotswap::phase::verify);
    }
    CHECK(it->ask("virtual") == "1");
}
