// Plays a story to one elector and writes down what it does. Text in, text out;
// no files. The language:
//
//   # A comment.
//   config incarnation=a_1 L=15s D=10s R=2s grace=4s order=together
//   2s   tick                          <- time since the start, and an event
//     write renew id=4 ...             <- what came of it: see trace.h
//     wake 4.000s..4.400s              <- NextWake(), when it has changed
//
// Flags of config: trust-new-lease, trust-client-go-release,
// accept-restored-store. Order: together, sidecar-last.
//
// Events: start  tick  live  lost  doubt  stop  give-up  drained
//   permission [unhealthy] [paused]
//   read absent | read failed [retry-after=3s] | read LEASE
//   write conflict | write rejected [retry-after=3s] | write unknown
//   write applied rv=12
//   watch LEASE [follows=11]           <- without: follows the lease seen last
//   watch deleted rv=13
//   answer-again                       <- the last answer comes a second time
// LEASE is rv=12 and what differs from the lease seen last:
//   uid= holder= renew= acquired= transitions= duration=
//   mark=uid/incarnation/number, or mark=none
// or our-write: what our last write would have stored.
// An answer is for the request that is out. Our writes are stamped with 1001,
// 1002 and so on.
#ifndef TESTS_SCENARIO_SCENARIO_H_
#define TESTS_SCENARIO_SCENARIO_H_

#include <string>

#include "agent/base/result.h"

namespace election {

// The scenario with what the elector does under each event; comments, events
// and empty lines as they were. An error names the line, what was found and
// what was wanted.
base::Result<std::string> PlayScenario(const std::string& text);

}  // namespace election

#endif  // TESTS_SCENARIO_SCENARIO_H_
