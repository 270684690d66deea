// Knows what a simulated election may never do (I1-I6, I8) and looks at every
// step of it. It compares instants of different candidates in true time, which
// they cannot know. One thread.
#ifndef TESTS_SIM_JUDGE_H_
#define TESTS_SIM_JUDGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/election/types.h"
#include "tests/sim/swarm.h"

namespace sim {

// What a run, or many, went through. A run that exercises nothing proves
// nothing.
struct Figures {
  std::int64_t events = 0;
  std::int64_t terms = 0;
  std::int64_t holder_changes = 0;
  std::int64_t definite = 0;     // T7 while leading.
  std::int64_t expiries = 0;     // T8 while leading.
  std::int64_t adoptions = 0;    // T9.
  std::int64_t releases = 0;     // T12.
  std::int64_t late_writes = 0;  // Stored after their sender had given them up.
  std::vector<std::int64_t> faults = std::vector<std::int64_t>(kFaults);

  void Add(const Figures& other);
};

class Judge {
 public:
  explicit Judge(const Swarm& swarm);

  // A new process of candidate i. What it told before is not heard any more.
  void OnStart(std::size_t i, const std::string& incarnation);
  void OnKilled(std::size_t i, Duration now);
  void OnEvent(Duration now);
  void OnPublish(std::size_t i, const election::View& view, Duration now);
  void OnRead(std::size_t i, std::uint64_t id);
  void OnWrite(std::size_t i, const election::Write& write);
  void OnAnswer(std::size_t i, std::uint64_t id);
  void OnTransition(std::size_t i, const election::Transition& transition,
                    Duration now);
  // The store has taken in a write that candidate i sent at `sent_at`, locally.
  void OnStored(std::size_t i, election::WriteKind kind, Instant sent_at);
  // The lease, after each change of it by a candidate, and by hand.
  void OnLease(const k8s::LeaseRecord& record);
  void OnEdited(const k8s::LeaseRecord& record);
  void OnDeleted();
  // The clock of i has not counted what it slept.
  void OnClockStopped(std::size_t i, Duration slept);
  // The main container of i has stopped acting, for certain.
  void OnDrained(std::size_t i) { nodes_[i].main_until = {}; }
  void Fail(const std::string& what, Duration now);
  const std::string& error() const { return error_; }
  Figures& figures() { return figures_; }
  const Figures& figures() const { return figures_; }

 private:
  struct Node {
    std::string incarnation;
    bool leads = false;      // As published.
    Duration leads_until{};  // In true time; so is the next one.
    Duration main_until{};
    Duration slept{};  // And not counted.
    int others = 0;    // Since its term began: states that are not its own.
    Instant valid_until{};          // I4.
    std::uint64_t request = 0;      // Out now; 0: none.
    std::vector<Instant> stored{};  // When the last stored writes were sent.
  };
  Duration TrueTime(std::size_t i, Instant local) const;

  const Swarm& swarm_;
  std::vector<Node> nodes_;
  Duration now_{};
  std::string leader_;
  std::int64_t highest_token_ = 0;
  std::string uid_;
  std::int64_t transitions_ = 0;
  std::string error_;
  Figures figures_;
};

}  // namespace sim

#endif  // TESTS_SIM_JUDGE_H_
