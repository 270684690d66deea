// Turns PEM texts into what OpenSSL needs to open connections: TLS 1.2 or
// newer, the server verified against the authorities given. Makes no
// connection, and never asks for a passphrase.
#ifndef K8S_TLS_CONTEXT_H_
#define K8S_TLS_CONTEXT_H_

#include <openssl/types.h>

#include <memory>
#include <string>

#include "agent/base/result.h"

namespace k8s {

struct TlsMaterial {
  std::string authorities;  // "": the system's.
  std::string certificate;  // May both be "".
  std::string key;
  bool verifies_server = true;
};

// The errors say which of them is wrong and hold none of it.
base::Result<std::shared_ptr<SSL_CTX>> MakeTlsContext(
    const TlsMaterial& material);

// Whether a passphrase is needed to read it.
bool IsEncryptedKey(const std::string& pem);

}  // namespace k8s

#endif  // K8S_TLS_CONTEXT_H_
