// The tables of symbol versions of a shared object.
#include "module/elf_view.hpp"

#include <algorithm>
#include <limits>

namespace hotswap::detail {

namespace {

constexpr char needs[] = "the table of needed versions";
constexpr char definitions[] = "the table of defined versions";

/// Walks entries of type T, each of which holds the distance to the next one, until `visit` fails or there is
/// no next one.
template <class T, class Next, class Visit>
checked<void> walk(elf_view const& elf, char const* which, std::uint64_t address, Next next, Visit visit) {
    for (;;) {
        auto const bytes = elf.mapped({address, sizeof(T)});
        if (!bytes || address % alignof(T) != 0)
            return elf.damaged(which, "leads outside the loaded segments");
        auto const entry = copy_at<T>(*bytes, 0);
        if (auto visited = visit(entry, address); !visited) return visited;
        if (next(entry) == 0) return {};
        address += next(entry);
    }
}

checked<void> read_needs(elf_view const& elf, std::uint64_t first, unsigned& highest) {
    return walk<Elf64_Verneed>(
        elf, needs, first, [](Elf64_Verneed const& n) { return n.vn_next; },
        [&](Elf64_Verneed const& need, std::uint64_t at) -> checked<void> {
            // The dynamic linker ends the process if a file is not among the needed ones.
            if (!elf.is_text(need.vn_file) ||
                std::find(elf.needed.begin(), elf.needed.end(), elf.text(need.vn_file)) == elf.needed.end())
                return elf.damaged(needs, "needs versions of a library that it does not list as needed");
            if (need.vn_cnt == 0) return {};
            return walk<Elf64_Vernaux>(
                elf, needs, at + need.vn_aux, [](Elf64_Vernaux const& a) { return a.vna_next; },
                [&](Elf64_Vernaux const& version, std::uint64_t) -> checked<void> {
                    if (!elf.is_text(version.vna_name))
                        return elf.damaged(needs, "has a name outside the string table");
                    highest = std::max(highest, version.vna_other & 0x7fffu);
                    return {};
                });
        });
}

checked<void> read_definitions(elf_view const& elf, std::uint64_t first, unsigned& highest) {
    return walk<Elf64_Verdef>(
        elf, definitions, first, [](Elf64_Verdef const& d) { return d.vd_next; },
        [&](Elf64_Verdef const& defined, std::uint64_t at) -> checked<void> {
            auto const name = elf.mapped({at + defined.vd_aux, sizeof(Elf64_Verdaux)});
            if (!name || !elf.is_text(copy_at<Elf64_Verdaux>(*name, 0).vda_name))
                return elf.damaged(definitions, "has a name outside the string table");
            highest = std::max(highest, defined.vd_ndx & 0x7fffu);
            return {};
        });
}

}  // namespace

checked<void> check_versions(elf_view const& elf) {
    unsigned highest = 0;
    if (auto const first = elf.value(DT_VERNEED))
        if (auto read = read_needs(elf, *first, highest); !read) return read;
    if (auto const first = elf.value(DT_VERDEF))
        if (auto read = read_definitions(elf, *first, highest); !read) return read;
    auto const versions = elf.value(DT_VERSYM);
    if (!versions) return {};
    auto const table = elf.mapped({*versions, elf.symbols.size() * sizeof(Elf64_Half)});
    if (!table) return elf.damaged("the table of symbols' versions", "is not loaded");
    for (std::size_t i = 0; i != elf.symbols.size(); ++i)
        if (unsigned const index = copy_at<Elf64_Half>(*table, i * sizeof(Elf64_Half)) & 0x7fffu;
            index > highest || highest == 0)
            return elf.damaged(fmt::format("symbol {}", i), "has a version that is not in the tables");
    return {};
}

}  // namespace hotswap::detail
