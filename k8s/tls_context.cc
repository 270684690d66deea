#include "k8s/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "agent/base/check.h"

namespace k8s {
namespace {

using base::Error;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using BioPtr = std::unique_ptr<BIO, Free>;
using CertificatePtr = std::unique_ptr<X509, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;

BioPtr ReaderOf(const std::string& pem) {
  BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  CHECK(bio != nullptr);
  return bio;
}

// OpenSSL would ask for the passphrase on the terminal, of anything in a PEM
// text that says it is encrypted, be it a certificate.
int NoPassphrase(char*, int, int, void*) { return -1; }

CertificatePtr NextCertificate(BIO* bio) {
  return CertificatePtr(PEM_read_bio_X509(bio, nullptr, NoPassphrase, nullptr));
}

bool AddAuthorities(SSL_CTX* context, const std::string& pem) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  const BioPtr bio = ReaderOf(pem);
  // An authority that is given is trusted, be it a root or not, as Go does.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  int count = 0;
  while (const CertificatePtr authority = NextCertificate(bio.get())) {
    if (X509_STORE_add_cert(store, authority.get()) == 1) ++count;
  }
  return count > 0;
}

// The first certificate is ours, the rest lead to its authority.
bool UseCertificate(SSL_CTX* context, const std::string& pem) {
  const BioPtr bio = ReaderOf(pem);
  const CertificatePtr own = NextCertificate(bio.get());
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return false;
  while (const CertificatePtr next = NextCertificate(bio.get())) {
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) return false;
  }
  return true;
}

bool UseKey(SSL_CTX* context, const std::string& pem) {
  const BioPtr bio = ReaderOf(pem);
  const KeyPtr key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  return key && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

std::string WhyNotTaken(SSL_CTX* context, const TlsMaterial& material) {
  if (!material.authorities.empty()) {
    if (!AddAuthorities(context, material.authorities)) {
      return "the certificate authority holds no certificate in PEM form";
    }
  } else if (material.verifies_server) {
    SSL_CTX_set_default_verify_paths(context);  // 80 ms where there are many.
  }
  if (material.certificate.empty()) return "";
  if (!UseCertificate(context, material.certificate)) {
    return "the client certificate is not a certificate in PEM form";
  }
  if (IsEncryptedKey(material.key)) {
    return "the client key is encrypted, which is not supported; store it "
           "without a passphrase";
  }
  if (!UseKey(context, material.key)) {
    return "the client key is not a private key in PEM form, or not the one "
           "of the client certificate";
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return "the client key does not belong to the client certificate";
  }
  return "";
}

}  // namespace

// "BEGIN ENCRYPTED PRIVATE KEY", or a header "Proc-Type: 4,ENCRYPTED".
bool IsEncryptedKey(const std::string& pem) {
  return pem.find("ENCRYPTED") != std::string::npos;
}

base::Result<std::shared_ptr<SSL_CTX>> MakeTlsContext(
    const TlsMaterial& material) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()),
                                   SSL_CTX_free);
  CHECK(context != nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(
      context.get(),
      material.verifies_server ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_default_passwd_cb(context.get(), NoPassphrase);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  // A connection that waits keeps no buffers: a watch waits for an hour.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  const std::string problem = WhyNotTaken(context.get(), material);
  // Reading PEM to its end leaves "no start line" behind.
  ERR_clear_error();
  if (!problem.empty()) return Error{problem};
  return context;
}

}  // namespace k8s
