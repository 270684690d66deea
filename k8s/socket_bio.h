// What OpenSSL reads and writes through: a non-blocking socket, written to with
// MSG_NOSIGNAL. OpenSSL's own socket BIO raises SIGPIPE.
#ifndef K8S_SOCKET_BIO_H_
#define K8S_SOCKET_BIO_H_

#include <openssl/types.h>

namespace k8s {

// Does not own the socket.
BIO* NewSocketBio(int fd);

}  // namespace k8s

#endif  // K8S_SOCKET_BIO_H_
