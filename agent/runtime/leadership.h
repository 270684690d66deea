// The snapshot that every answer is made from. Leadership is a deadline:
// whoever asks compares it with the boot clock at that moment, so nothing has
// to run for leadership to end.
#ifndef AGENT_RUNTIME_LEADERSHIP_H_
#define AGENT_RUNTIME_LEADERSHIP_H_

#include <cstdint>
#include <string>

#include "agent/base/mutex.h"
#include "agent/base/time.h"
#include "agent/election/types.h"

namespace runtime {

// Who we are; does not change while the process lives.
struct Identity {
  std::string identity;     // As configured: "web-7c9".
  std::string incarnation;  // "web-7c9_k3f9q2".
  std::string lease_namespace;
  std::string lease_name;
};

class Leadership {
 public:
  explicit Leadership(Identity identity) : identity_(std::move(identity)) {}

  // Thread: `election` alone.
  void Publish(const election::View& view);

  // Any thread. `version` rises with each Publish.
  struct Snapshot {
    election::View view;
    std::uint64_t version = 0;
  };
  Snapshot Get() const;
  std::uint64_t version() const;

  const Identity& identity() const { return identity_; }

 private:
  const Identity identity_;
  mutable base::Mutex mutex_;
  Snapshot snapshot_ GUARDED_BY(mutex_);
};

}  // namespace runtime

#endif  // AGENT_RUNTIME_LEADERSHIP_H_
