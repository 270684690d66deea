#include "tests/fleet/thread_freeze.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

#include "tests/support/file_port_wait.h"

namespace fleet {
namespace {

// Of a stopped thread: the system call it was in, or -1.
long SystemCall(int thread_id) {
  const std::string text =
      support::ReadFile("/proc/" + std::to_string(thread_id) + "/syscall");
  return std::strtol(text.c_str(), nullptr, 10);
}

bool Waits(int thread_id) {
  const long call = SystemCall(thread_id);
#ifdef SYS_poll  // Newer machines have ppoll only.
  if (call == SYS_poll) return true;
#endif
  return call == SYS_ppoll;
}

bool Freeze(int thread_id) {
  if (ptrace(PTRACE_SEIZE, thread_id, nullptr, nullptr) != 0) {
    throw std::runtime_error(std::string("cannot stop a thread: ") +
                             std::strerror(errno));
  }
  ptrace(PTRACE_INTERRUPT, thread_id, nullptr, nullptr);
  int status = 0;
  waitpid(thread_id, &status, __WALL);
  if (Waits(thread_id)) return true;
  ptrace(PTRACE_DETACH, thread_id, nullptr, nullptr);
  return false;
}

}  // namespace

ThreadFreeze::ThreadFreeze(int thread_id) : thread_id_(thread_id) {
  const bool frozen = support::Eventually(std::chrono::seconds(60),
                                          [&] { return Freeze(thread_id); });
  if (!frozen) throw std::runtime_error("the thread never waits for news");
}

ThreadFreeze::~ThreadFreeze() {
  ptrace(PTRACE_DETACH, thread_id_, nullptr, nullptr);
}

}  // namespace fleet
