// Peers that this machine lacks: the report names them, and never skips one silently.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace bench {

/// The line of a table in the place of a peer's figures; `package` is Debian's name for it.
inline std::string missing_peer(std::string_view package) {
    return fmt::format("MISSING: install {} and build again (tools/bench does both)", package);
}

}  // namespace bench
