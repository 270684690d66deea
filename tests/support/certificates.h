// Makes a certificate authority and certificates for one test run: elliptic
// curve keys, valid for a day. Not for production. Thread: any one.
// Source: kubernetes.io/docs/setup/best-practices/certificates/ (the user is
// the common name, groups are organizations).
#ifndef TESTS_SUPPORT_CERTIFICATES_H_
#define TESTS_SUPPORT_CERTIFICATES_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace support {

struct KeyPair {
  std::string certificate_pem;
  std::string key_pem;
};

// A key without a certificate, as service account tokens are signed with.
struct SigningKey {
  std::string public_pem;
  std::string private_pem;
};
SigningKey NewSigningKey();

// As kubeconfig's *-data fields and JWTs want it.
std::string Base64(std::string_view bytes);
std::string FromBase64(std::string_view text);

class Authority {
 public:
  // Its own name is "<name> authority": an issuer that is called like what it
  // signs would pass for a certificate signed by itself.
  explicit Authority(std::string_view name);
  ~Authority();

  const std::string& certificate_pem() const { return certificate_pem_; }

  // `names` as OpenSSL writes them: "DNS:localhost", "IP:127.0.0.1".
  KeyPair Server(std::string_view name, const std::vector<std::string>& names);
  KeyPair Client(std::string_view user, const std::vector<std::string>& groups);

 private:
  struct Signer;
  std::unique_ptr<Signer> signer_;
  std::string certificate_pem_;
};

}  // namespace support

#endif  // TESTS_SUPPORT_CERTIFICATES_H_
