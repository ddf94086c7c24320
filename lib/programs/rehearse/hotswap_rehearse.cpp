// hotswap-rehearse FILE [RUNNING loaded|constructed|alone]: rehearses a module in a separate process, next to
// the running one, for the host that started it.
#include "programs/rehearse/confinement.hpp"
#include "programs/rehearse/rehearse_module.hpp"
#include "programs/rehearse/reporter.hpp"
#include "rehearsal/rehearsal_wire.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace {

namespace wire = hotswap::detail::wire;

constexpr char usage[] =
    "usage: hotswap-rehearse FILE [RUNNING loaded|constructed|alone]\n"
    "\n"
    "Tries a hotswap module on a copy of a state, next to the module that runs in the host. Only a host\n"
    "starts it, with the request as descriptor 3 and a pipe for the report as descriptor 4; see\n"
    "\"Rehearsal\" in hotswap's docs/operating.md. Do not start it by hand.\n";

/// The request, mapped until the process ends; empty if there is none that this release understands.
std::span<std::byte const> read_request(wire::request& head) {
    constexpr int sealed = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
    struct stat about {};
    if ((fcntl(wire::request_fd, F_GET_SEALS) & sealed) != sealed || fstat(wire::request_fd, &about) != 0)
        return {};
    auto const size = static_cast<std::size_t>(about.st_size);
    if (size < sizeof head) return {};
    void* const memory = mmap(nullptr, size, PROT_READ, MAP_SHARED, wire::request_fd, 0);
    if (memory == MAP_FAILED) return {};
    close(wire::request_fd);
    std::memcpy(&head, memory, sizeof head);
    if (head.magic != wire::magic || head.format != wire::format) return {};
    std::span const all(static_cast<std::byte const*>(memory), size);
    return wire::request_parts::of(head, all.subspan(sizeof head)) ? all : std::span<std::byte const>{};
}

/// The command line; empty if it is not one that a host writes.
std::optional<hotswap::rehearse::tried_files> read_words(int count, char** words) {
    if (count == 2) return hotswap::rehearse::tried_files{words[1]};
    if (count != 4) return std::nullopt;
    for (std::uint32_t how = 1; how != wire::next_to_count; ++how)
        if (words[3] == wire::next_to_words[how])
            return hotswap::rehearse::tried_files{words[1], words[2], static_cast<wire::next_to>(how)};
    return std::nullopt;
}

}  // namespace

int main(int count, char** words) {
    if (count == 2 && std::string_view(words[1]) == "--help") {
        std::fputs(usage, stdout);
        return 0;
    }
    wire::request wanted;
    auto const files = read_words(count, words);
    auto const all = files ? read_request(wanted) : std::span<std::byte const>{};
    if (all.empty()) {
        std::fputs(usage, stderr);
        return 2;
    }
    // Closes other descriptors, inherited from a host whose descriptors are not close-on-exec.
    close_range(wire::report_fd + 1, ~0U, 0);
    hotswap::rehearse::reporter::begin();
    hotswap::rehearse::confine(wanted, files->how != wire::next_to::nothing);
    hotswap::rehearse::rehearse_module(*files, wanted, all.subspan(sizeof wanted));
}
