#include "tests/support/certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace support {
namespace {

template <auto Free>
struct Releaser {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Releaser<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Releaser<X509_free>>;
using Buffer = std::unique_ptr<BIO, Releaser<BIO_free_all>>;

void Must(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

Key NewKey() {
  Key key(EVP_EC_gen("P-256"));
  Must(key != nullptr, "generate key");
  return key;
}

std::string Text(const Buffer& buffer) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(buffer.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string Pem(EVP_PKEY* key) {
  Buffer out(BIO_new(BIO_s_mem()));
  Must(PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr,
                                nullptr) == 1,
       "write key");
  return Text(out);
}

std::string Pem(X509* certificate) {
  Buffer out(BIO_new(BIO_s_mem()));
  Must(PEM_write_bio_X509(out.get(), certificate) == 1, "write certificate");
  return Text(out);
}

void AddName(X509_NAME* name, const char* field, std::string_view value) {
  const std::string text(value);
  Must(
      X509_NAME_add_entry_by_txt(
          name, field, MBSTRING_UTF8,
          reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0) == 1,
      "add name");
}

void AddExtension(X509* certificate, X509* issuer, int kind,
                  const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  Must(extension != nullptr, "make extension");
  const int added = X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  Must(added == 1, "add extension");
}

// A certificate that lacks only its extensions and its signature. It is valid
// from an hour ago, so that a clock step does not break a test.
Certificate Draft(EVP_PKEY* key, std::string_view name,
                  const std::vector<std::string>& organizations) {
  Certificate draft(X509_new());
  Must(draft != nullptr, "new certificate");
  unsigned char serial[8];
  Must(RAND_bytes(serial, sizeof serial) == 1, "serial");
  serial[0] &= 0x7f;
  BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(draft.get()));
  BN_free(number);
  X509_set_version(draft.get(), X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(draft.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(draft.get()), 24 * 3600);
  X509_set_pubkey(draft.get(), key);
  X509_NAME* subject = X509_get_subject_name(draft.get());
  for (const std::string& organization : organizations) {
    AddName(subject, "O", organization);
  }
  AddName(subject, "CN", name);
  return draft;
}

}  // namespace

struct Authority::Signer {
  Key key = NewKey();
  Certificate certificate;

  KeyPair Issue(std::string_view name,
                const std::vector<std::string>& organizations,
                const std::string& usage, const std::string& names) {
    const Key subject_key = NewKey();
    const Certificate draft = Draft(subject_key.get(), name, organizations);
    X509_set_issuer_name(draft.get(), X509_get_subject_name(certificate.get()));
    AddExtension(draft.get(), certificate.get(), NID_ext_key_usage, usage);
    AddExtension(draft.get(), certificate.get(), NID_authority_key_identifier,
                 "keyid");
    if (!names.empty()) {
      AddExtension(draft.get(), certificate.get(), NID_subject_alt_name, names);
    }
    Must(X509_sign(draft.get(), key.get(), EVP_sha256()) > 0, "sign");
    return {Pem(draft.get()), Pem(subject_key.get())};
  }
};

Authority::Authority(std::string_view name)
    : signer_(std::make_unique<Signer>()) {
  signer_->certificate =
      Draft(signer_->key.get(), std::string(name) + " authority", {});
  X509* own = signer_->certificate.get();
  X509_set_issuer_name(own, X509_get_subject_name(own));
  AddExtension(own, own, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(own, own, NID_subject_key_identifier, "hash");
  Must(X509_sign(own, signer_->key.get(), EVP_sha256()) > 0, "sign");
  certificate_pem_ = Pem(own);
}

Authority::~Authority() = default;

KeyPair Authority::Server(std::string_view name,
                          const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& n : names) joined += (joined.empty() ? "" : ",") + n;
  return signer_->Issue(name, {}, "serverAuth", joined);
}

KeyPair Authority::Client(std::string_view user,
                          const std::vector<std::string>& groups) {
  return signer_->Issue(user, groups, "clientAuth", "");
}

SigningKey NewSigningKey() {
  const Key key = NewKey();
  Buffer out(BIO_new(BIO_s_mem()));
  Must(PEM_write_bio_PUBKEY(out.get(), key.get()) == 1, "write public key");
  return {Text(out), Pem(key.get())};
}

std::string Base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string FromBase64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  Must(size >= 0, "not base64");
  // OpenSSL counts the padding as bytes.
  const std::size_t padding =
      text.ends_with("==") ? 2U : (text.ends_with("=") ? 1U : 0U);
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace support
