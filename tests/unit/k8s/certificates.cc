#include "tests/unit/k8s/certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "agent/base/check.h"

namespace k8s {
namespace {

std::string TextOf(BIO* bio) {
  BUF_MEM* memory = nullptr;
  BIO_get_mem_ptr(bio, &memory);
  std::string text(memory->data, memory->length);
  BIO_free(bio);
  return text;
}

void AddExtension(X509* certificate, int id, const std::string& value) {
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str());
  CHECK(extension != nullptr);
  CHECK(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

Certificate Make(const Certificate* authority, const std::string& common_name,
                 int days) {
  static long serial = 0;
  Certificate made;
  made.key.reset(EVP_EC_gen("P-256"), EVP_PKEY_free);
  made.certificate.reset(X509_new(), X509_free);
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3L * 86'400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), days * 86'400L);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* text =
      reinterpret_cast<const unsigned char*>(common_name.c_str());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
  X509_set_issuer_name(
      certificate, authority == nullptr
                       ? name
                       : X509_get_subject_name(authority->certificate.get()));
  return made;
}

void Sign(Certificate& made, const Certificate& authority) {
  CHECK(X509_sign(made.certificate.get(), authority.key.get(), EVP_sha256()) >
        0);
  BIO* pem = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(pem, made.certificate.get());
  made.pem = TextOf(pem);
  BIO* key = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key, made.key.get(), nullptr, nullptr, 0, nullptr,
                           nullptr);
  made.key_pem = TextOf(key);
}

}  // namespace

Certificate MakeAuthority() {
  Certificate made = Make(nullptr, "test authority", 1);
  AddExtension(made.certificate.get(), NID_basic_constraints, "CA:TRUE");
  Sign(made, made);
  return made;
}

Certificate MakeCertificate(const Certificate& authority,
                            const std::string& common_name,
                            const std::string& names, int days) {
  Certificate made = Make(&authority, common_name, days);
  AddExtension(made.certificate.get(), NID_subject_alt_name, names);
  Sign(made, authority);
  return made;
}

std::shared_ptr<SSL_CTX> MakeServerContext(const Certificate& certificate,
                                           const Certificate& clients) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()),
                                   SSL_CTX_free);
  CHECK(SSL_CTX_use_certificate(context.get(), certificate.certificate.get()));
  CHECK(SSL_CTX_use_PrivateKey(context.get(), certificate.key.get()));
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()),
                      clients.certificate.get());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

}  // namespace k8s
