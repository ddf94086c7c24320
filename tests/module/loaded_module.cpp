#include "module/module_use.hpp"

#include "module/files.hpp"

#include <doctest/doctest.h>

#include <memory>

using hotswap::errc;
using hotswap::result;
using hotswap::detail::loaded_module;
using hotswap::detail::module_use;
using hotswap::detail::staging_area;
using hotswap::detail::verify_module;
using test::modules;
using test::refusal;
using test::scratch;

namespace fs = std::filesystem;

namespace {

result<std::shared_ptr<loaded_module>> load(staging_area& area, fs::path const& file) {
    auto staged = area.stage(file, file.filename().string());
    REQUIRE_MESSAGE(staged.has_value(), staged.error().message);
    auto verified = verify_module(*staged, {});
    if (!verified) return verified.error();
    return loaded_module::load(std::move(*staged), std::move(*verified));
}

}  // namespace

TEST_CASE(
    "load: a module is mapped from its private copy, and unmapped by the process's own map once its last "
    "user is gone") {
    scratch const here;
    staging_area area(here / "stage");
    auto const module = load(area, modules / "plain-1.0.0.so").value();
    std::string const copy = module->staged().path().string();
    CHECK(copy.starts_with((here / "stage").string()));
    CHECK(module->is_mapped());
    CHECK(test::is_mapped(copy));
    CHECK_FALSE(test::is_mapped((modules / "plain-1.0.0.so").string()));
    CHECK(module->api().self->state_count == 1);
    CHECK(module->staged().bytes().empty());
    module_use first(module);
    module_use second(module);
    first.drop();
    CHECK(test::is_mapped(copy));
    CHECK(second.is_last());
    second.drop();
    CHECK_FALSE(module->is_mapped());
    CHECK_FALSE(test::is_mapped(copy));
    second.drop();
    CHECK_FALSE(module->is_open());
}

TEST_CASE(
    "load: the proof of the unload holds wherever the staging directory is written with links and dots") {
    scratch const here;
    fs::create_directories(here / "real");
    fs::create_directory_symlink(here / "real", here / "link");
    for (fs::path const& base : {here / "link/stage", here / "real/../real/./stage"}) {
        staging_area area(base);
        auto const module = load(area, modules / "nodelete-1.0.0.so").value();
        CHECK_MESSAGE(module->is_mapped(), base.string());
        module_use{module}.drop();
        CHECK_MESSAGE(module->is_mapped(), base.string());
    }
}

TEST_CASE("load: the proof of the unload holds for a file whose name the process's map writes otherwise") {
    scratch const here;
    fs::path const odd = here / "line\nbreak \\012 space-1.0.0.so";
    fs::copy_file(modules / "plain-1.0.0.so", odd);
    staging_area area(here / "stage");
    auto const module = load(area, odd).value();
    CHECK(module->is_mapped());
    module_use{module}.drop();
    CHECK_FALSE(module->is_mapped());
}

TEST_CASE("load: the same file loaded twice is two modules, each unmapped on its own") {
    scratch const here;
    staging_area area(here / "stage");
    auto const first = load(area, modules / "plain-1.0.0.so").value();
    auto second = load(area, modules / "plain-1.0.0.so").value();
    CHECK(&first->api() != &second->api());
    module_use{second}.drop();
    CHECK_FALSE(second->is_mapped());
    CHECK(first->is_mapped());
    CHECK(first->api().abi == hotswap::abi::number);
}

TEST_CASE("load: an undefined symbol is unresolved_symbols, found before the linker sees the file") {
    scratch const here;
    staging_area area(here / "stage");
    auto const why = refusal(load(area, modules / "unresolved-1.0.0.so"));
    CHECK(why.code == errc::unresolved_symbols);
    CHECK(why.phase == hotswap::phase::verify);
    CHECK_SAYS(why, "undefined symbol");
    CHECK_SAYS(why, "defined_by_nobody");
    CHECK_SAYS(why, "unresolved-1.0.0.so");
    CHECK_SAYS(why, "-rdynamic");
    CHECK_FALSE(test::says(why, here.path().string()));
    CHECK_FALSE(test::is_mapped(here.path().string()));
}

TEST_CASE("load: a missing library is load_failed, in the linker's words and with the file's own name") {
    scratch const here;
    staging_area area(here / "stage");
    auto const why = refusal(load(area, modules / "dependent-1.0.0.so"));
    CHECK(why.code == errc::load_failed);
    CHECK_SAYS(why, "libhotswap_test_missing.so: cannot open shared object file: No such file or directory");
    CHECK_SAYS(why, "dependent-1.0.0.so");
    CHECK_FALSE(test::says(why, here.path().string()));
    CHECK_FALSE(test::says(why, "Bad file descriptor"));
}

TEST_CASE(
    "load: a module that says another thing in memory than in its file is descriptor_changed, and unmapped") {
    scratch const here;
    staging_area area(here / "stage");
    for (char const* const name : {"two_faced-1.0.0.so", "no_table-1.0.0.so"}) {
        auto const why = refusal(load(area, modules / name));
        CHECK_MESSAGE(why.code == errc::descriptor_changed, why.message);
        CHECK_SAYS(why, name);
        CHECK_FALSE(test::is_mapped(here.path().string()));
    }
}

TEST_CASE("load: a module without the exported function is load_failed, naming it") {
    scratch const here;
    staging_area area(here / "stage");
    auto const why = refusal(load(area, modules / "no_entry-1.0.0.so"));
    CHECK(why.code == errc::load_failed);
    CHECK_SAYS(why, "hotswap_module");
    CHECK_SAYS(why, "no_entry-1.0.0.so");
    CHECK_FALSE(test::is_mapped(here.path().string()));
}

TEST_CASE("load: a module that is refused leaves no private copy") {
    scratch const here;
    staging_area area(here / "stage");
    static_cast<void>(refusal(load(area, modules / "unresolved-1.0.0.so")));
    for (auto const& entry : fs::recursive_directory_iterator(here / "stage"))
        CHECK_MESSAGE(entry.path().extension() != ".so", entry.path().string());
}
