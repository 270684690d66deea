// What the campaign has done, as it happens: each fault with its victim, its
// time and whether its effect was seen, and when nobody could be expected to
// lead. Thread: any.
#ifndef TESTS_FAULTS_TRACE_H_
#define TESTS_FAULTS_TRACE_H_

#include <atomic>
#include <fstream>
#include <string>
#include <vector>

#include "agent/base/mutex.h"
#include "tests/faults/plan.h"
#include "tests/faults/waits.h"

namespace faults {

struct Struck {
  Fault fault = Fault::kStopped;
  int lane = kServers;
  std::string victim = {};
  bool leader = false;  // It was one.
  Span span = {};
  bool seen = false;  // The effect. Else the fault does not count.
};

struct Disturbance {
  int lane = kServers;  // kServers: all of them.
  Span span = {};
};

class Trace {
 public:
  explicit Trace(const std::string& path) : file_(path) {}

  void Add(const Struck& struck);
  void Disturb(const Disturbance& disturbance);

  std::vector<Struck> all() const;
  std::vector<Span> DisturbancesOf(int lane) const;

  // Somebody wants everything to end early.
  std::atomic<bool> ending = false;

 private:
  mutable base::Mutex mutex_;
  std::ofstream file_ GUARDED_BY(mutex_);
  std::vector<Struck> struck_ GUARDED_BY(mutex_);
  std::vector<Disturbance> disturbances_ GUARDED_BY(mutex_);
};

}  // namespace faults

#endif  // TESTS_FAULTS_TRACE_H_
