#include "module/elf_image.hpp"

#include "base/refuse.hpp"

#include <elf.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

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

bool lies_within(std::span<std::byte const> file, std::uint64_t offset, std::uint64_t size) {
    return offset <= file.size() && size <= file.size() - offset;
}

template <class T>
T copy_at(std::span<std::byte const> file, std::uint64_t offset) {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, file.data() + offset, sizeof value);
    return value;
}

std::uint64_t aligned(std::uint64_t value, std::uint64_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

failure truncated(std::string_view name, std::span<std::byte const> file, std::string_view what,
                  std::uint64_t offset, std::uint64_t size) {
    return refuse(
        errc::truncated_file, phase::verify,
        "{} is cut short or damaged: {} ({} bytes at {}) lies outside its {} bytes; copy or build it again",
        name, what, size, offset, file.size());
}

}  // namespace

result<elf_image> elf_image::read(std::span<std::byte const> file, std::string_view name) {
    if (file.size() < SELFMAG || std::memcmp(file.data(), ELFMAG, SELFMAG) != 0)
        return refuse(
            errc::not_elf, phase::verify,
            "{} is not an ELF file: it begins with other bytes than 7f 45 4c 46; give a shared object built "
            "with hotswap_add_component",
            name);
    if (file.size() < sizeof(Elf64_Ehdr))
        return refuse(
            errc::truncated_file, phase::verify,
            "{} ends within its ELF header: {} bytes are there, {} expected; copy or build it again", name,
            file.size(), sizeof(Elf64_Ehdr));
    auto const header = copy_at<Elf64_Ehdr>(file, 0);
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        header.e_machine != own_machine)
        return refuse(
            errc::wrong_architecture, phase::verify,
            "{} is built for {} ({}-bit, {}-endian), this host runs on {} (64-bit, little-endian); build it "
            "for this machine",
            name, machine_name(header.e_machine), header.e_ident[EI_CLASS] == ELFCLASS32 ? 32 : 64,
            header.e_ident[EI_DATA] == ELFDATA2MSB ? "big" : "little", machine_name(own_machine));
    if (header.e_type != ET_DYN)
        return refuse(
            errc::not_elf, phase::verify,
            "{} is an ELF file but not a shared object (type {}, {} expected); link it with -shared, as "
            "hotswap_add_component does",
            name, header.e_type, ET_DYN);
    elf_image image(file);
    if (auto read = image.read_tables(name); !read) return read.error();
    return image;
}

// "The section table lies within the file" catches every truncation, because linkers write it last.
result<void> elf_image::read_tables(std::string_view name) {
    auto const header = copy_at<Elf64_Ehdr>(file_, 0);
    std::uint64_t const sections_size = std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr);
    if (header.e_shnum == 0 || header.e_shentsize != sizeof(Elf64_Shdr) ||
        !lies_within(file_, header.e_shoff, sections_size))
        return truncated(name, file_, "the section table", header.e_shoff, sections_size);
    for (std::uint64_t i = 0; i != header.e_shnum; ++i) {
        auto const s = copy_at<Elf64_Shdr>(file_, header.e_shoff + i * sizeof(Elf64_Shdr));
        if (s.sh_type != SHT_NOBITS && !lies_within(file_, s.sh_offset, s.sh_size))
            return truncated(name, file_, fmt::format("section {}", i), s.sh_offset, s.sh_size);
        sections_.push_back({s.sh_type, s.sh_link, s.sh_offset, s.sh_size});
    }
    return read_segments(name);
}

result<void> elf_image::read_segments(std::string_view name) {
    auto const header = copy_at<Elf64_Ehdr>(file_, 0);
    std::uint64_t const segments_size = std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr);
    if (header.e_phnum == 0 || header.e_phentsize != sizeof(Elf64_Phdr) ||
        !lies_within(file_, header.e_phoff, segments_size))
        return truncated(name, file_, "the program header table", header.e_phoff, segments_size);
    for (std::uint64_t i = 0; i != header.e_phnum; ++i) {
        auto const p = copy_at<Elf64_Phdr>(file_, header.e_phoff + i * sizeof(Elf64_Phdr));
        if (!lies_within(file_, p.p_offset, p.p_filesz))
            return truncated(name, file_, fmt::format("segment {}", i), p.p_offset, p.p_filesz);
        segments_.push_back({p.p_type, p.p_offset, p.p_filesz, p.p_align});
    }
    return {};
}

std::optional<std::span<std::byte const>> elf_image::note(std::string_view name, std::uint32_t type) const {
    for (segment const& s : segments_) {
        if (s.type != PT_NOTE) continue;
        std::uint64_t const alignment = s.alignment == 8 ? 8 : 4;
        auto const notes = file_.subspan(s.offset, s.size);
        for (std::uint64_t at = 0; lies_within(notes, at, sizeof(Elf64_Nhdr));) {
            auto const header = copy_at<Elf64_Nhdr>(notes, at);
            std::uint64_t const name_at = at + sizeof header;
            std::uint64_t const content_at = aligned(name_at + header.n_namesz, alignment);
            if (!lies_within(notes, name_at, header.n_namesz) ||
                !lies_within(notes, content_at, header.n_descsz))
                break;
            std::string_view const found(reinterpret_cast<char const*>(notes.data() + name_at),
                                         header.n_namesz == 0 ? 0 : header.n_namesz - 1);
            if (header.n_type == type && found == name) return notes.subspan(content_at, header.n_descsz);
            at = aligned(content_at + header.n_descsz, alignment);
        }
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

std::string_view elf_image::text_at(section const& strings, std::uint64_t offset) const {
    if (strings.type != SHT_STRTAB || offset >= strings.size) return {};
    auto const* const begin = reinterpret_cast<char const*>(file_.data() + strings.offset + offset);
    auto const* const end = reinterpret_cast<char const*>(file_.data() + strings.offset + strings.size);
    auto const* const zero = std::find(begin, end, '\0');
    return zero == end ? std::string_view{} : std::string_view(begin, static_cast<std::size_t>(zero - begin));
}

std::vector<elf_symbol> elf_image::symbols() const {
    std::vector<elf_symbol> found;
    for (section const& table : sections_) {
        if (table.type != SHT_DYNSYM || table.link >= sections_.size()) continue;
        for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= table.size; at += sizeof(Elf64_Sym)) {
            auto const symbol = copy_at<Elf64_Sym>(file_, table.offset + at);
            auto const name = text_at(sections_[table.link], symbol.st_name);
            if (name.empty()) continue;
            found.push_back(
                {name, symbol.st_shndx != SHN_UNDEF, ELF64_ST_BIND(symbol.st_info) == STB_GNU_UNIQUE});
        }
    }
    return found;
}

bool elf_image::never_unloads() const {
    for (segment const& s : segments_) {
        if (s.type != PT_DYNAMIC) continue;
        for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= s.size; at += sizeof(Elf64_Dyn)) {
            auto const entry = copy_at<Elf64_Dyn>(file_, s.offset + at);
            if (entry.d_tag == DT_FLAGS_1 && (entry.d_un.d_val & DF_1_NODELETE) != 0) return true;
            if (entry.d_tag == DT_NULL) break;
        }
    }
    return false;
}

}  // namespace hotswap::detail
