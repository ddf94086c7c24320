#include "module/descriptor_note.hpp"

#include "module/digest.hpp"
#include "module/elf_notes.hpp"
#include "module/file_io.hpp"

#include <hotswap/version.hpp>

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace hotswap::detail {

namespace {

template <std::size_t N>
bool is_text(char const (&field)[N]) {
    return std::find(field, field + N, '\0') != field + N;
}

bool is_sound(abi::descriptor const& d) {
    if (!is_text(d.component) || !is_text(d.release) || !is_text(d.contract) || !is_text(d.schema))
        return false;
    if (d.component[0] == '\0' || d.state_count == 0 || d.state_count > abi::max_states) return false;
    if (d.oldest_start > d.schema_version || d.oldest_back > d.schema_version) return false;
    std::uint32_t const oldest = std::min(d.oldest_start, d.oldest_back);
    if (d.schema_version - oldest + 1 != d.state_count) return false;
    for (std::uint32_t i = 0; i != d.state_count; ++i)
        if (d.states[i].version != oldest + i) return false;
    return d.oldest_contract <= d.contract_number &&
           d.contract_number - d.oldest_contract <= abi::max_older_revisions;
}

constexpr char version[] = HOTSWAP_TEXT_OF(HOTSWAP_VERSION_MAJOR) "." HOTSWAP_TEXT_OF(
    HOTSWAP_VERSION_MINOR) "." HOTSWAP_TEXT_OF(HOTSWAP_VERSION_PATCH);

// A module must fit a package: the host's, or the package of the tool that judges without a host.
std::string own_side(bool as_host) {
    return fmt::format("{}hotswap {}{}", as_host ? "this host's " : "this package, ", version,
                       as_host ? "" : ",");
}

finding damaged_descriptor(std::string_view name, std::string_view how) {
    return refusing(errc::no_descriptor, abi::note_name,
                    fmt::format("{} holds a damaged hotswap descriptor ({})", name, how), "build it again");
}

}  // namespace

checked<abi::descriptor> read_descriptor(elf_image const& image, std::string_view name, bool as_host) {
    auto const content = image.note(abi::note_name, abi::note_type);
    if (!content)
        return refusing(
            errc::no_descriptor, abi::note_name,
            fmt::format("{} is a shared object without a hotswap descriptor", name),
            "put HOTSWAP_COMPONENT(class) in one of its sources and build it with hotswap_add_component");
    abi::descriptor d;
    std::uint64_t magic = 0;
    std::uint32_t number = 0;
    if (content->size() >= sizeof magic + sizeof number) {
        magic = copy_at<std::uint64_t>(*content, 0);
        number = copy_at<std::uint32_t>(*content, sizeof magic);
    }
    if (magic != abi::descriptor_magic)
        return damaged_descriptor(name,
                                  fmt::format("magic {:#x}, {:#x} expected", magic, abi::descriptor_magic));
    if (number != abi::number || content->size() != sizeof d)
        return refusing(
            errc::abi_mismatch, abi::note_name,
            fmt::format("{} speaks hotswap ABI {} (descriptor of {} bytes), {} speaks ABI {} ({} bytes)",
                        name, number, content->size(), own_side(as_host), abi::number, sizeof d),
            "build the module against the host's version of hotswap");
    std::memcpy(static_cast<void*>(&d), content->data(), sizeof d);
    if (!is_text(d.toolchain) || std::string_view(d.toolchain) != abi::toolchain)
        return refusing(
            errc::toolchain_mismatch, is_text(d.toolchain) ? d.toolchain : abi::note_name,
            fmt::format("{} was built for {}, {} for {}", name,
                        is_text(d.toolchain) ? d.toolchain : "an unknown toolchain", own_side(as_host),
                        abi::toolchain),
            "build both with the same standard library, and with the same options -stdlib, -D_GLIBCXX_DEBUG "
            "and -D_GLIBCXX_USE_CXX11_ABI; the compilers may differ");
    if (!is_sound(d)) return damaged_descriptor(name, "its versions or texts contradict each other");
    return d;
}

namespace {

constexpr std::size_t most_segments = 64;
constexpr std::uint64_t largest_notes = std::uint64_t{64} << 10;

// Returns fewer bytes at the end of the file.
std::vector<std::byte> read_at(file_descriptor const& file, extent where) {
    std::vector<std::byte> bytes(where.size);
    auto const got = pread(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(where.begin));
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
}

std::optional<abi::descriptor> peek_at(file_descriptor const& file) {
    auto const head = read_at(file, {0, sizeof(Elf64_Ehdr)});
    if (head.size() < sizeof(Elf64_Ehdr) || std::memcmp(head.data(), ELFMAG, SELFMAG) != 0)
        return std::nullopt;
    auto const header = copy_at<Elf64_Ehdr>(head, 0);
    if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > most_segments) return std::nullopt;
    auto const table = read_at(file, {header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr)});
    for (std::size_t i = 0; i != table.size() / sizeof(Elf64_Phdr); ++i) {
        auto const segment = copy_at<Elf64_Phdr>(table, i * sizeof(Elf64_Phdr));
        if (segment.p_type != PT_NOTE || segment.p_filesz > largest_notes) continue;
        auto const notes = read_at(file, {segment.p_offset, segment.p_filesz});
        auto const content = find_note(notes, segment.p_align, abi::note_name, abi::note_type);
        if (!content || content->size() != sizeof(abi::descriptor)) continue;
        abi::descriptor d;
        std::memcpy(static_cast<void*>(&d), content->data(), sizeof d);
        bool const is_known = d.magic == abi::descriptor_magic && d.abi == abi::number;
        return is_known && is_sound(d) ? std::optional(d) : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

std::optional<abi::descriptor> peek_descriptor(std::filesystem::path const& path) {
    file_descriptor const file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    return file ? peek_at(file) : std::nullopt;
}

std::span<std::byte const> seal_in(elf_image const& image) {
    return image.note(abi::note_name, abi::note_type)
        ->subspan(offsetof(abi::descriptor, sealed), abi::seal_size);
}

checked<bool> read_seal(elf_image const& image, abi::descriptor const& said, std::string_view name) {
    if (said.sealed == abi::seal::none()) return false;
    auto const own = digest_around(image.file(), seal_in(image));
    if (std::memcmp(own.data(), said.sealed.bytes, own.size()) == 0) return true;
    return refusing(
        errc::damaged_module, "the seal",
        fmt::format("{} has changed since its build sealed it: its digest is {}, the seal says {}", name,
                    hexadecimal(own), hexadecimal(said.sealed.bytes)),
        "copy or build it again; if it was changed on purpose after its build (by strip, or a new RPATH), "
        "seal it again with hotswap-lint --seal");
}

}  // namespace hotswap::detail
