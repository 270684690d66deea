// Turns PEM texts into what OpenSSL needs to open connections: TLS 1.2 or
// newer, the server verified against the authorities given. Makes no
// connection.
#ifndef K8S_TLS_CONTEXT_H_
#define K8S_TLS_CONTEXT_H_

#include <openssl/types.h>

#include <memory>
#include <string>

#include "agent/base/result.h"

namespace k8s {

// `authorities` "" means the system's. `certificate` and `key` may both be "".
// The errors say which of them is wrong and hold none of it.
base::Result<std::shared_ptr<SSL_CTX>> MakeTlsContext(
    const std::string& authorities, const std::string& certificate,
    const std::string& key);

}  // namespace k8s

#endif  // K8S_TLS_CONTEXT_H_
