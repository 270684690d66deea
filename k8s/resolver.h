// Finds the addresses of one host. getaddrinfo cannot be given a deadline, so
// it runs on a thread of its own, and a name server that hangs or fails costs
// nobody the lease: the last good addresses are kept, and used meanwhile.
// Connects to nothing. Any thread; shared by all connections to the host.
#ifndef K8S_RESOLVER_H_
#define K8S_RESOLVER_H_

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/mutex.h"
#include "agent/base/result.h"
#include "agent/base/time.h"
#include "k8s/transport_failure.h"
#include "k8s/waiter.h"

namespace k8s {

struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;

  bool operator==(const SocketAddress& other) const;
};

struct LookupAnswer {
  int error = 0;  // Of getaddrinfo: 0, EAI_AGAIN, ...
  std::vector<SocketAddress> addresses;
};

// Blocks for as long as it takes.
using LookUp = std::function<LookupAnswer(const std::string& host, int port)>;
LookupAnswer AskSystem(const std::string& host, int port);

// What to try, in this order.
struct Resolution {
  std::vector<SocketAddress> addresses;  // At least one.
  // Why they may be out of date: "its name is still being looked up". "" if
  // they are fresh.
  std::string doubt;
};

class Resolver {
 public:
  // `host` may be an address, which is never looked up.
  Resolver(std::string host, int port, LookUp look_up = AskSystem);

  // Answers at once while the last lookup is a few seconds old. Else waits for
  // a new one: until `deadline` if no address is known yet, for a moment
  // otherwise.
  base::Result<Resolution, TransportFailure> Resolve(Waiter& waiter,
                                                     base::Instant deadline);

  // How connecting to an address went. Those that failed come last, the one
  // that failed longest ago first of them.
  void Worked(const SocketAddress& address);
  void Failed(const SocketAddress& address);
  // None of them worked: the next Resolve() looks the name up.
  void Distrust();

  // "host:port", for messages.
  const std::string& where() const { return where_; }

 private:
  struct Job;

  bool Start(base::Instant now) REQUIRES(mutex_);
  void TakeUp(const Job& job) REQUIRES(mutex_);
  Resolution Known(std::string doubt) const REQUIRES(mutex_);

  const std::string host_;
  const int port_;
  const std::string where_;
  const LookUp look_up_;
  const bool is_address_;

  base::Mutex mutex_;
  std::vector<SocketAddress> addresses_ GUARDED_BY(mutex_);
  std::vector<SocketAddress> failed_ GUARDED_BY(mutex_);  // Oldest first.
  std::optional<base::Instant> looked_up_ GUARDED_BY(mutex_);
  int error_ GUARDED_BY(mutex_) = 0;  // Of the last lookup.
  std::shared_ptr<Job> job_ GUARDED_BY(mutex_);
  // Lookups that never came back still have a thread each.
  std::vector<std::weak_ptr<Job>> given_up_ GUARDED_BY(mutex_);
};

}  // namespace k8s

#endif  // K8S_RESOLVER_H_
