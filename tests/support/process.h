// A child program of a test: started, signalled, waited for, and always ended.
// Not a shell: arguments are passed as they are.
// Thread: any one; the thread that starts a program must outlive it, because
// Linux ends the child with the thread that made it (PR_SET_PDEATHSIG).
#ifndef TESTS_SUPPORT_PROCESS_H_
#define TESTS_SUPPORT_PROCESS_H_

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/time.h"

namespace support {

struct ProcessOptions {
  std::string program = {};            // A path; PATH is not searched.
  std::vector<std::string> args = {};  // Without the program's own name.
  std::map<std::string, std::string> environment =
      {};                   // On top of the test's own.
  std::string output = {};  // File that stdout and stderr are added to.
};

// How a program ended.
struct ExitStatus {
  int code = -1;   // What it returned, or -1 when a signal ended it.
  int signal = 0;  // What ended it, or 0.

  bool operator==(const ExitStatus&) const = default;
};

class Process {
 public:
  // Throws std::runtime_error when the program cannot be started.
  explicit Process(ProcessOptions options);
  // SIGKILL if it still runs, then reaps it.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t id() const { return id_; }
  bool Running();

  // Nothing happens if it has ended already: the signal goes through a pidfd
  // and never to somebody else with the same id.
  void Signal(int number);

  // Empty if it still runs after `limit`.
  std::optional<ExitStatus> Wait(base::Duration limit);

  // SIGKILL and reap.
  void Kill();

  // Everything written so far, by earlier users of the same file as well.
  std::string Output() const;

 private:
  const ProcessOptions options_;
  pid_t id_ = -1;
  int pidfd_ = -1;
  std::optional<ExitStatus> ended_;
};

}  // namespace support

#endif  // TESTS_SUPPORT_PROCESS_H_
