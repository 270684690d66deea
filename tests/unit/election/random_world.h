// Several real electors over one lease in virtual time, and everything that can
// go wrong between them, drawn from one seed. Checks the invariants after every
// event; the first that fails stands in error(). Not in it: what docs/ELECTION
// says is not promised (restored stores, old copies, deletion with unequal
// durations).
#ifndef TESTS_UNIT_ELECTION_RANDOM_WORLD_H_
#define TESTS_UNIT_ELECTION_RANDOM_WORLD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/election/elector.h"
#include "tests/unit/election/lease_store.h"

namespace election {

// What a run, or many, went through. A run that exercises nothing proves
// nothing.
struct Exercised {
  int events = 0;
  int terms = 0;        // "became leader".
  int hand_overs = 0;   // ... and is another than the last one.
  int definite = 0;     // T7 while leading.
  int expiries = 0;     // T8 while leading.
  int adoptions = 0;    // T9.
  int releases = 0;     // T12.
  int late_writes = 0;  // Stored after their sender had given them up.
  int edits = 0;        // By hand.
  int restarts = 0;
};

class RandomWorld {
 public:
  RandomWorld(std::uint64_t seed, bool verbose);

  // Faults for a while, then none until somebody leads (I7) and keeps it.
  void Run();

  const std::string& error() const { return error_; }
  const Exercised& exercised() const { return exercised_; }

 private:
  struct Node {
    Config config;
    int life = 0;  // News for an earlier one is dropped.
    std::unique_ptr<Elector> elector;
    Duration offset{};  // The local clock: offset + true time * rate.
    double rate = 1;
    Duration paused_until{};  // These three in true time.
    Duration cut_until{};
    Duration main_until{};      // The main container may act until then.
    std::uint64_t request = 0;  // Out now; 0: none.
    WakeWindow window;
    int wake = 0;  // Number of the latest wake-up set.
    k8s::MicroTime stamp = 0;
    int stream = 0;          // Number of the latest watch; odd: open.
    std::size_t told = 0;    // Of the store's changes.
    Duration told_at{};      // Events of one stream keep their order.
    std::int64_t known = 0;  // The version read or written last.
    bool said_leads = false;
    bool stopped = false;
    std::set<Duration> applied;  // When our stored writes were sent, locally.
    std::int64_t second = 0;
    int steps = 0;  // In that second.
  };

  void Verbose(const std::string& line) const;
  Duration Between(Duration from, Duration to);
  bool Chance(double p);
  int Below(int n);
  Duration Delay();
  std::size_t AnyNode();

  Instant Local(const Node& node) const;
  Duration TrueTime(const Node& node, Instant local) const;
  void After(Duration delay, std::function<void()> what);
  void ToNode(std::size_t i, Duration delay, const Event& event);

  // The shell around one elector.
  void StartNode(std::size_t i);
  void Step(std::size_t i, const Event& event);
  void Take(std::size_t i, const Action& action);
  void MainHears(Node& node);
  void SetWake(std::size_t i, bool ticked);
  void Send(std::size_t i, const Read& read);
  void Send(std::size_t i, const Write& write);
  void Store(std::size_t i, const Write& write, WriteDone& done,
             Instant sent_at);
  void Watch(std::size_t i);
  void BreakWatch(std::size_t i);
  void TellWatchers();

  // What goes wrong.
  void Mischief();
  void DisturbNode(std::size_t i);
  void Stop(std::size_t i);
  void EditByHand();
  void RunUntil(Duration end);

  // I1-I8, and that no state changes without a word.
  void CheckTerm(std::size_t i, const Event& event, Instant before);
  void CheckNews(std::size_t i, const Transition& transition);
  void CheckOneLeader();
  void CheckTransitionsNumber();
  void Fail(const std::string& what);

  std::mt19937_64 random_;
  const bool verbose_;
  Duration now_{};
  std::multimap<Duration, std::function<void()>> agenda_;
  LeaseStore store_;
  std::vector<Node> nodes_;
  bool faults_ = true;
  bool leaving_allowed_ = true;
  bool equal_durations_ = true;
  bool slow_ = false;   // Every request takes long.
  std::string leader_;  // The last one.
  std::int64_t highest_token_ = 0;
  std::string uid_;  // I5.
  std::int64_t transitions_ = 0;
  std::string error_;
  Exercised exercised_;
};

}  // namespace election

#endif  // TESTS_UNIT_ELECTION_RANDOM_WORLD_H_
