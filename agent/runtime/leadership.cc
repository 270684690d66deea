#include "agent/runtime/leadership.h"

namespace runtime {

void Leadership::Publish(const election::View& view) {
  base::MutexLock lock(mutex_);
  snapshot_.view = view;
  ++snapshot_.version;
}

Leadership::Snapshot Leadership::Get() const {
  base::MutexLock lock(mutex_);
  return snapshot_;
}

std::uint64_t Leadership::version() const {
  base::MutexLock lock(mutex_);
  return snapshot_.version;
}

}  // namespace runtime
