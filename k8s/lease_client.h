// Speaks the Lease API and nothing else: one call, one request, one deadline.
// Retries belong to the caller, except one: a 401 reads the token again and
// tries once more inside the same deadline. An instance has one connection and
// belongs to one thread; Cancel() may come from any.
#ifndef K8S_LEASE_CLIENT_H_
#define K8S_LEASE_CLIENT_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/base/time.h"
#include "k8s/cluster_config.h"
#include "k8s/lease.h"

namespace k8s {

struct LeaseName {
  std::string name_space;
  std::string name;
};

// Why a call did not do what was asked. `message` is one whole sentence for a
// person: what was tried, what came back, what to do.
//   update lease shop/web: 403 Forbidden: the role needs verb "update" on ...
struct ApiError {
  int http_status = 0;  // 0: no HTTP answer came back.
  std::string reason;   // metav1.Status reason, "" if none.
  std::string message;
  std::optional<base::Duration> retry_after;
};

struct ReadAnswer {
  ReadStatus status = ReadStatus::kFailed;
  Lease lease;     // With kFound.
  ApiError error;  // With kFailed.
};

struct WriteAnswer {
  WriteStatus status = WriteStatus::kUnknown;
  Lease lease;     // With kApplied: as stored.
  ApiError error;  // Otherwise.
};

// For metrics. `verb` get, create, update or watch; `code` the HTTP status or
// "timeout", "connection"; seconds from send to answer.
using RequestObserver = std::function<void(
    const char* verb, const std::string& code, base::Duration took)>;
using BootClock = std::function<base::Instant()>;

class LeaseClient {
 public:
  LeaseClient(ClusterConfig config, LeaseName name, std::string user_agent,
              BootClock clock, RequestObserver observer);
  ~LeaseClient();

  // A consistent read: no resourceVersion is sent, so the answer is at least as
  // new as the moment of the request. Returns by `deadline`, connect, TLS, send
  // and receive included. Never throws.
  ReadAnswer Get(base::Instant deadline);

  // Stores `write.record` over `write.base` (PUT with its uid and
  // resourceVersion), or creates the lease (PUT without resourceVersion, which
  // a Role can limit to one name; 422 "must be specified" means that it exists:
  // kConflict). The outcome after a timeout or 5xx is kUnknown.
  WriteAnswer Write(const LeaseWrite& write, base::Instant deadline);

  // Makes the call in progress return soon, and every later one at once. Any
  // thread.
  void Cancel();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace k8s

#endif  // K8S_LEASE_CLIENT_H_
