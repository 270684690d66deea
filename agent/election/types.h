// The words of the election: what can happen (Event), what to do about it
// (Action), and what is told about it (View). Values only, no behaviour.
// Rules T1-T13 and the timing argument: docs/ELECTION.md.
#ifndef AGENT_ELECTION_TYPES_H_
#define AGENT_ELECTION_TYPES_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/base/time.h"
#include "k8s/lease.h"

namespace election {

using base::Duration;
using base::Instant;

enum class StopOrder {
  kTogether,     // SIGTERM reaches us and the main container at the same time.
  kSidecarLast,  // SIGTERM reaches us after the main container has ended.
};

// Checked by runtime::LoadConfig; the elector CHECKs what it relies on.
struct Config {
  // `<identity>_<nonce>`: what holderIdentity holds while we lead. New in every
  // process, compared exactly.
  std::string incarnation;
  std::chrono::seconds lease_duration{15};  // L: how long others wait.
  Duration renew_deadline = std::chrono::seconds(10);  // D: how long we lead.
  Duration retry_period = std::chrono::seconds(2);     // R.
  // How long the main container may go on after it has heard "not leader".
  Duration stop_grace = std::chrono::seconds(4);
  StopOrder stop_order = StopOrder::kTogether;
  // A lease that nobody ever held is free at once. Two leaders, if it was
  // deleted while a cut-off leader still counted on it.
  bool trust_new_lease = false;
  // A lease that client-go released is free after its 1 s. Two leaders, if it
  // was client-go's release that wiped a live lease.
  bool trust_client_go_release = false;
  // Goes on when the store's versions have gone back. Two leaders, if somebody
  // still leads by the newer copy; fencing tokens may repeat.
  bool accept_restored_store = false;
};

// The longest first attempt of a request: min(D/3, 2 s). Each further one is
// twice as long.
constexpr Duration FirstAttempt(const Config& config) {
  const Duration third = config.renew_deadline / 3;
  return third < std::chrono::seconds(2) ? third : std::chrono::seconds(2);
}

// ---------------------------------------------------------------- events

struct Start {};
// The instant drawn from NextWake() has come.
struct Tick {};

struct ReadDone {
  std::uint64_t id = 0;
  k8s::ReadStatus status = k8s::ReadStatus::kFailed;
  k8s::Lease lease{};      // With kFound.
  Duration retry_after{};  // With kFailed: at least so long, if it said so.
};

struct WriteDone {
  std::uint64_t id = 0;
  k8s::WriteStatus status = k8s::WriteStatus::kUnknown;
  k8s::Lease lease{};             // With kApplied: as stored.
  k8s::MicroTime renew_time = 0;  // What the shell stamped on this write.
  Duration retry_after{};
};

// The lease changed from the version `follows` to this one, with nothing in
// between: the next event of an unbroken watch.
struct WatchEvent {
  std::int64_t follows = 0;
  bool deleted = false;
  k8s::Lease lease{};
};
struct WatchLive {};
struct WatchLost {};

// Somebody saw the store disagree with us (confirm=1): read again, at once.
struct Doubt {};

struct StopRequested {};
// Lead no more for now, stay in the election ("step down").
struct GiveUp {};
// The main container has stopped acting on its leadership.
struct Drained {};
// Whether we may lead: the main container's health, an operator's pause.
struct Permission {
  bool healthy = true;
  bool paused = false;

  bool operator==(const Permission&) const = default;
};

using Event =
    std::variant<Start, Tick, ReadDone, WriteDone, WatchEvent, WatchLive,
                 WatchLost, Doubt, StopRequested, GiveUp, Drained, Permission>;

// ----------------------------------------------------------------- views

enum class State {
  kStarting,   // Nothing of the lease has been seen yet.
  kFollowing,  // In the election, not leading.
  kLeading,
  kDraining,  // Holds without leading: the main container stops (T13).
  kPaused,
  kUnhealthy,
  kRefusing,  // The store went back in time (T11).
  kStopped,
};

// What everybody else may know; published before any write that depends on it.
// Leading is decided by the reader, with its own look at the clock:
//   leads && now < valid_until
struct View {
  State state = State::kStarting;
  bool leads = false;
  Instant valid_until;  // While leading or draining.
  std::int64_t fencing_token =
      0;  // While leading, or of the last term; 0: none.
  // Leading, and the API server has not answered since this instant's cause:
  // from here on leadership is in jeopardy.
  Instant jeopardy_at = Instant::Never();
  bool lease_exists = false;
  k8s::LeaseRecord lease;  // As last seen.
  // When the lease as last seen runs out for whoever holds it.
  Instant lease_expires_at;

  bool LeadsAt(Instant now) const { return leads && now < valid_until; }
  bool operator==(const View&) const = default;
};

// --------------------------------------------------------------- actions

enum class WriteKind { kCreate, kAcquire, kRenew, kRelease };

// The role or what is seen of the lease changed.
struct Publish {
  View view;
};

// Read the lease consistently and give up at `deadline`. At most one Read or
// Write is out at a time; its ReadDone or WriteDone must come, soon after
// `deadline` at the latest.
struct Read {
  std::uint64_t id = 0;
  Instant deadline;
};

// Store `write`. The shell stamps write.record.renew_time with a wall time
// later than any it stamped before, and write.record.acquire_time with the same
// when `kind` is kAcquire.
struct Write {
  std::uint64_t id = 0;
  WriteKind kind = WriteKind::kRenew;
  k8s::LeaseWrite write{};
  Instant deadline{};
};

// One line of the trace that log, metrics, tests and checkers share.
struct Transition {
  std::string_view rule;   // "T4"
  std::string_view event;  // Fixed words in the past tense: "became leader".
  State from = State::kStarting;
  State to = State::kStarting;
  std::string holder{};  // As last seen.
  std::int64_t transitions = 0;
  std::int64_t fencing_token = 0;  // 0: not of interest here.
  Duration valid_for{};            // While leading.
};

// The elector has nothing more to do; the process may end.
struct Stopped {};

using Action = std::variant<Publish, Read, Write, Transition, Stopped>;
using Actions = std::vector<Action>;

// Any instant from `earliest` to `latest` will do; the shell draws one. Safety
// cannot depend on the draw.
struct WakeWindow {
  Instant earliest = Instant::Never();
  Instant latest = Instant::Never();

  bool operator==(const WakeWindow&) const = default;
};

std::string_view ToString(State state);
std::string_view ToString(WriteKind kind);

}  // namespace election

#endif  // AGENT_ELECTION_TYPES_H_
