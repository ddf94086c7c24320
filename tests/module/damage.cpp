// Damaged modules: none of them reaches the dynamic linker, which crashes on such files.
#include "module/altered.hpp"
#include "module/files.hpp"
#include "module/fixtures/probe.hpp"
#include "module/loaded_module.hpp"
#include "module/module_file.hpp"

#include <hotswap/runtime.hpp>

#include <doctest/doctest.h>

#include <random>
#include <vector>

using hotswap::errc;
using hotswap::detail::verify_module;
using test::bytes;
using test::modules;
using test::scratch;

namespace {

constexpr char const* samples[] = {"plain-2.0.0.so", "plain_stripped-1.0.0.so", "archived-1.0.0.so"};

/// One kind of damage to a file.
bytes damage(bytes file, std::mt19937& random) {
    auto const any = [&](std::size_t below) {
        return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
    };
    switch (any(4)) {
        case 0:
            file.resize(any(file.size()));
            break;
        case 1:  // a block of zeros, as after a crash of the machine
            for (auto i = any(file.size()), end = std::min(i + 512, file.size()); i != end; ++i) file[i] = {};
            break;
        case 2:
            for (int i = 0; i != 16; ++i) file[any(file.size())] = static_cast<std::byte>(any(256));
            break;
        default:
            file[any(file.size())] ^= std::byte(1u << any(8));
    }
    return file;
}

/// The code that refuses an unsealed module with one changed dynamic entry.
errc without(std::int64_t tag, std::function<void(Elf64_Dyn&)> const& change) {
    auto file = test::unsealed(test::read(modules / "plain-1.0.0.so"));
    REQUIRE(test::change_dynamic(file, tag, change) == 1);
    auto const verified = verify_module(file, "x.so");
    return verified ? errc{} : verified.error().code;
}

}  // namespace

TEST_CASE("damage: 400 altered modules are refused one by one, and the component serves on") {
    scratch const here;
    hotswap::runtime runtime{{.modules = modules, .staging = here / "stage", .log_to_stderr = false}};
    auto const it = runtime.load<test::probe>("it", {.module = modules / "plain-1.0.0.so"}).value();
    constexpr unsigned seed = 20'260'103;
    MESSAGE("seed " << seed);
    std::mt19937 random(seed);
    std::size_t refused = 0;
    std::size_t unlike = 0;
    for (int i = 0; i != 400; ++i) {
        auto const whole = test::read(modules / samples[i % 3]);
        auto const altered = damage(whole, random);
        if (altered == whole) continue;
        ++unlike;
        test::write(here / "altered.so", altered);
        auto const report = runtime.swap("it", {.module = here / "altered.so"});
        // After verification the dynamic linker would get the file.
        if (!report && report.error().phase == hotswap::phase::verify && report.error().old_serving)
            ++refused;
    }
    CHECK(unlike > 350);
    CHECK(refused == unlike);
    CHECK_FALSE(test::is_mapped("altered.so"));
    CHECK(it->ask("virtual") == "1");
}

TEST_CASE("damage: every single flipped bit of a sealed module is refused") {
    std::mt19937 random(7);
    for (char const* const sample : samples) {
        auto file = test::read(modules / sample);
        REQUIRE(verify_module(file, sample).has_value());
        std::size_t accepted = 0;
        for (std::size_t i = 0; i != 2'000; ++i) {
            auto const where = std::uniform_int_distribution<std::size_t>(0, file.size() * 8 - 1)(random);
            auto const bit = std::byte(1u << where % 8);
            file[where / 8] ^= bit;
            if (verify_module(file, sample)) ++accepted;
            file[where / 8] ^= bit;
        }
        CHECK(accepted == 0);
    }
}

TEST_CASE("damage: every bit of the seal itself counts, and an erased seal is no unsealed module") {
    auto const good = test::read(modules / "plain-1.0.0.so");
    auto const begin = test::field_at(good, &hotswap::abi::descriptor::sealed);
    for (std::size_t bit = 0; bit != 8 * hotswap::abi::seal_size; ++bit) {
        auto file = good;
        file[begin + bit / 8] ^= std::byte(1u << bit % 8);
        CHECK(test::refusal(verify_module(file, "x.so")).code == errc::damaged_module);
    }
    auto erased = good;
    test::put(erased, begin, hotswap::abi::seal{});
    auto const why = test::refusal(verify_module(erased, "x.so"));
    CHECK(why.code == errc::damaged_module);
    CHECK_SAYS(why, "has changed since its build sealed it");
    CHECK_SAYS(why, "copy or build it again");
}

TEST_CASE("damage: an unsealed module whose dynamic section leads astray is refused all the same") {
    auto const away = [](Elf64_Dyn& e) { e.d_un.d_ptr += 0x10'0000'0000; };
    for (std::int64_t const tag :
         std::vector<std::int64_t>{DT_STRTAB, DT_SYMTAB, DT_GNU_HASH, DT_RELA, DT_JMPREL, DT_VERSYM,
                                   DT_VERNEED, DT_INIT_ARRAY, DT_FINI_ARRAY, DT_INIT, DT_PLTGOT}) {
        INFO(tag);
        CHECK(without(tag, away) == errc::damaged_module);
    }
    auto const large = [](Elf64_Dyn& e) { e.d_un.d_val += 1 << 24; };
    for (std::int64_t const tag : {DT_STRSZ, DT_RELASZ, DT_PLTRELSZ, DT_INIT_ARRAYSZ, DT_FINI_ARRAYSZ}) {
        INFO(tag);
        CHECK(without(tag, large) == errc::damaged_module);
    }
    CHECK(without(DT_RELAENT, [](Elf64_Dyn& e) { e.d_un.d_val = 12; }) == errc::damaged_module);
    CHECK(without(DT_PLTREL, [](Elf64_Dyn& e) { e.d_un.d_val = DT_REL; }) == errc::damaged_module);
    CHECK(without(DT_SYMENT, [](Elf64_Dyn& e) { e.d_un.d_val = 16; }) == errc::damaged_module);
    CHECK(without(DT_VERNEED, [](Elf64_Dyn& e) { e.d_tag = DT_DEBUG; }) == errc::damaged_module);
}

TEST_CASE("damage: an unsealed module whose segments cannot be mapped is refused") {
    auto const code = [](std::uint32_t type, std::function<void(Elf64_Phdr&)> const& change) {
        auto file = test::unsealed(test::read(modules / "plain-1.0.0.so"));
        test::change_segments(file, type, change);
        auto const verified = verify_module(file, "x.so");
        return verified ? errc{} : verified.error().code;
    };
    CHECK(code(PT_LOAD, [](Elf64_Phdr& s) { s.p_align = 24; }) == errc::damaged_module);
    CHECK(code(PT_LOAD, [](Elf64_Phdr& s) { s.p_memsz = s.p_filesz / 2; }) == errc::damaged_module);
    CHECK(code(PT_LOAD, [](Elf64_Phdr& s) { s.p_vaddr += 8; }) == errc::damaged_module);
    CHECK(code(PT_LOAD, [](Elf64_Phdr& s) { s.p_vaddr = s.p_offset % 4096; }) == errc::damaged_module);
    CHECK(code(PT_LOAD, [](Elf64_Phdr& s) { s.p_memsz = std::uint64_t{1} << 40; }) == errc::damaged_module);
    CHECK(code(PT_LOAD, [](Elf64_Phdr& s) { s.p_flags &= ~PF_W; }) == errc::damaged_module);
    CHECK(code(PT_LOAD, [](Elf64_Phdr& s) { s.p_filesz += 1 << 24; }) == errc::truncated_file);
    CHECK(code(PT_DYNAMIC, [](Elf64_Phdr& s) { s.p_vaddr += 4096; }) == errc::damaged_module);
    CHECK(code(PT_DYNAMIC, [](Elf64_Phdr& s) { s.p_type = PT_NULL; }) == errc::damaged_module);
    CHECK(code(PT_GNU_EH_FRAME, [](Elf64_Phdr& s) { s.p_vaddr = 0x7000'0000; }) == errc::damaged_module);
    CHECK(code(PT_GNU_RELRO, [](Elf64_Phdr& s) { s.p_vaddr = 0; }) == errc::damaged_module);
}

TEST_CASE("damage: a private copy that is changed between the judgement and the load is not loaded") {
    scratch const here;
    hotswap::detail::staging_area area(here / "stage");
    for (bool const replaced : {false, true}) {
        auto staged = area.stage(modules / "plain-1.0.0.so", "plain-1.0.0.so").value();
        auto verified = verify_module(staged, {}).value();
        std::filesystem::path const copy = staged.path();
        if (replaced) {
            std::filesystem::remove(copy);
            std::filesystem::copy_file(modules / "plain-2.0.0.so", copy);
        } else {
            std::filesystem::permissions(copy, std::filesystem::perms::owner_all);
        }
        auto const why =
            test::refusal(hotswap::detail::loaded_module::load(std::move(staged), std::move(verified)));
        CHECK(why.code == errc::damaged_module);
        CHECK_SAYS(why, copy.string());
        CHECK_FALSE(test::is_mapped(copy.string()));
    }
}
