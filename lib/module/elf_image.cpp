#include "module/elf_image.hpp"

#include "module/elf_notes.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace hotswap::detail {

namespace {

#if defined(__x86_64__)
constexpr std::uint16_t own_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t own_machine = EM_AARCH64;
#elif defined(__riscv)
constexpr std::uint16_t own_machine = EM_RISCV;
#else
#error "hotswap knows the 64-bit little-endian machines x86-64, AArch64 and RISC-V"
#endif
static_assert(std::endian::native == std::endian::little && sizeof(void*) == 8);

std::string machine_name(unsigned machine) {
    switch (machine) {
        case EM_X86_64:
            return "x86-64";
        case EM_386:
            return "i386";
        case EM_AARCH64:
            return "AArch64";
        case EM_ARM:
            return "ARM";
        case EM_RISCV:
            return "RISC-V";
        default:
            return fmt::format("machine {}", machine);
    }
}

checked<void> read_header(elf_view& elf) {
    auto const& [file, name] = std::tie(elf.file, elf.name);
    if (file.size() < SELFMAG || std::memcmp(file.data(), ELFMAG, SELFMAG) != 0)
        return refusing(
            errc::not_elf, "the ELF header",
            fmt::format("{} is not an ELF file: it begins with other bytes than 7f 45 4c 46", name),
            "give a shared object built with hotswap_add_component");
    if (file.size() < sizeof(Elf64_Ehdr))
        return refusing(errc::truncated_file, "the ELF header",
                        fmt::format("{} ends within its ELF header: {} bytes are there, {} expected", name,
                                    file.size(), sizeof(Elf64_Ehdr)),
                        "copy or build it again");
    auto const& header = elf.header = copy_at<Elf64_Ehdr>(file, 0);
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        header.e_machine != own_machine)
        return refusing(
            errc::wrong_architecture, "the ELF header",
            fmt::format("{} is built for {} ({}-bit, {}-endian), this program is built for {} (64-bit, "
                        "little-endian)",
                        name, machine_name(header.e_machine),
                        header.e_ident[EI_CLASS] == ELFCLASS32 ? 32 : 64,
                        header.e_ident[EI_DATA] == ELFDATA2MSB ? "big" : "little", machine_name(own_machine)),
            "build it for this machine");
    if (header.e_type != ET_DYN)
        return refusing(errc::not_elf, "the ELF header",
                        fmt::format("{} is an ELF file but not a shared object (type {}, {} expected)", name,
                                    header.e_type, ET_DYN),
                        "link it with -shared, as hotswap_add_component does");
    return {};
}

void add_paths(elf_view const& elf, std::int64_t tag, std::vector<std::string_view>& to) {
    auto const at = elf.value(tag);
    if (!at) return;
    std::string_view rest = elf.text(*at);
    for (;;) {
        auto const colon = rest.find(':');
        to.push_back(rest.substr(0, colon));
        if (colon == rest.npos) break;
        rest.remove_prefix(colon + 1);
    }
}

// "The section table lies within the file" catches every truncation, because linkers write it last.
checked<void> read_sections(elf_view& elf) {
    auto const& header = elf.header;
    extent const whole{0, elf.file.size()};
    extent const table{header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr)};
    if (header.e_shnum == 0 || header.e_shentsize != sizeof(Elf64_Shdr) || !lies_within(table, whole))
        return elf.truncated("the section table", table);
    for (std::uint64_t i = 0; i != header.e_shnum; ++i) {
        auto const s = copy_at<Elf64_Shdr>(elf.file, header.e_shoff + i * sizeof(Elf64_Shdr));
        if (s.sh_type != SHT_NOBITS && !lies_within({s.sh_offset, s.sh_size}, whole))
            return elf.truncated(fmt::format("section {}", i), {s.sh_offset, s.sh_size});
        elf.sections.push_back(s);
    }
    return {};
}

checked<void> read_segments(elf_view& elf) {
    auto const& header = elf.header;
    extent const whole{0, elf.file.size()};
    extent const table{header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr)};
    if (header.e_phnum == 0 || header.e_phentsize != sizeof(Elf64_Phdr) || !lies_within(table, whole))
        return elf.truncated("the program header table", table);
    for (std::uint64_t i = 0; i != header.e_phnum; ++i) {
        auto const p = copy_at<Elf64_Phdr>(elf.file, header.e_phoff + i * sizeof(Elf64_Phdr));
        if (!lies_within({p.p_offset, p.p_filesz}, whole))
            return elf.truncated(fmt::format("segment {}", i), {p.p_offset, p.p_filesz});
        elf.segments.push_back(p);
    }
    return check_segments(elf);
}

}  // namespace

checked<elf_image> elf_image::read(std::span<std::byte const> file, std::string_view name) {
    elf_view elf{file, name};
    for (auto const step : {read_header, read_sections, read_segments, read_dynamic})
        if (auto done = step(elf); !done) return done.error();
    for (auto const check : {check_hashes, check_versions, check_relocations})
        if (auto done = check(elf); !done) return done.error();
    return elf_image(std::move(elf));
}

std::optional<std::span<std::byte const>> elf_image::note(std::string_view name, std::uint32_t type) const {
    for (Elf64_Phdr const& s : elf_.segments) {
        if (s.p_type != PT_NOTE) continue;
        auto const notes = elf_.file.subspan(s.p_offset, s.p_filesz);
        if (auto const found = find_note(notes, s.p_align, name, type)) return found;
    }
    return std::nullopt;
}

std::string elf_image::build_id() const {
    auto const id = note("GNU", NT_GNU_BUILD_ID);
    std::string text;
    if (!id) return text;
    for (std::byte const b : *id) text += fmt::format("{:02x}", std::to_integer<unsigned>(b));
    return text;
}

std::vector<elf_symbol> elf_image::symbols() const {
    std::vector<elf_symbol> found;
    for (Elf64_Sym const& symbol : elf_.symbols) {
        auto const name = elf_.text(symbol.st_name);
        if (name.empty()) continue;
        auto const binding = ELF64_ST_BIND(symbol.st_info);
        auto const visibility = ELF64_ST_VISIBILITY(symbol.st_other);
        found.push_back({name, symbol.st_shndx != SHN_UNDEF, binding == STB_WEAK,
                         binding == STB_LOCAL || visibility == STV_HIDDEN || visibility == STV_INTERNAL,
                         binding == STB_GNU_UNIQUE});
    }
    return found;
}

std::vector<std::string_view> elf_image::search_paths() const {
    std::vector<std::string_view> found;
    for (std::int64_t const tag : {DT_RPATH, DT_RUNPATH}) add_paths(elf_, tag, found);
    return found;
}

std::vector<std::string_view> elf_image::used_search_paths() const {
    std::vector<std::string_view> found;
    add_paths(elf_, elf_.value(DT_RUNPATH) ? DT_RUNPATH : DT_RPATH, found);
    return found;
}

bool elf_image::has_section(std::string_view name) const {
    if (elf_.header.e_shstrndx >= elf_.sections.size()) return false;
    Elf64_Shdr const& texts = elf_.sections[elf_.header.e_shstrndx];
    if (texts.sh_type == SHT_NOBITS) return false;
    std::string_view const all(reinterpret_cast<char const*>(elf_.file.data()) + texts.sh_offset,
                               texts.sh_size);
    return std::any_of(elf_.sections.begin(), elf_.sections.end(), [&](Elf64_Shdr const& each) {
        if (each.sh_name >= all.size()) return false;
        auto const own = all.substr(each.sh_name);
        return own.substr(0, own.find('\0')) == name;
    });
}

std::uint64_t elf_image::thread_local_bytes() const {
    auto const found = std::find_if(elf_.segments.begin(), elf_.segments.end(),
                                    [](Elf64_Phdr const& s) { return s.p_type == PT_TLS; });
    return found == elf_.segments.end() ? 0
                                        : aligned(found->p_memsz, std::max<std::uint64_t>(found->p_align, 1));
}

}  // namespace hotswap::detail
