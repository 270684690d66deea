// Opens TCP connections: tries the addresses of a host in turn, all within one
// deadline. Knows nothing of TLS or HTTP. Thread: the one that waits.
#ifndef K8S_DIAL_H_
#define K8S_DIAL_H_

#include <memory>
#include <string>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "k8s/resolver.h"
#include "k8s/transport_failure.h"
#include "k8s/waiter.h"

namespace k8s {

class Dialer {
 public:
  Dialer(std::shared_ptr<Resolver> resolver, Waiter& waiter)
      : resolver_(std::move(resolver)), waiter_(waiter) {}

  // A connected, non-blocking socket; the caller closes it. Addresses share
  // what is left of the deadline. The socket notices a peer that is gone:
  // unanswered data, or an idle connection whose probes are unanswered, ends it
  // in 15 s.
  base::Result<int, TransportFailure> Dial(base::Instant deadline);

  // Whether the peer that was dialled last is of use, which a connection alone
  // does not show: a frozen server's kernel takes them.
  void Report(bool of_use);

  const std::string& where() const { return resolver_->where(); }

 private:
  // Of one address: 0 and `fd`, or an errno. ECANCELED: Cancel() was called.
  int Connect(const SocketAddress& address, base::Instant until, int& fd);

  const std::shared_ptr<Resolver> resolver_;
  Waiter& waiter_;
  SocketAddress connected_to_;
};

}  // namespace k8s

#endif  // K8S_DIAL_H_
