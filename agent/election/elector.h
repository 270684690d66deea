// Decides who leads. A pure state machine: no clock, thread, lock, socket, log
// or random number. Time and news come in, work goes out, and the order of the
// work is a promise: the role goes down before anything that lets another pod
// lead.
//
// Safety in one sentence: we count renew_deadline from before our write was
// sent, rivals count at least the lease duration from after they saw its
// result, and the store lets one of two competing writes win.
//
// Owned by one thread (`election`). Rules T1-T13: docs/ELECTION.md.
#ifndef AGENT_ELECTION_ELECTOR_H_
#define AGENT_ELECTION_ELECTOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/election/observation.h"
#include "agent/election/types.h"

namespace election {

class Elector {
 public:
  explicit Elector(Config config);

  // Takes in one event at `now` and says what to do, in order. `now` never goes
  // back from one call to the next.
  Actions Step(Instant now, const Event& event);

  // When to call Step with a Tick if nothing else happens before. Keep a drawn
  // instant while the window stays the same.
  WakeWindow NextWake() const;

  bool LeadsAt(Instant now) const { return view_.LeadsAt(now); }
  const View& view() const { return view_; }

 private:
  friend class Fingerprint;  // tests/model: everything that it will depend on.

  // The request that is out; at most one.
  struct Flight {
    std::uint64_t id = 0;
    std::optional<WriteKind> write;  // Not set: a read.
    Instant sent_at;
    std::int64_t floor = 0;  // The newest version seen when it was sent.
    bool doubted = false;    // Its answer may be older than a doubt.
    std::string uid{};       // Of the lease that a write replaces.
  };
  // A write of ours that may have been stored. A read that shows this renewTime
  // under our incarnation proves that it was.
  struct UnknownWrite {
    k8s::MicroTime renew_time = 0;
    std::string uid;
    Instant sent_at;
    WriteKind kind = WriteKind::kRenew;
  };
  // How requests of one kind, reads or writes, have been going.
  struct Attempts {
    int failures = 0;  // In a row.
    WakeWindow not_before{Instant{}, Instant{}};
  };
  // What to do next, and when.
  enum class Task {
    kNothing,
    kRead,
    kCreate,
    kAcquire,
    kRenew,
    kRelease,
    kEnd
  };
  struct Intent {
    Task task = Task::kNothing;
    WakeWindow window;
  };

  // Events.
  void On(Instant now, const Start&);
  void On(Instant now, const Tick&);
  void On(Instant now, const ReadDone&);
  void On(Instant now, const WriteDone&);
  void On(Instant now, const WatchEvent&);
  void On(Instant now, const WatchLive&);
  void On(Instant now, const WatchLost&);
  void On(Instant now, const Doubt&);
  void On(Instant now, const StopRequested&);
  void On(Instant now, const GiveUp&);
  void On(Instant now, const Drained&);
  void On(Instant now, const Permission&);

  // What an answer means (elector_answers.cc).
  void Applied(Instant now, const Flight& sent, const k8s::Lease& stored,
               k8s::MicroTime renew_time);
  void MaybeApplied(const Flight& sent, k8s::MicroTime renew_time);
  bool AdoptProvenWrite(Instant now);
  void StoreWentBack(Instant now, const k8s::Lease& lease);
  void Failed(Instant now, Attempts& attempts, Duration retry_after,
              bool again_at_once);

  // What a sight of the lease means.
  bool SeeLease(Instant now, const k8s::Lease& lease, bool contiguous);
  bool SeeAbsent(Instant now, std::int64_t version);
  void LoseTerm(Instant now);
  bool WaitForTurn(Instant now, Duration took);
  void PlanPoll(Instant now);

  // The term.
  bool Hold(Instant now, Instant until);
  void EndTerm(Instant now);
  void RoleDown(Instant now);
  void LeaveIfInvolved(Instant now);
  void EndLeaving(Instant now, std::string_view event);
  bool Leaving() const { return stopping_ || giving_up_; }
  bool AllowedToContend() const;
  bool MayContend(Instant now) const;

  // What to do next (elector_plan.cc).
  Intent Next(Instant now) const;
  Intent NextWhileLeaving() const;
  Intent NextWhileFollowing(Instant now) const;
  bool NothingToRelease() const;
  bool ShowsOurTerm() const;
  void Act(Instant now, bool drawn);
  void SendRead(Instant now);
  void SendWrite(Instant now, WriteKind kind);
  Instant Deadline(Instant now, Duration first) const;
  Duration Needed() const;

  // What is told (elector_plan.cc).
  State DeriveState() const;
  View DeriveView() const;
  // Publishes the view if it changed. With a rule: and says why.
  void Tell();
  void Tell(std::string_view rule, std::string_view event);

  const Config config_;
  Observation seen_;
  View view_;
  Actions actions_;  // Of the present Step.
  Instant now_;      // Of the present or last Step.

  bool started_ = false;
  bool stopping_ = false;
  bool giving_up_ = false;
  bool refusing_ = false;
  bool stopped_ = false;
  Permission permission_;
  Instant cooldown_until_;  // Not contending before: we gave up lately.
  Instant stop_by_ = Instant::Never();

  // The lease is ours until valid_until_, if holds_.
  bool holds_ = false;
  Instant valid_until_;
  std::string uid_;  // These three of our present or last term.
  k8s::MicroTime acquired_at_ = 0;
  std::int64_t fencing_token_ = 0;
  // Until when the main container may act on a role that has gone down.
  Instant main_may_act_until_;

  std::optional<Flight> flight_;
  std::uint64_t last_id_ = 0;
  std::vector<UnknownWrite> unknown_writes_;
  bool must_read_ = false;      // T9: before any write.
  bool doubted_ = false;        // Somebody saw the store disagree with us.
  bool read_is_fresh_ = false;  // A consistent read ended in this Step.
  // When to try for a lease that was read and is free, for the record that was
  // first seen then.
  WakeWindow turn_;
  Instant turn_of_ = Instant::Never();
  Attempts reads_;
  Attempts writes_;
  WakeWindow poll_;  // When to read if the watch tells nothing.
  Instant renew_at_;
  Instant last_answer_;
  Duration write_took_{};  // The last one that was stored, at most.
  bool watch_live_ = false;
};

}  // namespace election

#endif  // AGENT_ELECTION_ELECTOR_H_
