// Tools that change a finished module, and the parts that they move. patchelf makes room by moving the first
// section after the headers, which is the descriptor, to the end of the file, and fills its old place.
#include "module/altered.hpp"
#include "module/command.hpp"
#include "module/files.hpp"
#include "module/fixtures/probe.hpp"

#include <hotswap/runtime.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

using test::bytes;
using test::modules;
using test::probe;
using test::scratch;

namespace {

constexpr std::size_t page = 4096;

/// The module with its descriptor's notes in a separate segment at the end, as after patchelf.
bytes with_moved_note(bytes file) {
    auto const descriptor = test::descriptor_at(file);
    std::uint64_t end = 0;
    test::change_segments(file, PT_LOAD,
                          [&end](Elf64_Phdr& s) { end = std::max(end, s.p_vaddr + s.p_memsz); });
    std::uint64_t const address = (end + page - 1) / page * page;
    std::uint64_t const offset = (file.size() + page - 1) / page * page;
    std::size_t size = 0;
    test::change_segments(file, PT_NOTE, [&](Elf64_Phdr& s) {
        if (descriptor < s.p_offset || descriptor >= s.p_offset + s.p_filesz) return;
        size = s.p_filesz;
        file.resize(offset + size);
        auto const from = file.begin() + static_cast<std::ptrdiff_t>(s.p_offset);
        std::copy_n(from, size, file.begin() + static_cast<std::ptrdiff_t>(offset));
        std::fill_n(from, size, std::byte{'X'});
        s.p_offset = offset;
        s.p_vaddr = s.p_paddr = address;
    });
    REQUIRE(size != 0);
    // patchelf also moves the table of headers to get room for one more; here the new header replaces one
    // that is not needed.
    test::change_segments(file, PT_GNU_RELRO, [&](Elf64_Phdr& s) {
        s = {PT_LOAD, PF_R, offset, address, address, size, size, page};
    });
    return file;
}

}  // namespace

TEST_CASE(
    "moved note: a module whose descriptor was moved loads after it was sealed again, and is rehearsed") {
    scratch const here;
    auto const moved = here / "plain-2.0.0.so";
    test::write(moved, with_moved_note(test::read(modules / "plain-2.0.0.so")));
    auto const sealed = test::run_command(HOTSWAP_TEST_LINT, "--seal '" + moved.string() + "'");
    CHECK_MESSAGE(sealed.status == 0, sealed.output);
    CHECK_MESSAGE(sealed.has(", sealed"), sealed.output);

    hotswap::runtime runtime({.modules = modules, .staging = here / "stage", .log_to_stderr = false});
    auto const it = runtime.load<probe>("it", {.module = modules / "plain-1.0.0.so"}).value();
    auto const report = runtime.swap("it", {.module = moved, .rehearse = hotswap::rehearse::always});
    REQUIRE_MESSAGE(report.has_value(), report.error().message);
    CHECK(report->rehearsal.ran);
    CHECK(it->ask("virtual") == "2");
    auto const again = runtime.load<probe>("second", {.module = moved});
    CHECK_MESSAGE(again.has_value(), again.error().message);
}
