// Decides who leads. A pure state machine: no clock, thread, lock, socket, log or
// random number. Time and news come in, work goes out, and the order of the work
// is a promise: the role goes down before anything that lets another pod lead.
//
// Safety in one sentence: we count renew_deadline from before our write was sent,
// rivals count at least the lease duration from after they saw its result, and
// the store lets one of two competing writes win.
//
// Owned by one thread (`election`). Rules T1-T13: docs/ELECTION.md.
#ifndef AGENT_ELECTION_ELECTOR_H_
#define AGENT_ELECTION_ELECTOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/election/observation.h"
#include "agent/election/types.h"

namespace election {

class Elector {
 public:
  explicit Elector(Config config);

  // Takes in one event at `now` and says what to do, in order. `now` never goes
  // back from one call to the next.
  Actions Step(Instant now, const Event& event);

  // When to call Step with a Tick if nothing else happens before. Keep a drawn
  // instant while the window stays the same.
  WakeWindow NextWake() const;

  bool LeadsAt(Instant now) const { return view_.LeadsAt(now); }
  const View& view() const { return view_; }

 private:
  struct Flight;
  struct Intent;
  struct UnknownWrite;
};

}  // namespace election

#endif  // AGENT_ELECTION_ELECTOR_H_
