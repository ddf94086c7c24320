// The relocations of a shared object, and the functions in it that the dynamic linker calls.
#include "module/elf_view.hpp"

#include <algorithm>

namespace hotswap::detail {

namespace {

#if defined(__x86_64__)
constexpr std::uint64_t none_type = R_X86_64_NONE, relative_type = R_X86_64_RELATIVE,
                        copy_type = R_X86_64_COPY, address_type = R_X86_64_64,
                        resolver_type = R_X86_64_IRELATIVE, descriptor_type = R_X86_64_TLSDESC;
#elif defined(__aarch64__)
constexpr std::uint64_t none_type = R_AARCH64_NONE, relative_type = R_AARCH64_RELATIVE,
                        copy_type = R_AARCH64_COPY, address_type = R_AARCH64_ABS64,
                        resolver_type = R_AARCH64_IRELATIVE, descriptor_type = R_AARCH64_TLSDESC;
#elif defined(__riscv)
constexpr std::uint64_t none_type = R_RISCV_NONE, relative_type = R_RISCV_RELATIVE, copy_type = R_RISCV_COPY,
                        address_type = R_RISCV_64, resolver_type = R_RISCV_IRELATIVE, descriptor_type = ~0ull;
#endif

constexpr std::uint64_t word = sizeof(std::uint64_t);

/// An array of functions that the dynamic linker calls; a relocation sets each entry.
struct call_array {
    char const* name;
    extent where;
    std::vector<bool> filled;
};

/// Checks all relocations of a file.
class relocation_check {
public:
    explicit relocation_check(elf_view const& elf)
        : elf_(elf), end_(elf.span_end()), written_(elf.changes_code() ? 0 : PF_W) {}

    checked<void> run() {
        for (auto const& [name, address, size] :
             {std::tuple{"the array of initialisers", DT_INIT_ARRAY, DT_INIT_ARRAYSZ},
              std::tuple{"the array of finalisers", DT_FINI_ARRAY, DT_FINI_ARRAYSZ}})
            if (auto added = add_array(name, address, size); !added) return added;
        if (elf_.value(DT_REL))
            return elf_.damaged("the relocation table", "is of a kind that this machine does not have");
        if (auto checked = check_table(DT_RELA, DT_RELASZ); !checked) return checked;
        if (elf_.value(DT_JMPREL)) {
            if (elf_.value(DT_PLTREL) != std::uint64_t{DT_RELA})
                return elf_.damaged("the relocation table of calls",
                                    "is of a kind that this machine does not have");
            if (auto checked = check_table(DT_JMPREL, DT_PLTRELSZ); !checked) return checked;
        }
        if (auto checked = check_packed(); !checked) return checked;
        return check_calls();
    }

private:
    checked<void> add_array(char const* name, std::int64_t address_tag, std::int64_t size_tag) {
        auto const address = elf_.value(address_tag);
        extent const where{address.value_or(0), elf_.value_or_zero(size_tag)};
        if (!address || where.size == 0) return {};
        if (where.begin % word != 0 || where.size % word != 0 || !elf_.mapped(where))
            return elf_.damaged(name, "is not loaded");
        arrays_.push_back({name, where, std::vector<bool>(where.size / word)});
        return {};
    }

    checked<void> check_table(std::int64_t address_tag, std::int64_t size_tag) {
        auto const address = elf_.value(address_tag);
        std::uint64_t const size = elf_.value_or_zero(size_tag);
        if (!address || size == 0) return {};
        auto const table = elf_.mapped({*address, size});
        if (!table || size % sizeof(Elf64_Rela) != 0 || *address % word != 0 ||
            elf_.value(DT_RELAENT).value_or(sizeof(Elf64_Rela)) != sizeof(Elf64_Rela))
            return elf_.damaged("the relocation table", "is not loaded, or of an impossible size");
        for (std::uint64_t at = 0; at != size; at += sizeof(Elf64_Rela))
            if (auto checked = check_one(copy_at<Elf64_Rela>(*table, at), at / sizeof(Elf64_Rela)); !checked)
                return checked;
        return {};
    }

    checked<void> check_one(Elf64_Rela const& r, std::uint64_t index) {
        auto const which = [index] { return fmt::format("relocation {}", index); };
        std::uint64_t const type = ELF64_R_TYPE(r.r_info);
        std::uint64_t const symbol = ELF64_R_SYM(r.r_info);
        auto const addend = static_cast<std::uint64_t>(r.r_addend);
        if (symbol >= elf_.symbols.size()) return elf_.damaged(which(), "names a symbol that is not there");
        if (type == none_type) return {};
        if (type == copy_type) return elf_.damaged(which(), "copies a symbol, which a shared object cannot");
        if (!elf_.is_loaded({r.r_offset, type == descriptor_type ? 2 * word : word}, written_))
            return elf_.damaged(which(), "writes where the module cannot be written");
        if (type == relative_type) {
            if (addend > end_) return elf_.damaged(which(), "points outside the module");
            return fill(r.r_offset, addend);
        }
        if (type == resolver_type && !elf_.is_loaded({addend, 1}, PF_X))
            return elf_.damaged(which(), "calls an address that is not code");
        if (type != address_type) return {};
        Elf64_Sym const& target = elf_.symbols[symbol];
        return target.st_shndx == SHN_UNDEF ? fill(r.r_offset, std::nullopt)
                                            : fill(r.r_offset, target.st_value + addend);
    }

    /// Relative relocations in their packed form: addresses, and bit maps of the words after them.
    checked<void> check_packed() {
        constexpr char which[] = "the packed relocation table";
        auto const address = elf_.value(DT_RELR);
        if (!address) return {};
        std::uint64_t const size = elf_.value_or_zero(DT_RELRSZ);
        auto const table = elf_.mapped({*address, size});
        if (!table || size % word != 0 || *address % word != 0 ||
            elf_.value(DT_RELRENT).value_or(word) != word)
            return elf_.damaged(which, "is not loaded, or of an impossible size");
        std::uint64_t next = 0;
        for (std::uint64_t at = 0; at != size; at += word) {
            auto const entry = copy_at<std::uint64_t>(*table, at);
            if ((entry & 1) == 0) {
                if (auto checked = check_packed_word(entry); !checked) return checked;
                next = entry + word;
                continue;
            }
            for (unsigned bit = 1; bit != 64; ++bit)
                if ((entry >> bit & 1) != 0)
                    if (auto checked = check_packed_word(next + (bit - 1) * word); !checked) return checked;
            next += 63 * word;
        }
        return {};
    }

    checked<void> check_packed_word(std::uint64_t where) {
        auto const content = elf_.mapped({where, word});
        if (!elf_.is_loaded({where, word}, PF_W) || !content)
            return elf_.damaged("the packed relocation table", "writes where the module cannot be written");
        auto const target = copy_at<std::uint64_t>(*content, 0);
        if (target > end_) return elf_.damaged("the packed relocation table", "points outside the module");
        return fill(where, target);
    }

    /// Records that a relocation sets a word; `target` is an address in the module itself, or empty.
    checked<void> fill(std::uint64_t where, std::optional<std::uint64_t> target) {
        for (call_array& array : arrays_) {
            if (!lies_within({where, word}, array.where)) continue;
            if ((where - array.where.begin) % word != 0 || (target && !elf_.is_loaded({*target, 1}, PF_X)))
                return elf_.damaged(array.name, "holds an address that is not code");
            array.filled[(where - array.where.begin) / word] = true;
        }
        return {};
    }

    checked<void> check_calls() const {
        for (call_array const& array : arrays_)
            if (std::find(array.filled.begin(), array.filled.end(), false) != array.filled.end())
                return elf_.damaged(array.name, "holds an address that no relocation sets");
        for (std::int64_t const tag : {DT_INIT, DT_FINI})
            if (auto const address = elf_.value(tag); address && !elf_.is_loaded({*address, 1}, PF_X))
                return elf_.damaged(tag == DT_INIT ? "the initialiser" : "the finaliser", "is not code");
        if (auto const table = elf_.value(DT_PLTGOT); table && !elf_.is_loaded({*table, 3 * word}, PF_W))
            return elf_.damaged("the table of offsets", "is in memory that is not writable");
        return {};
    }

    elf_view const& elf_;
    std::uint64_t end_;
    // The permission of a segment to which relocations write: none is required if the file declares that
    // relocations change its code, because another check refuses such a file.
    std::uint32_t written_;
    std::vector<call_array> arrays_;
};

}  // namespace

checked<void> check_relocations(elf_view const& elf) { return relocation_check(elf).run(); }

}  // namespace hotswap::detail
