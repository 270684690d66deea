// Opens TCP connections: looks the name up and tries its addresses, all within
// one deadline. Knows nothing of TLS or HTTP. Thread: the one that waits.
#ifndef K8S_DIAL_H_
#define K8S_DIAL_H_

#include <memory>
#include <string>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "k8s/transport_failure.h"
#include "k8s/waiter.h"

namespace k8s {

class Dialer {
 public:
  Dialer(std::string host, int port, Waiter& waiter);
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  // A connected, non-blocking socket; the caller closes it. Addresses share
  // what is left of the deadline. The socket notices a peer that is gone:
  // unanswered data, or an idle connection whose probes are unanswered, ends it
  // in 15 s.
  base::Result<int, TransportFailure> Dial(base::Instant deadline);

  const std::string& where() const { return where_; }

 private:
  struct Lookup;

  base::Result<std::shared_ptr<Lookup>, TransportFailure> Resolve(
      base::Instant deadline);
  TransportFailure NotDone(Waiter::Outcome outcome, const char* what) const;

  const std::string host_;
  const int port_;
  const std::string where_;  // "host:port", for messages.
  Waiter& waiter_;
  // A lookup that outlived its call; the next call waits for it rather than
  // start another one.
  std::shared_ptr<Lookup> lookup_;
};

}  // namespace k8s

#endif  // K8S_DIAL_H_
