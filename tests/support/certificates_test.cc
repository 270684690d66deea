// What the tests' certificates say, so that a TLS failure elsewhere is not
// theirs.
#include "tests/support/certificates.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

namespace support {
namespace {

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate Parse(const std::string& pem) {
  BIO* text = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  Certificate result(PEM_read_bio_X509(text, nullptr, nullptr, nullptr),
                     X509_free);
  BIO_free(text);
  return result;
}

int Verify(const Authority& authority, const std::string& pem, int purpose) {
  const Certificate root = Parse(authority.certificate_pem());
  const Certificate leaf = Parse(pem);
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, root.get());
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, leaf.get(), nullptr);
  X509_STORE_CTX_set_purpose(context, purpose);
  const int result = X509_verify_cert(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return result;
}

TEST(CertificatesTest, AServerCertificateIsForItsNamesOnly) {
  Authority authority("test");
  const KeyPair server = authority.Server("test", {"IP:127.0.0.1", "DNS:api"});

  EXPECT_EQ(Verify(authority, server.certificate_pem, X509_PURPOSE_SSL_SERVER),
            1);
  const Certificate parsed = Parse(server.certificate_pem);
  EXPECT_EQ(X509_check_ip_asc(parsed.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(parsed.get(), "127.0.0.2", 0), 0);
  EXPECT_EQ(X509_check_host(parsed.get(), "api", 3, 0, nullptr), 1);
}

TEST(CertificatesTest, AClientCertificateCarriesUserAndGroups) {
  Authority authority("test");
  const KeyPair client = authority.Client("jane", {"a", "b"});

  EXPECT_EQ(Verify(authority, client.certificate_pem, X509_PURPOSE_SSL_CLIENT),
            1);
  const Certificate parsed = Parse(client.certificate_pem);
  char name[100];
  X509_NAME_oneline(X509_get_subject_name(parsed.get()), name, sizeof name);
  EXPECT_STREQ(name, "/O=a/O=b/CN=jane");
}

TEST(CertificatesTest, AnotherAuthorityDoesNotVouchForIt) {
  Authority authority("test");
  Authority other("test");
  const KeyPair client = authority.Client("jane", {});
  EXPECT_EQ(Verify(other, client.certificate_pem, X509_PURPOSE_SSL_CLIENT), 0);
}

TEST(CertificatesTest, Base64PadsAsTheStandardSays) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("foobar"), "Zm9vYmFy");
  for (const char* text : {"", "f", "fo", "foo", "foob"}) {
    EXPECT_EQ(FromBase64(Base64(text)), text);
  }
}

}  // namespace
}  // namespace support
