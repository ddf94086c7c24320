#include "programs/rehearse/process_status.hpp"

#include "rehearsal/rehearsal_wire.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace hotswap::rehearse {

std::uint64_t number_in_status(char const* name) noexcept {
    int const fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    char text[4096];
    auto const size = read(fd, text, sizeof text - 1);
    close(fd);
    if (size <= 0) return 0;
    text[size] = '\0';
    char const* const at = std::strstr(text, name);
    return at == nullptr ? 0 : std::strtoull(at + std::strlen(name), nullptr, 10);
}

std::uint64_t count_descriptors() noexcept {
    rlimit most{};
    if (getrlimit(RLIMIT_NOFILE, &most) != 0) return 0;
    std::uint64_t count = 0;
    for (int fd = detail::wire::report_fd + 1; static_cast<rlim_t>(fd) < most.rlim_cur && fd < 4096; ++fd)
        if (fcntl(fd, F_GETFD) >= 0) ++count;
    return count;
}

}  // namespace hotswap::rehearse
