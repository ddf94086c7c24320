#include "module/elf_image.hpp"

#include "module/altered.hpp"
#include "module/files.hpp"
#include "module/module_file.hpp"

#include <hotswap/detail/abi/descriptor.hpp>

#include <doctest/doctest.h>

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

using hotswap::errc;
using hotswap::detail::verify_module;
using test::at;
using test::bytes;
using test::field_at;
using test::put;
using test::refusal;

namespace {

bytes sealed_module() { return test::read(test::modules / "plain_stripped-1.0.0.so"); }

bytes good_module() { return test::unsealed(sealed_module()); }

/// The parts of the file that the reader follows: headers, tables, and their targets.
std::vector<std::pair<std::size_t, std::size_t>> read_parts(bytes const& file) {
    auto const header = at<Elf64_Ehdr>(file, 0);
    std::vector<std::pair<std::size_t, std::size_t>> parts{
        {0, sizeof header},
        {header.e_phoff, std::size_t{header.e_phnum} * sizeof(Elf64_Phdr)},
        {header.e_shoff, std::size_t{header.e_shnum} * sizeof(Elf64_Shdr)}};
    for (std::size_t i = 0; i != header.e_shnum; ++i) {
        auto const section = at<Elf64_Shdr>(file, header.e_shoff + i * sizeof(Elf64_Shdr));
        bool const is_read = section.sh_type == SHT_DYNSYM || section.sh_type == SHT_NOTE ||
                             section.sh_type == SHT_DYNAMIC ||
                             (section.sh_type == SHT_STRTAB && section.sh_addr != 0);
        if (is_read) parts.emplace_back(section.sh_offset, section.sh_size);
    }
    return parts;
}

/// The codes with which bytes may be refused.
bool is_refusal_of_bytes(errc code) {
    static std::set<errc> const known{
        errc::not_elf,      errc::wrong_architecture, errc::truncated_file,    errc::no_descriptor,
        errc::abi_mismatch, errc::toolchain_mismatch, errc::unique_symbols,    errc::damaged_module,
        errc::lint_refused, errc::load_failed,        errc::unresolved_symbols};
    return known.contains(code);
}

/// A clean error, or a consistent result.
bool is_judged(std::span<std::byte const> file) {
    auto const verified = verify_module(file, "x.so");
    if (!verified) return is_refusal_of_bytes(verified.error().code) && !verified.error().message.empty();
    return verified->descriptor.state_count <= hotswap::abi::max_states && !verified->component().empty() &&
           verified->state(verified->descriptor.schema_version) != nullptr &&
           std::string_view(verified->descriptor.toolchain) == hotswap::abi::toolchain;
}

}  // namespace

TEST_CASE("elf: a good module is read without running it") {
    auto const file = good_module();
    auto const read = verify_module(file, "plain-1.0.0.so");
    REQUIRE(read.has_value());
    CHECK(read->component() == "plain");
    CHECK(read->release() == "1.0.0");
    CHECK(read->contract() == hotswap::contract{"test.probe", 1});
    CHECK(read->schema().name == "test.plain");
    CHECK(read->schema().version == 1);
    CHECK_FALSE(read->legacy());
    CHECK(read->build_id.size() == 40);
    CHECK(read->keeps_mapped.empty());
    CHECK(read->own_state().version == 1);
    CHECK(read->starts_from(1));
    CHECK_FALSE(read->starts_from(0));
    CHECK_FALSE(read->goes_back_to(0));
}

TEST_CASE("elf: a module truncated at any byte is refused, and nothing behind its end is read") {
    auto const file = good_module();
    test::fenced_bytes memory(file.size());
    std::size_t accepted = 0;
    std::size_t misjudged = 0;
    for (std::size_t size = 0; size != file.size(); ++size) {
        auto const cut = memory.hold(std::span(file).first(size));
        auto const verified = verify_module(cut, "x.so");
        if (verified)
            ++accepted;
        else if (verified.error().code != (size < SELFMAG ? errc::not_elf : errc::truncated_file))
            ++misjudged;
    }
    CHECK(accepted == 0);
    CHECK(misjudged == 0);
}

TEST_CASE(
    "elf: any altered byte of headers, tables, symbols and notes is a clean error or a verified result") {
    auto const file = good_module();
    test::fenced_bytes memory(file.size());
    auto const altered = memory.hold(file);
    std::size_t variations = 0;
    std::size_t misjudged = 0;
    for (auto const& [begin, size] : read_parts(file))
        for (std::size_t i = begin; i != begin + size; ++i) {
            auto const original = altered[i];
            for (std::byte const other :
                 {std::byte{0x00}, std::byte{0xff}, original ^ std::byte{0x01}, original ^ std::byte{0x80}}) {
                if (other == original) continue;
                altered[i] = other;
                ++variations;
                if (!is_judged(altered)) {
                    ++misjudged;
                    MESSAGE("byte " << i << " as " << std::to_integer<int>(other));
                }
            }
            altered[i] = original;
        }
    CHECK(variations > 5'000);
    CHECK(misjudged == 0);
    CHECK(verify_module(altered, "x.so").has_value());
}

TEST_CASE("elf: a file that is something else is not ELF") {
    for (std::string_view const text : {"", "\x7f",
                                        "\x7f"
                                        "EL",
                                        "#!/bin/sh\nexit 0\n", "not a module"}) {
        auto const why = refusal(verify_module(std::as_bytes(std::span(text)), "x.so"));
        CHECK(why.code == errc::not_elf);
        CHECK(why.phase == hotswap::phase::verify);
        CHECK_SAYS(why, "x.so is not an ELF file");
        CHECK_SAYS(why, "hotswap_add_component");
    }
}

TEST_CASE("elf: a module of another machine is refused with both machines") {
    auto file = good_module();
    std::uint16_t const other = at<Elf64_Ehdr>(file, 0).e_machine == EM_AARCH64 ? EM_X86_64 : EM_AARCH64;
    put(file, offsetof(Elf64_Ehdr, e_machine), other);
    auto const why = refusal(verify_module(file, "x.so"));
    CHECK(why.code == errc::wrong_architecture);
    CHECK_SAYS(why, "AArch64");
    CHECK_SAYS(why, "x86-64");
}

TEST_CASE("elf: a module of 32 bits is refused") {
    auto file = good_module();
    put(file, EI_CLASS, static_cast<unsigned char>(ELFCLASS32));
    auto const why = refusal(verify_module(file, "x.so"));
    CHECK(why.code == errc::wrong_architecture);
    CHECK_SAYS(why, "32-bit");
}

TEST_CASE("elf: a big-endian module is refused") {
    auto file = good_module();
    put(file, EI_DATA, static_cast<unsigned char>(ELFDATA2MSB));
    auto const why = refusal(verify_module(file, "x.so"));
    CHECK(why.code == errc::wrong_architecture);
    CHECK_SAYS(why, "big-endian");
}

TEST_CASE("elf: an executable or an object file is not a shared object") {
    for (std::uint16_t const type : {ET_EXEC, ET_REL, ET_CORE}) {
        auto file = good_module();
        put(file, offsetof(Elf64_Ehdr, e_type), type);
        auto const why = refusal(verify_module(file, "x.so"));
        CHECK(why.code == errc::not_elf);
        CHECK_SAYS(why, "not a shared object");
    }
}

TEST_CASE("elf: a file whose section table was stripped off is not taken for a whole one") {
    auto file = good_module();
    put(file, offsetof(Elf64_Ehdr, e_shnum), std::uint16_t{0});
    CHECK(refusal(verify_module(file, "x.so")).code == errc::truncated_file);
}

TEST_CASE("descriptor: a shared object without one is refused with the macro that makes it") {
    auto const file = test::read(test::modules / "no_component-1.0.0.so");
    auto const why = refusal(verify_module(file, "x.so"));
    CHECK(why.code == errc::no_descriptor);
    CHECK_SAYS(why, "HOTSWAP_COMPONENT");
}

TEST_CASE("descriptor: another ABI number is refused with both numbers") {
    auto file = good_module();
    put(file, field_at(file, &hotswap::abi::descriptor::abi), hotswap::abi::number + 41);
    auto const why = refusal(verify_module(file, "x.so"));
    CHECK(why.code == errc::abi_mismatch);
    CHECK_SAYS(why, "ABI " + std::to_string(hotswap::abi::number + 41));
    CHECK_SAYS(why, "ABI " + std::to_string(hotswap::abi::number));
}

TEST_CASE("descriptor: a damaged one is refused, whatever is damaged") {
    using descriptor = hotswap::abi::descriptor;
    auto const good = good_module();
    auto const damaged = [&good](auto field, auto value) {
        auto file = good;
        put(file, field_at(file, field), value);
        return refusal(verify_module(file, "x.so"));
    };
    CHECK(damaged(&descriptor::magic, std::uint64_t{1}).code == errc::no_descriptor);
    CHECK_SAYS(damaged(&descriptor::magic, std::uint64_t{1}), "damaged hotswap descriptor");
    CHECK(damaged(&descriptor::state_count, std::uint32_t{0}).code == errc::no_descriptor);
    CHECK(damaged(&descriptor::state_count, std::uint32_t{2}).code == errc::no_descriptor);
    CHECK(damaged(&descriptor::state_count, ~std::uint32_t{0}).code == errc::no_descriptor);
    CHECK(damaged(&descriptor::schema_version, ~std::uint32_t{0}).code == errc::no_descriptor);
    CHECK(damaged(&descriptor::schema_version, std::uint32_t{0}).code == errc::no_descriptor);
    CHECK(damaged(&descriptor::oldest_start, std::uint32_t{2}).code == errc::no_descriptor);
    CHECK(damaged(&descriptor::oldest_back, std::uint32_t{7}).code == errc::no_descriptor);
    CHECK(damaged(&descriptor::component, '\0').code == errc::no_descriptor);
}

TEST_CASE("descriptor: texts that do not end are refused") {
    using descriptor = hotswap::abi::descriptor;
    auto const good = good_module();
    auto const endless = [&good](auto field) {
        auto file = good;
        std::memset(file.data() + field_at(file, field), 'x', sizeof(descriptor{}.*field));
        return refusal(verify_module(file, "x.so")).code;
    };
    CHECK(endless(&descriptor::component) == errc::no_descriptor);
    CHECK(endless(&descriptor::release) == errc::no_descriptor);
    CHECK(endless(&descriptor::contract) == errc::no_descriptor);
    CHECK(endless(&descriptor::schema) == errc::no_descriptor);
    CHECK(endless(&descriptor::toolchain) == errc::toolchain_mismatch);
}

TEST_CASE("descriptor: it is found after gc-sections, strip and LTO") {
    for (char const* const name : {"plain_gc-1.0.0.so", "plain_stripped-1.0.0.so", "plain_lto-1.0.0.so"}) {
        INFO(name);
        auto const file = test::read(test::modules / name);
        auto const verified = verify_module(file, name);
        REQUIRE_MESSAGE(verified.has_value(), verified.error().message);
        CHECK(verified->component() == "plain");
        CHECK(verified->release() == "1.0.0");
    }
}
