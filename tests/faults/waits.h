// How long nobody led although somebody could have. Pure. Thread: any.
#ifndef TESTS_FAULTS_WAITS_H_
#define TESTS_FAULTS_WAITS_H_

#include <vector>

#include "agent/base/time.h"

namespace faults {

struct Span {
  base::Instant from = {};
  base::Instant to = {};

  base::Duration length() const { return to - from; }
  bool operator==(const Span&) const = default;
};

// The longest stretch between the first and the last moment of `led` in which
// neither anybody led nor anything was `disturbed`. A disturbance of no length
// still cuts a stretch in two: waiting begins anew. In any order, and they may
// overlap. {} if somebody led all the time.
Span LongestWait(std::vector<Span> led, const std::vector<Span>& disturbed);

}  // namespace faults

#endif  // TESTS_FAULTS_WAITS_H_
