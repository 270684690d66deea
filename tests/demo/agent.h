// One agent of the demo: the leader-elector program, and a reader that asks it
// GET /leader every few milliseconds as a main container would. Decides
// nothing. Threads: `main` starts, signals and ends it; the reader has its own.
#ifndef TESTS_DEMO_AGENT_H_
#define TESTS_DEMO_AGENT_H_

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "agent/base/time.h"
#include "k8s/transport.h"
#include "tests/demo/chronicle.h"
#include "tests/support/file_port_wait.h"
#include "tests/support/process.h"

namespace demo {

// Short, so that the demo is; the proportions are those of the defaults.
inline constexpr std::chrono::seconds kLeaseDuration{5};
inline constexpr std::chrono::milliseconds kRenewDeadline{3500};
inline constexpr std::chrono::milliseconds kRetryPeriod{500};
// How often each agent is asked.
inline constexpr std::chrono::milliseconds kAskEvery{5};

struct LeaseToWin {
  std::string kubeconfig;
  std::string name_space;
  std::string name;
};

class Agent {
 public:
  enum class Life { kRunning, kStopping, kFrozen, kEnded, kKilled };

  Agent(int index, const LeaseToWin& lease, const std::string& log,
        Chronicle& chronicle);
  // Asks it to stop, and ends it if it does not within a few seconds.
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  void Start();      // The first time, or again after it has ended.
  void Terminate();  // SIGTERM
  void Kill();       // SIGKILL, and waits for its end.
  void Freeze();     // SIGSTOP
  void Continue();   // SIGCONT
  // How it ended, once it has.
  std::optional<support::ExitStatus> Ended();
  bool EndedUnasked();
  Life life() const { return life_; }

 private:
  void Read();
  void Ask();

  const int index_;
  const support::FreePort port_;
  const support::ProcessOptions options_;
  Chronicle& chronicle_;
  Life life_ = Life::kEnded;
  std::unique_ptr<support::Process> process_;

  std::atomic<bool> stop_ = false;
  k8s::Transport transport_;  // Of the reader, except Cancel().
  std::thread reader_;
};

}  // namespace demo

#endif  // TESTS_DEMO_AGENT_H_
