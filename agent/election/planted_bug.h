// Deliberate bugs: a checker that finds none of them proves nothing. They are
// in builds with LEADER_ELECTOR_PLANTED_BUGS only, one at a time; everywhere
// else each question below is `false` at compile time.
#ifndef AGENT_ELECTION_PLANTED_BUG_H_
#define AGENT_ELECTION_PLANTED_BUG_H_

namespace election {

enum class Bug {
  kNone,
  kCountFromReply,         // The term counts from the answer, not the send.
  kNoMargin,               // It lasts as long as rivals wait.
  kNoExpiry,               // It does not end by itself.
  kMonotonicClock,         // The shell's clock stops in suspend.
  kReleaseBeforeStepDown,  // The role goes down after the release is sent.
  kReleaseWithoutLooking,  // Releases what was given to us by hand.
  kStopGraceIgnored,       // Releases while the main container still acts.
  kTrustEmpty,             // Empty is free, with or without a mark.
  kOldMarkBelieved,        // A mark below the highest transitions seen.
  kCreateHeld,             // Whoever creates the lease holds it.
  kVersionIsRenewal,       // A label restarts the wait.
  kTimerNotRestarted,      // After a gap an equal record keeps its age.
  kOwnDurationForRival,
  kOldEventBelieved,      // Older than the newest version seen.
  kAnotherHolderIgnored,  // A leader that sees another goes on to its deadline.
  kNoUid,                 // A write names the version alone.
  kUnknownIsApplied,      // A write without an answer counts.
  kConflictIsApplied,     // So does one that came too late.
  kAdoptAnyStamp,         // Our name in a read proves any write of ours.
  kTokenFromTransitions,
  kTwoInFlight,
  kLast = kTwoInFlight
};

#ifdef LEADER_ELECTOR_PLANTED_BUGS
const char* NameOf(Bug bug);          // "count from reply"
inline Bug planted_bug = Bug::kNone;  // Set before any thread starts.
inline bool Planted(Bug bug) { return planted_bug == bug; }
#else
constexpr bool Planted(Bug) { return false; }
#endif

}  // namespace election

#endif  // AGENT_ELECTION_PLANTED_BUG_H_
