// Actions and transitions in words: one line each, the same for the log, golden
// scenarios and checkers. Not a stable format.
#ifndef AGENT_ELECTION_TRACE_H_
#define AGENT_ELECTION_TRACE_H_

#include <string>

#include "agent/base/time.h"
#include "agent/election/types.h"

namespace election {

// `T4 following->leading "became leader" holder=a_1 transitions=1 token=12
// valid_for=9.980s`
std::string ToLine(const Transition& transition);

// Instants are written relative to `origin`.
std::string ToLine(const Action& action, Instant origin);

}  // namespace election

#endif  // AGENT_ELECTION_TRACE_H_
