// Authorities and certificates made for a test.
#ifndef TESTS_UNIT_K8S_CERTIFICATES_H_
#define TESTS_UNIT_K8S_CERTIFICATES_H_

#include <openssl/types.h>

#include <memory>
#include <string>

namespace k8s {

struct Certificate {
  std::string pem;
  std::string key_pem;
  std::shared_ptr<X509> certificate;
  std::shared_ptr<EVP_PKEY> key;
};

Certificate MakeAuthority();

// Signed by `authority`. `names` as in OpenSSL's subjectAltName:
// "IP:127.0.0.1,DNS:localhost". Valid until `days` from now.
Certificate MakeCertificate(const Certificate& authority,
                            const std::string& common_name,
                            const std::string& names, int days = 1);

// For a server that asks clients for a certificate of `clients`.
std::shared_ptr<SSL_CTX> MakeServerContext(const Certificate& certificate,
                                           const Certificate& clients);

}  // namespace k8s

#endif  // TESTS_UNIT_K8S_CERTIFICATES_H_
