// The three acts: stops one leader, kills the next, freezes the third, tells
// what happens and how long it took. Thread: `main`, with SIGINT, SIGTERM and
// SIGHUP blocked.
#ifndef TESTS_DEMO_SHOW_H_
#define TESTS_DEMO_SHOW_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/demo/agent.h"
#include "tests/demo/chronicle.h"
#include "tests/demo/screen.h"

namespace demo {

// Somebody pressed Ctrl-C.
struct Interrupted {
  int signal = 0;
};

class Show {
 public:
  // Agents log into `folder`, each into <its name>.log.
  Show(const LeaseToWin& lease, const std::string& folder, Screen& screen);

  // Throws Interrupted, and std::runtime_error when something that should have
  // happened did not. False: two led at once.
  bool Run();

 private:
  // What one act came to.
  struct Result {
    std::string what;       // "stop (SIGTERM)"
    std::string hand_over;  // "web-1 -> web-3"
    base::Duration took;    // From the signal until the next one led.
    base::Duration nobody;  // The longest time between two yes.
  };

  void Begin();
  void Stop();
  void Kill();
  void Freeze();
  // The frozen leader goes on: what does it say first?
  void Thaw(int leader, int successor);
  bool Report();

  void OpenAct(const std::string& title, const std::string& sentence);
  void CloseAct(const std::string& what, int before, int after,
                base::Instant since);
  // Lets the person look.
  void Look();
  void Restart(int agent);
  // The one that leads while all the others follow it.
  int WaitForLeader();
  // The one other than `before` that leads, with a greater token.
  int WaitForSuccessor(int before, std::int64_t token);
  // Shows what goes on until `done`; throws after a generous time, saying that
  // `what` did not happen.
  void WaitUntil(const std::string& what, const std::function<bool()>& done);
  // One look at the world and at the keyboard.
  void Tick();

  Agent& agent(int i) { return *agents_[static_cast<std::size_t>(i)]; }

  Screen& screen_;
  Chronicle chronicle_{kRenewDeadline};
  std::vector<std::unique_ptr<Agent>> agents_;
  std::string act_;
  std::vector<Result> results_;
};

}  // namespace demo

#endif  // TESTS_DEMO_SHOW_H_
