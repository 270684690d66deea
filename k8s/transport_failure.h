// Why an exchange with the API server brought no HTTP answer.
#ifndef K8S_TRANSPORT_FAILURE_H_
#define K8S_TRANSPORT_FAILURE_H_

#include <string>

namespace k8s {

struct TransportFailure {
  enum class Kind {
    kTimeout,      // The deadline passed.
    kCanceled,     // Cancel() was called.
    kConnection,   // DNS, connect, reset, closed without an answer.
    kTls,          // The handshake failed, or the server is not trusted.
    kCredentials,  // A token or certificate of ours cannot be used.
    kAnswer,       // What came back is not HTTP, or too large.
  };

  Kind kind = Kind::kConnection;
  // Whether the server may have got the request. Set by Transport.
  bool maybe_sent = false;
  // The end of a sentence: "10.0.0.1:6443 refused the connection".
  std::string detail;
};

}  // namespace k8s

#endif  // K8S_TRANSPORT_FAILURE_H_
