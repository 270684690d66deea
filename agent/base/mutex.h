// A std::mutex that clang's thread safety analysis understands; gcc ignores the
// annotations.
#ifndef AGENT_BASE_MUTEX_H_
#define AGENT_BASE_MUTEX_H_

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define SIDECAR_ANNOTATION(x) __attribute__((x))
#else
#define SIDECAR_ANNOTATION(x)
#endif
#define GUARDED_BY(mutex) SIDECAR_ANNOTATION(guarded_by(mutex))
#define REQUIRES(mutex) SIDECAR_ANNOTATION(requires_capability(mutex))

namespace base {

class SIDECAR_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() SIDECAR_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() SIDECAR_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class SIDECAR_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) SIDECAR_ANNOTATION(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() SIDECAR_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits with a Mutex held. For hand-over between threads only: a wait with a
// time limit sleeps on a clock that stops in suspend, so nothing that matters
// to leadership may wait here for time to pass.
using ConditionVariable = std::condition_variable_any;

}  // namespace base

#endif  // AGENT_BASE_MUTEX_H_
