// The dynamic section of a shared object, its strings, symbols and hash tables.
#include "module/elf_view.hpp"

#include <algorithm>
#include <bit>

namespace hotswap::detail {

namespace {

checked<void> read_entries(elf_view& elf) {
    auto const segment = std::find_if(elf.segments.begin(), elf.segments.end(),
                                      [](Elf64_Phdr const& s) { return s.p_type == PT_DYNAMIC; });
    if (segment == elf.segments.end()) return elf.damaged("the dynamic section", "is missing");
    if (std::count_if(elf.segments.begin(), elf.segments.end(),
                      [](Elf64_Phdr const& s) { return s.p_type == PT_DYNAMIC; }) != 1)
        return elf.damaged("the dynamic section", "is there more than once");
    // The dynamic linker writes addresses into the dynamic section.
    if (segment->p_vaddr % alignof(Elf64_Dyn) != 0 ||
        !elf.is_loaded({segment->p_vaddr, segment->p_filesz}, PF_W))
        return elf.damaged("the dynamic section", "is in memory that is not writable");
    auto const bytes = elf.file.subspan(segment->p_offset, segment->p_filesz);
    for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= bytes.size(); at += sizeof(Elf64_Dyn)) {
        auto const entry = copy_at<Elf64_Dyn>(bytes, at);
        if (entry.d_tag == DT_NULL) return {};
        elf.dynamic.push_back(entry);
    }
    return elf.damaged("the dynamic section", "does not end");
}

checked<void> read_strings(elf_view& elf) {
    auto const address = elf.value(DT_STRTAB);
    auto const bytes = address ? elf.mapped({*address, elf.value_or_zero(DT_STRSZ)})
                               : std::optional<std::span<std::byte const>>{};
    if (!bytes || bytes->empty() || bytes->back() != std::byte{0})
        return elf.damaged("the dynamic string table", "is missing, not loaded, or does not end");
    elf.strings = {reinterpret_cast<char const*>(bytes->data()), bytes->size()};
    for (Elf64_Dyn const& entry : elf.dynamic) {
        switch (entry.d_tag) {
            case DT_NEEDED:
            case DT_SONAME:
            case DT_RPATH:
            case DT_RUNPATH:
            case DT_AUXILIARY:
            case DT_FILTER:
            case DT_AUDIT:
            case DT_DEPAUDIT:
                if (!elf.is_text(entry.d_un.d_val))
                    return elf.damaged(fmt::format("dynamic entry {:#x}", entry.d_tag),
                                       "names a text outside the string table");
                break;
            default:
                break;
        }
        if (entry.d_tag == DT_NEEDED) elf.needed.push_back(elf.text(entry.d_un.d_val));
    }
    return {};
}

checked<void> check_symbol(elf_view const& elf, std::size_t index) {
    Elf64_Sym const& symbol = elf.symbols[index];
    auto const which = [index] { return fmt::format("symbol {}", index); };
    if (!elf.is_text(symbol.st_name)) return elf.damaged(which(), "has its name outside the string table");
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS) return {};
    auto const type = ELF64_ST_TYPE(symbol.st_info);
    if (type == STT_TLS) {
        bool const inside = std::any_of(elf.segments.begin(), elf.segments.end(), [&](Elf64_Phdr const& s) {
            return s.p_type == PT_TLS && symbol.st_value <= s.p_memsz;
        });
        if (!inside) return elf.damaged(which(), "lies outside the thread-local memory");
    } else if (type == STT_FUNC || type == STT_GNU_IFUNC) {
        if (!elf.is_loaded({symbol.st_value, 1}, PF_X))
            return elf.damaged(which(), "is a function outside the code");
    } else if (symbol.st_value > elf.span_end()) {
        return elf.damaged(which(), "lies outside the module's memory");
    }
    return {};
}

// Only the section table holds the number of symbols; the dynamic linker itself does not know it.
checked<void> read_symbols(elf_view& elf) {
    auto const section = std::find_if(elf.sections.begin(), elf.sections.end(),
                                      [](Elf64_Shdr const& s) { return s.sh_type == SHT_DYNSYM; });
    auto const address = elf.value(DT_SYMTAB);
    if (section == elf.sections.end() || !address || section->sh_addr != *address ||
        section->sh_entsize != sizeof(Elf64_Sym) || section->sh_size % sizeof(Elf64_Sym) != 0 ||
        elf.value(DT_SYMENT).value_or(sizeof(Elf64_Sym)) != sizeof(Elf64_Sym))
        return elf.damaged("the dynamic symbol table", "is missing or described in two ways");
    auto const bytes = elf.mapped({*address, section->sh_size});
    if (!bytes || bytes->empty()) return elf.damaged("the dynamic symbol table", "is not loaded");
    elf.symbols.resize(bytes->size() / sizeof(Elf64_Sym));
    std::memcpy(elf.symbols.data(), bytes->data(), bytes->size());
    for (std::size_t i = 0; i != elf.symbols.size(); ++i)
        if (auto checked = check_symbol(elf, i); !checked) return checked;
    return {};
}

checked<void> check_gnu_hash(elf_view const& elf, std::uint64_t address) {
    constexpr char which[] = "the GNU hash table";
    struct head {
        std::uint32_t buckets, first_symbol, bloom_words, shift;
    };
    auto const begin = elf.mapped({address, sizeof(head)});
    if (!begin) return elf.damaged(which, "is not loaded");
    auto const h = copy_at<head>(*begin, 0);
    std::uint64_t const count = elf.symbols.size();
    if (!std::has_single_bit(h.bloom_words) || h.first_symbol > count)
        return elf.damaged(which, "has impossible sizes");
    std::uint64_t const buckets_at = sizeof h + std::uint64_t{8} * h.bloom_words;
    std::uint64_t const chain_at = buckets_at + std::uint64_t{4} * h.buckets;
    auto const all = elf.mapped({address, chain_at + 4 * (count - h.first_symbol)});
    if (!all) return elf.damaged(which, "reaches beyond its segment");
    for (std::uint64_t b = 0; b != h.buckets; ++b) {
        std::uint64_t at = copy_at<std::uint32_t>(*all, buckets_at + 4 * b);
        if (at == 0) continue;
        for (bool last = false; !last; ++at) {
            if (at < h.first_symbol || at >= count)
                return elf.damaged(which, "leads to a symbol that is not there");
            last = (copy_at<std::uint32_t>(*all, chain_at + 4 * (at - h.first_symbol)) & 1) != 0;
        }
    }
    return {};
}

checked<void> check_old_hash(elf_view const& elf, std::uint64_t address) {
    constexpr char which[] = "the hash table";
    auto const begin = elf.mapped({address, 8});
    if (!begin) return elf.damaged(which, "is not loaded");
    std::uint64_t const buckets = copy_at<std::uint32_t>(*begin, 0);
    std::uint64_t const chains = copy_at<std::uint32_t>(*begin, 4);
    auto const all = elf.mapped({address, 8 + 4 * (buckets + chains)});
    if (!all || chains > elf.symbols.size())
        return elf.damaged(which, "reaches beyond its segment or the symbols");
    std::uint64_t steps = 0;
    for (std::uint64_t b = 0; b != buckets; ++b)
        for (std::uint64_t at = copy_at<std::uint32_t>(*all, 8 + 4 * b); at != 0;
             at = copy_at<std::uint32_t>(*all, 8 + 4 * (buckets + at)))
            if (at >= chains || ++steps > chains)
                return elf.damaged(which, "leads to a symbol that is not there, or in a circle");
    return {};
}

}  // namespace

checked<void> read_dynamic(elf_view& elf) {
    if (auto read = read_entries(elf); !read) return read;
    if (auto read = read_strings(elf); !read) return read;
    return read_symbols(elf);
}

checked<void> check_hashes(elf_view const& elf) {
    if (auto const address = elf.value(DT_GNU_HASH))
        if (auto checked = check_gnu_hash(elf, *address); !checked) return checked;
    if (auto const address = elf.value(DT_HASH))
        if (auto checked = check_old_hash(elf, *address); !checked) return checked;
    return {};
}

}  // namespace hotswap::detail
