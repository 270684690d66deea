// A whole election in virtual time: the agent's own elector, watch plan and
// watch session in each candidate, and an API server with one lease, networks,
// clocks and people in between that do whatever the swarm allows. Everything
// follows from one seed. Thread: one a world.
//
// First the safety phase, with faults, then the liveness phase without:
// somebody must lead in time (I7), keep it, and keep it over a short outage too
// (I9).
//
// Not in it: what docs/ELECTION.md says is not promised (deletion with unequal
// durations; a candidate that never saw the later term of an older copy).
#ifndef TESTS_SIM_WORLD_H_
#define TESTS_SIM_WORLD_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/election/elector.h"
#include "agent/runtime/watch_plan.h"
#include "k8s/watch_session.h"
#include "tests/sim/agenda.h"
#include "tests/sim/judge.h"
#include "tests/sim/step_trace.h"
#include "tests/sim/swarm.h"
#include "tests/unit/election/lease_store.h"

namespace sim {

class World {
 public:
  World(const Swarm& swarm, bool verbose);

  // Before Run(). The first candidate's steps go there too.
  static constexpr std::size_t kTraced = 0;
  void TraceTo(StepTrace* trace) { trace_ = trace; }

  void Run();

  const std::string& error() const { return judge_.error(); }
  const Figures& figures() const { return judge_.figures(); }
  Duration now() const { return agenda_.now(); }

 private:
  struct Stream {
    std::uint64_t id = 0;   // Of the present one; old news has another.
    bool attached = false;  // The server sends what changes.
    bool silent = false;    // And nothing of it arrives.
    std::size_t told = 0;   // Of the store's changes.
    Duration asked_at{};
    Duration arrives_at{};  // Its bytes keep their order.
  };
  struct Node {
    election::Config config;
    int life = 0;  // News for an earlier one is dropped.
    std::unique_ptr<election::Elector> elector;
    std::unique_ptr<runtime::WatchPlan> plan;
    std::unique_ptr<k8s::WatchSession> session;
    Stream stream;
    Duration queued_until{};  // Events keep their order.
    Duration paused_until{};
    Duration slept{};  // Not counted by its clock.
    Duration cut_until{};
    std::uint64_t request = 0;
    election::WakeWindow window;
    int wake = 0;  // Number of the latest wake-up set.
    k8s::MicroTime wall_offset = 0;
    k8s::MicroTime stamp = 0;
    bool stopped = false;
    std::int64_t second = 0;
    int steps = 0;  // In that second.
  };
  using Thunk = std::function<void()>;

  // The process around an elector (node.cc).
  Instant Local(std::size_t i) const;
  Duration TrueDelay(std::size_t i, Instant local) const;
  void StartNode(std::size_t i);
  void AtNode(std::size_t i, Duration delay, Thunk what);
  void Post(std::size_t i, election::Event event);
  void Step(std::size_t i, const election::Event& event);
  void Take(std::size_t i, const election::Action& action);
  void SetWake(std::size_t i, bool ticked);
  k8s::MicroTime NextStamp(std::size_t i);

  // Requests and streams (network.cc).
  Duration Delay();
  bool Reaches(const Node& node) const;
  void Send(std::size_t i, const election::Read& read);
  void Send(std::size_t i, const election::Write& write);
  struct Letter {  // A write on its way.
    std::size_t from = 0;
    int life = 0;
    election::Write write;
    k8s::MicroTime stamp = 0;
    Instant sent_at;
    Duration back{};
    bool answer_lost = false;
  };
  void Arrive(const Letter& letter);
  void Answer(std::size_t i, std::uint64_t id, election::Event event);
  void Follow(std::size_t i, std::int64_t version);
  void OpenStream(std::size_t i);
  void Attach(std::size_t i, std::uint64_t id,
              std::optional<std::int64_t> version);
  void SendFrame(std::size_t i, k8s::WatchFrame frame);
  void EndStream(std::size_t i, std::uint64_t id,
                 std::optional<k8s::ApiError> error);
  void BreakStream(std::size_t i);
  void TellWatchers();
  void Bookmarks();

  // What goes wrong (mischief.cc).
  void Mischief();
  void Do(Fault fault);
  void DisturbNode(Fault fault, std::size_t i);
  void EditByHand(Fault fault);
  bool AllHaveSeenTheTerm() const;
  void ApplyOldCopy(std::size_t to);
  void Annotate();
  void RestartServer(bool broken);
  void Stop(std::size_t i);
  void EndFaults();

  // The phases (world.cc).
  void RunUntil(Duration end);
  void CheckLiveness();
  void CheckShortOutage();
  std::optional<std::size_t> Leader() const;
  void Say(const std::string& line) const;
  void Fail(const std::string& what);
  std::size_t AnyNode();

  const Swarm swarm_;
  const bool verbose_;
  StepTrace* trace_ = nullptr;
  Dice dice_;
  Agenda agenda_;
  Judge judge_;
  election::LeaseStore store_;
  std::vector<Node> nodes_;
  bool faults_ = true;
  bool leaving_allowed_ = true;  // So that no cooldown outlasts the faults.
  bool restarts_allowed_ = true;
  Duration down_until_{};
  Duration frozen_until_{};
  std::int64_t oldest_known_ = 0;  // By the server's watch cache.
};

}  // namespace sim

#endif  // TESTS_SIM_WORLD_H_
