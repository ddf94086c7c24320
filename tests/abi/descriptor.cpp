#include <hotswap/detail/abi/descriptor.hpp>
#include <hotswap/detail/abi/module_api.hpp>

#include <doctest/doctest.h>

#include <elf.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace abi = hotswap::abi;
namespace fs = std::filesystem;

namespace {

fs::path const modules = fs::path(HOTSWAP_TEST_MODULES) / "abi";
constexpr std::string_view releases[] = {"1.0.0", "1.0.1", "1.0.2", "1.0.3"};

/// An ELF file, read in the way of a descriptor reader: by its program headers, without running its code.
class elf_file {
public:
    explicit elf_file(std::string_view release) {
        std::ifstream in(modules / ("described-" + std::string(release) + ".so"), std::ios::binary);
        REQUIRE(in.is_open());
        bytes_.assign(std::istreambuf_iterator<char>(in), {});
    }

    std::optional<abi::descriptor> descriptor() const {
        for (auto const& segment : segments(PT_NOTE)) {
            std::size_t at = segment.p_offset;
            std::size_t const end = at + segment.p_filesz;
            while (at + sizeof(Elf64_Nhdr) <= end) {
                auto const header = read<Elf64_Nhdr>(at);
                auto const align = segment.p_align < 8 ? std::size_t{4} : std::size_t{8};
                auto const name = at + sizeof header;
                auto const content = padded(name + header.n_namesz - at, align) + at;
                if (header.n_namesz == sizeof abi::note_name && header.n_type == abi::note_type &&
                    std::memcmp(&bytes_[name], abi::note_name, sizeof abi::note_name) == 0) {
                    CHECK(header.n_descsz == sizeof(abi::descriptor));
                    CHECK(content == at + 24);
                    return read<abi::descriptor>(content);
                }
                at = content + padded(header.n_descsz, align);
            }
        }
        return std::nullopt;
    }

    struct symbol {
        std::string name;
        bool defined;
        unsigned char binding;
    };
    std::vector<symbol> dynamic_symbols() const {
        auto const header = read<Elf64_Ehdr>(0);
        std::vector<symbol> found;
        for (std::size_t i = 0; i != header.e_shnum; ++i) {
            auto const section = read<Elf64_Shdr>(header.e_shoff + i * header.e_shentsize);
            if (section.sh_type != SHT_DYNSYM) continue;
            auto const names = read<Elf64_Shdr>(header.e_shoff + section.sh_link * header.e_shentsize);
            for (std::size_t at = sizeof(Elf64_Sym); at < section.sh_size; at += sizeof(Elf64_Sym)) {
                auto const entry = read<Elf64_Sym>(section.sh_offset + at);
                found.push_back({&bytes_[names.sh_offset + entry.st_name], entry.st_shndx != SHN_UNDEF,
                                 static_cast<unsigned char>(ELF64_ST_BIND(entry.st_info))});
            }
        }
        return found;
    }

private:
    static std::size_t padded(std::size_t size, std::size_t to) { return (size + to - 1) / to * to; }

    template <class T>
    T read(std::size_t at) const {
        REQUIRE(at + sizeof(T) <= bytes_.size());
        T value;
        std::memcpy(&value, &bytes_[at], sizeof value);
        return value;
    }
    std::vector<Elf64_Phdr> segments(unsigned type) const {
        auto const header = read<Elf64_Ehdr>(0);
        std::vector<Elf64_Phdr> found;
        for (std::size_t i = 0; i != header.e_phnum; ++i)
            if (auto const segment = read<Elf64_Phdr>(header.e_phoff + i * header.e_phentsize);
                segment.p_type == type)
                found.push_back(segment);
        return found;
    }

    std::vector<char> bytes_;
};

}  // namespace

TEST_CASE(
    "abi: the descriptor is found in a module that was stripped, garbage-collected or optimised at link "
    "time") {
    for (auto const release : releases) {
        CAPTURE(release);
        auto const found = elf_file(release).descriptor();
        REQUIRE(found);
        CHECK(found->magic == abi::descriptor_magic);
        CHECK(found->abi == abi::number);
        CHECK(found->size == sizeof(abi::descriptor));
        CHECK(found->release == release);
    }
}

TEST_CASE("abi: the descriptor says all that a host must know before it runs any code of the module") {
    auto const d = elf_file("1.0.0").descriptor().value();
    CHECK(std::string_view(d.component) == "described");
    CHECK(std::string_view(d.contract) == "test.described");
    CHECK(d.contract_number == 7);
    CHECK(d.oldest_contract == 7);
#if !defined(__clang__)  // clang++ cannot find the base that is the component's contract
    CHECK(abi::count_functions(d.contract_end) == 3);
#endif
    CHECK(std::string_view(d.schema) == "test.state");
    CHECK(d.schema_version == 2);
    CHECK(d.oldest_start == 0);
    CHECK(d.oldest_back == 1);
    CHECK(d.flags == (abi::module_validates | abi::module_adopts));
    CHECK(std::string_view(d.toolchain) == abi::toolchain);

    REQUIRE(d.state_count == 3);
    CHECK(d.states[0].version == 0);
    CHECK(d.states[0].flags == (abi::state_upgrades | abi::state_legacy));
    CHECK(d.states[1].version == 1);
    CHECK(d.states[1].flags == abi::state_upgrades);
    CHECK(d.states[2].version == 2);
    CHECK(d.states[2].flags == (abi::state_downgrades | abi::state_lossy | abi::state_opaque));
    CHECK(d.states[0].layout != d.states[1].layout);
    CHECK(d.states[1].layout != d.states[2].layout);
}

TEST_CASE("abi: builds of one source describe the same states") {
    auto const plain = elf_file("1.0.0").descriptor().value();
    for (auto const release : releases) {
        auto const other = elf_file(release).descriptor().value();
        CHECK(std::memcmp(plain.states, other.states, sizeof plain.states) == 0);
    }
}

TEST_CASE("abi: a descriptor's texts and unused entries are padded with zeros") {
    auto const d = elf_file("1.0.0").descriptor().value();
    CHECK(d.component[sizeof d.component - 1] == '\0');
    CHECK(std::string_view(d.component, sizeof d.component).find_last_not_of('\0') ==
          std::strlen(d.component) - 1);
    CHECK(d.states[abi::max_states - 1].version == 0);
    CHECK(d.states[abi::max_states - 1].layout == 0);
}

TEST_CASE("abi: a module exports one symbol, and none that is unique in the process") {
    for (auto const release : releases) {
        CAPTURE(release);
        std::vector<std::string> exported;
        for (auto const& symbol : elf_file(release).dynamic_symbols()) {
            CHECK_MESSAGE(symbol.binding != STB_GNU_UNIQUE, symbol.name);
            if (symbol.defined) exported.push_back(symbol.name);
        }
        CHECK(exported == std::vector<std::string>{abi::entry_symbol});
    }
}

TEST_CASE(
    "abi: a module whose state is written by Boost's headers needs nothing of Boost's library nor of "
    "hotswap") {
    for (auto const release : releases)
        for (auto const& symbol : elf_file(release).dynamic_symbols())
            CHECK_MESSAGE((symbol.name.find("boost") == std::string::npos &&
                           (symbol.defined || symbol.name.find("hotswap") == std::string::npos)),
                          symbol.name);
}

TEST_CASE("abi: the structs that cross the boundary are fixed in size") {
    static_assert(sizeof(abi::descriptor) == 1824);
    static_assert(sizeof(abi::state_entry) == 16);
    static_assert(sizeof(abi::error) == 1024);
    static_assert(sizeof(abi::sink) == 24);
    static_assert(sizeof(abi::module_api) == 248);
    static_assert(std::is_trivially_copyable_v<abi::descriptor> &&
                  std::is_standard_layout_v<abi::descriptor>);
}
