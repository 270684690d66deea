// Watches one lease on a connection of its own and tells each change in order.
// Runs on its own thread, `watch`, and calls back on it.
// Source: kubernetes.io/docs/reference/using-api/api-concepts/#watch, KEP-956
// (bookmarks).
#ifndef K8S_LEASE_WATCH_H_
#define K8S_LEASE_WATCH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "k8s/cluster_config.h"
#include "k8s/lease.h"
#include "k8s/lease_client.h"

namespace k8s {

// One change. `follows` is the resourceVersion of the lease state right before
// it: the event before this one in the same unbroken stream, or the version
// that Follow() was given. Nothing happened to the lease between `follows` and
// this. 0: something may have, because the server no longer knew what came
// after that version.
struct LeaseChange {
  std::int64_t follows = 0;
  bool deleted = false;
  // If deleted: the last state, at the resourceVersion of the deletion.
  Lease lease;
};

struct LeaseWatchEvents {
  std::function<void(LeaseChange)> on_change;
  // The stream is open and will deliver every change after the version it was
  // told to follow.
  std::function<void()> on_live;
  // The stream cannot go on without a new read: an ERROR event, the server
  // cannot be reached, or the lease is gone. Called once until the next
  // Follow().
  std::function<void(const ApiError&)> on_lost;
};

class LeaseWatch {
 public:
  LeaseWatch(ClusterConfig config, LeaseName name, std::string user_agent,
             BootClock clock, RequestObserver observer,
             LeaseWatchEvents events);
  ~LeaseWatch();  // Stops and joins.

  // Starts to tell changes after `resource_version`, as seen by a read or
  // stored by a write. Ends a stream that is still open. A stream that the
  // server closes in good order (it does so after 30-60 min, or when it
  // restarts) is resumed from the last version or bookmark without a word; when
  // that fails, on_lost. A version that the server has forgotten (410: it was
  // restarted, or the lease has not changed for minutes) is not lost by itself:
  // the stream then begins with the lease as it is.
  void Follow(std::int64_t resource_version);

  // No callback runs after this returns, unless called from a callback.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace k8s

#endif  // K8S_LEASE_WATCH_H_
