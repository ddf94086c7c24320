// An authority of a test, and the certificates that it signs.
#pragma once

#include <doctest/doctest.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace hotswap_test {

struct free_openssl {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
    void operator()(X509_EXTENSION* extension) const noexcept { X509_EXTENSION_free(extension); }
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
template <class T>
using openssl_ptr = std::unique_ptr<T, free_openssl>;

/// The PEM files of a certificate and its key.
struct certificate_files {
    std::filesystem::path certificate;
    std::filesystem::path key;
};

/// Signs certificates for an hour.
class test_authority {
public:
    explicit test_authority(std::filesystem::path directory)
        : directory_(std::move(directory)),
          key_(EVP_EC_gen("P-256")),
          own_(make("authority", key_.get(), "CA:TRUE")) {
        write(file(), own_.get());
    }

    std::filesystem::path file() const { return directory_ / "authority.pem"; }

    /// For the common name, and as a server for localhost.
    certificate_files issue(std::string const& name) const {
        openssl_ptr<EVP_PKEY> const key(EVP_EC_gen("P-256"));
        auto const made = make(name, key.get(), "");
        certificate_files files{directory_ / (name + ".pem"), directory_ / (name + ".key")};
        write(files.certificate, made.get());
        openssl_ptr<std::FILE> const out(std::fopen(files.key.c_str(), "w"));
        REQUIRE(PEM_write_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
        REQUIRE(chmod(files.key.c_str(), 0600) == 0);
        return files;
    }

private:
    static void write(std::filesystem::path const& to, X509* what) {
        openssl_ptr<std::FILE> const out(std::fopen(to.c_str(), "w"));
        REQUIRE(PEM_write_X509(out.get(), what) == 1);
    }

    openssl_ptr<X509> make(std::string const& name, EVP_PKEY* of, char const* constraints) const {
        openssl_ptr<X509> made(X509_new());
        X509_set_version(made.get(), 2);
        static long serial = 0;
        ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
        X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
        X509_set_pubkey(made.get(), of);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<unsigned char const*>(name.c_str()), -1, -1, 0);
        X509_set_issuer_name(made.get(), X509_get_subject_name(own_ ? own_.get() : made.get()));
        bool const is_authority = *constraints != '\0';
        add(made.get(), is_authority ? NID_basic_constraints : NID_subject_alt_name,
            is_authority ? constraints : "DNS:localhost");
        REQUIRE(X509_sign(made.get(), key_.get(), EVP_sha256()) != 0);
        return made;
    }

    static void add(X509* to, int which, char const* value) {
        X509V3_CTX context;
        X509V3_set_ctx_nodb(&context);
        X509V3_set_ctx(&context, to, to, nullptr, nullptr, 0);
        openssl_ptr<X509_EXTENSION> const made(X509V3_EXT_conf_nid(nullptr, &context, which, value));
        REQUIRE(made != nullptr);
        X509_add_ext(to, made.get(), -1);
    }

    std::filesystem::path const directory_;
    openssl_ptr<EVP_PKEY> const key_;
    openssl_ptr<X509> const own_{};
};

}  // namespace hotswap_test
