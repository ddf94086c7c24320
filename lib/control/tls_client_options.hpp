// How the command line proves itself over TCP. Without a header of TLS, which the command's other files would have to be linked for.
#pragma once

#include <filesystem>

namespace hotswap::detail {

/// What a client needs to reach a host over TCP.
struct tls_client_options {
    std::filesystem::path authorities{};  ///< PEM; empty: those of the system
    std::filesystem::path certificate{};  ///< of the client, PEM; empty: none
    std::filesystem::path key{};
};

}  // namespace hotswap::detail
