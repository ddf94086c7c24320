#include "control/tls.hpp"

#include "base/refuse.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <fmt/format.h>

#include <sys/stat.h>

namespace hotswap::detail {

namespace ssl = boost::asio::ssl;

namespace {

failure cannot_use(std::string_view what, std::filesystem::path const& file,
                   boost::system::error_code const& error) {
    return refuse(errc::control_failed, phase::none,
                  "the {} {} cannot be used: {}; name a PEM file that this process may read", what,
                  file.native(), error.message());
}

result<void> use_certificate(ssl::context& into, std::filesystem::path const& certificate,
                             std::filesystem::path const& key) {
    boost::system::error_code error;
    into.use_certificate_chain_file(certificate.native(), error);
    if (error) return cannot_use("certificate", certificate, error);
    struct ::stat found {};
    if (::stat(key.c_str(), &found) == 0 && (found.st_mode & 077U) != 0)
        return refuse(errc::control_failed, phase::none,
                      "other users can read or change the key {}; chmod 600 it", key.native());
    into.use_private_key_file(key.native(), ssl::context::pem, error);
    if (error) return cannot_use("key", key, error);
    return {};
}

std::unique_ptr<ssl::context> new_context(ssl::context::method method) {
    auto made = std::make_unique<ssl::context>(method);
    ::SSL_CTX_set_min_proto_version(made->native_handle(), TLS1_2_VERSION);
    return made;
}

// The common name of the subject; empty if there is none.
std::string common_name(::X509* certificate) {
    auto* const subject = ::X509_get_subject_name(certificate);
    int const at = ::X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0) return {};
    unsigned char* text = nullptr;
    int const size =
        ::ASN1_STRING_to_UTF8(&text, ::X509_NAME_ENTRY_get_data(::X509_NAME_get_entry(subject, at)));
    if (size < 0) return {};
    std::string name(reinterpret_cast<char const*>(text), static_cast<std::size_t>(size));
    ::OPENSSL_free(text);
    return name;
}

}  // namespace

result<std::unique_ptr<tls_context>> tls_of_host(control_tcp const& options) {
    auto made = new_context(ssl::context::tls_server);
    if (auto used = use_certificate(*made, options.certificate, options.key); !used) return used.error();
    if (options.authorities.empty()) return made;
    boost::system::error_code error;
    made->load_verify_file(options.authorities.native(), error);
    if (error) return cannot_use("file of authorities", options.authorities, error);
    // A client without a certificate may have a token; one with a wrong certificate is refused.
    made->set_verify_mode(ssl::verify_peer, error);
    if (error) return cannot_use("file of authorities", options.authorities, error);
    return made;
}

result<std::unique_ptr<tls_context>> tls_of_client(tls_client_options const& options) {
    auto made = new_context(ssl::context::tls_client);
    boost::system::error_code error;
    if (options.authorities.empty())
        made->set_default_verify_paths(error);
    else
        made->load_verify_file(options.authorities.native(), error);
    if (error) return cannot_use("file of authorities", options.authorities, error);
    made->set_verify_mode(ssl::verify_peer, error);
    if (!options.certificate.empty())
        if (auto used = use_certificate(*made, options.certificate, options.key); !used) return used.error();
    return made;
}

control_peer peer_of(peer_stream::secure& stream, std::map<std::string, control_role> const& clients) {
    control_peer peer;
    boost::system::error_code error;
    auto const at = stream.next_layer().remote_endpoint(error);
    peer.address = error ? "unknown" : fmt::format("{}:{}", at.address().to_string(), at.port());
    peer.name = peer.address;
    auto* const certificate = ::SSL_get1_peer_certificate(stream.native_handle());
    if (certificate == nullptr) return peer;
    auto const name = common_name(certificate);
    ::X509_free(certificate);
    if (name.empty() || ::SSL_get_verify_result(stream.native_handle()) != X509_V_OK) return peer;
    peer.certificate = name;
    peer.name = "certificate " + name;
    if (auto const found = clients.find(name); found != clients.end()) peer.role = found->second;
    return peer;
}

}  // namespace hotswap::detail
