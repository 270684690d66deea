// When to start the watch, and after which version. It follows from a version
// that a request has shown us. It is started again when it was lost, and when a
// read shows something that it should have told long ago. Pure; owned by the
// thread `election`.
#ifndef AGENT_RUNTIME_WATCH_PLAN_H_
#define AGENT_RUNTIME_WATCH_PLAN_H_

#include <cstdint>
#include <optional>

#include "agent/base/time.h"
#include "agent/election/types.h"

namespace runtime {

class WatchPlan {
 public:
  explicit WatchPlan(base::Duration retry_period)
      : retry_period_(retry_period) {}

  // To be told every event. A version: start to watch after it now.
  std::optional<std::int64_t> On(base::Instant now,
                                 const election::Event& event);

 private:
  std::optional<std::int64_t> OnVersion(base::Instant now,
                                        std::int64_t version);

  const base::Duration retry_period_;
  bool watching_ = false;
  base::Instant heard_;
  std::int64_t version_ = 0;    // The last it told, or was to follow.
  int losses_ = 0;              // Since it told something.
  base::Instant follow_again_;  // After a loss, not before.
};

}  // namespace runtime

#endif  // AGENT_RUNTIME_WATCH_PLAN_H_
