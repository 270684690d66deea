// Writes what one candidate's elector was told and did, one JSON object for
// each Step, for tests/model/tla/Trace.tla, which says what the fields are and
// asks whether the rules explain them. Times in whole microseconds, as the
// simulator's clocks count. One thread.
#ifndef TESTS_SIM_STEP_TRACE_H_
#define TESTS_SIM_STEP_TRACE_H_

#include <cstdint>
#include <cstdio>
#include <string>

#include "agent/election/types.h"

namespace sim {

class StepTrace {
 public:
  // `file` stays the caller's. `config` is of every life of the candidate.
  StepTrace(std::FILE* file, const election::Config& config);

  // A new process, with a new elector.
  void OnStart(const std::string& incarnation, base::Instant now);
  // `event` was given to the elector at `now`; `actions` is what it answered,
  // `view` what it tells since.
  void OnStep(base::Instant now, const election::Event& event,
              const election::Actions& actions, const election::View& view);

 private:
  std::FILE* const file_;
  std::string incarnation_;
  base::Instant last_;
  std::uint64_t asked_ = 0;  // The request that is out; 0: none.
};

}  // namespace sim

#endif  // TESTS_SIM_STEP_TRACE_H_
