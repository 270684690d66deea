#include "tests/faults/trace.h"

namespace faults {

void Trace::Add(const Struck& struck) {
  base::MutexLock lock(mutex_);
  file_ << struck.span.from.since_boot.count() << " "
        << struck.span.to.since_boot.count() << " " << NameOf(struck.fault)
        << " " << struck.victim << (struck.leader ? " leader" : "")
        << (struck.seen ? "" : " WITHOUT EFFECT") << std::endl;
  struck_.push_back(struck);
}

void Trace::Disturb(const Disturbance& disturbance) {
  base::MutexLock lock(mutex_);
  disturbances_.push_back(disturbance);
}

std::vector<Struck> Trace::all() const {
  base::MutexLock lock(mutex_);
  return struck_;
}

std::vector<Span> Trace::DisturbancesOf(int lane) const {
  base::MutexLock lock(mutex_);
  std::vector<Span> spans;
  for (const Disturbance& d : disturbances_) {
    if (d.lane == kServers || d.lane == lane) spans.push_back(d.span);
  }
  return spans;
}

}  // namespace faults
