// Stops one thread of another process, as a debugger does; SIGSTOP stops them
// all. The thread goes on when this object ends, or with the test's process.
// Thread: one and the same for its whole life.
#ifndef TESTS_FLEET_THREAD_FREEZE_H_
#define TESTS_FLEET_THREAD_FREEZE_H_

namespace fleet {

class ThreadFreeze {
 public:
  // Returns with the thread stopped where it waits for news, so that it holds
  // no lock that another thread needs. Throws std::runtime_error if the kernel
  // forbids it or the thread never waits.
  explicit ThreadFreeze(int thread_id);
  ~ThreadFreeze();
  ThreadFreeze(const ThreadFreeze&) = delete;
  ThreadFreeze& operator=(const ThreadFreeze&) = delete;

 private:
  const int thread_id_;
};

}  // namespace fleet

#endif  // TESTS_FLEET_THREAD_FREEZE_H_
