// When a lease may be taken, as one candidate sees it: T5, T11, to the
// nanosecond.
#include "agent/election/observation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace election {
namespace {

using namespace std::chrono_literals;  // NOLINT: a test reads better with it.

constexpr Instant kT0{std::chrono::hours(1)};

k8s::Lease LeaseOf(const std::string& holder, std::int64_t version = 10) {
  k8s::Lease lease;
  lease.record.uid = "uid-1";
  lease.record.holder = holder;
  lease.record.renew_time = 7;
  lease.record.acquire_time = 7;
  lease.record.transitions = 3;
  lease.record.duration_seconds = 15;
  lease.resource_version = version;
  return lease;
}

k8s::Lease Released(const std::string& by, std::int64_t version = 10) {
  k8s::Lease lease = LeaseOf("", version);
  lease.record.duration_seconds = 1;
  lease.record.mark = {"uid-1", by, 3};
  return lease;
}

class ObservationTest : public testing::Test {
 protected:
  Observation Seen(const k8s::Lease& lease) {
    Observation seen(config);
    seen.SeeLease(kT0, lease, false);
    return seen;
  }
  Config config;
};

TEST_F(ObservationTest, KnowsNothingAtFirst) {
  const Observation seen(config);

  EXPECT_FALSE(seen.known());
  EXPECT_FALSE(seen.exists());
  EXPECT_TRUE(seen.FreeAt().is_never());
}

TEST_F(ObservationTest, AnAbsentLeaseIsKnownAndNeverFree) {
  Observation seen(config);
  seen.SeeAbsent(kT0, 0);

  EXPECT_TRUE(seen.known());
  EXPECT_FALSE(seen.exists());
  EXPECT_TRUE(seen.FreeAt().is_never());
}

// ------------------------------------------------ T5: the end of a held lease

TEST_F(ObservationTest, T5FreeOneDurationAfterItWasFirstSeen) {
  EXPECT_EQ(Seen(LeaseOf("b_1")).FreeAt(), kT0 + 15s);
}

TEST_F(ObservationTest, T5OwnDurationCountsIfItIsLonger) {
  config.lease_duration = 30s;
  EXPECT_EQ(Seen(LeaseOf("b_1")).FreeAt(), kT0 + 30s);
}

TEST_F(ObservationTest, T5ItsDurationCountsIfThatIsLonger) {
  k8s::Lease lease = LeaseOf("b_1");
  lease.record.duration_seconds = 40;
  EXPECT_EQ(Seen(lease).FreeAt(), kT0 + 40s);
}

// Who published the longer one may still count on it.
TEST_F(ObservationTest, T5TheLongestDurationEverSeenCounts) {
  k8s::Lease lease = LeaseOf("b_1");
  lease.record.duration_seconds = 60;
  Observation seen = Seen(lease);

  lease = LeaseOf("b_1", 11);
  lease.record.duration_seconds = 1;
  seen.SeeLease(kT0 + 5s, lease, true);

  EXPECT_EQ(seen.FreeAt(), kT0 + 5s + 60s);
}

TEST_F(ObservationTest, T5TheLongestDurationSurvivesADeletion) {
  k8s::Lease lease = LeaseOf("b_1");
  lease.record.duration_seconds = 60;
  Observation seen = Seen(lease);
  seen.SeeAbsent(kT0 + 1s, 11);

  lease = LeaseOf("", 12);
  lease.record.uid = "uid-2";
  seen.SeeLease(kT0 + 2s, lease, false);

  EXPECT_EQ(seen.FreeAt(), kT0 + 2s + 60s);
}

TEST_F(ObservationTest, T5ARenewalRestartsTheWait) {
  Observation seen = Seen(LeaseOf("b_1"));
  k8s::Lease renewed = LeaseOf("b_1", 11);
  ++renewed.record.renew_time;

  seen.SeeLease(kT0 + 2s, renewed, true);

  EXPECT_EQ(seen.FreeAt(), kT0 + 17s);
}

// Every field of the record is a renewal, even of one microsecond.
TEST_F(ObservationTest, T5AnyFieldOfTheRecordRestartsTheWait) {
  using Change = void (*)(k8s::LeaseRecord&);
  const Change changes[] = {
      [](k8s::LeaseRecord& r) { r.uid = "uid-2"; },
      [](k8s::LeaseRecord& r) { r.holder = "c_1"; },
      [](k8s::LeaseRecord& r) { ++r.acquire_time; },
      [](k8s::LeaseRecord& r) { ++r.renew_time; },
      [](k8s::LeaseRecord& r) { ++r.transitions; },
      [](k8s::LeaseRecord& r) { --r.duration_seconds; },
      [](k8s::LeaseRecord& r) {
        r.mark = {"uid-1", "b_1", 9};
      },
  };
  for (const Change change : changes) {
    Observation seen = Seen(LeaseOf("b_1"));
    k8s::Lease edited = LeaseOf("b_1", 11);
    change(edited.record);

    seen.SeeLease(kT0 + 2s, edited, true);

    EXPECT_EQ(seen.first_seen(), kT0 + 2s);
  }
}

TEST_F(ObservationTest, T5ALabelOnAnUnbrokenWatchIsNoRenewal) {
  Observation seen = Seen(LeaseOf("b_1"));

  seen.SeeLease(kT0 + 9s, LeaseOf("b_1", 11), /*contiguous=*/true);

  EXPECT_EQ(seen.FreeAt(), kT0 + 15s);
  EXPECT_EQ(seen.newest_version(), 11);
}

// A whole term may lie between the two, if an old copy was applied after it.
TEST_F(ObservationTest, T5AnEqualRecordAfterUnseenChangesRestartsTheWait) {
  Observation seen = Seen(LeaseOf("b_1"));

  seen.SeeLease(kT0 + 9s, LeaseOf("b_1", 12), /*contiguous=*/false);

  EXPECT_EQ(seen.FreeAt(), kT0 + 24s);
}

TEST_F(ObservationTest, T5TheSameVersionReadAgainChangesNothing) {
  Observation seen = Seen(LeaseOf("b_1"));

  EXPECT_TRUE(seen.SeeLease(kT0 + 9s, LeaseOf("b_1"), /*contiguous=*/false));

  EXPECT_EQ(seen.FreeAt(), kT0 + 15s);
}

// ---------------------------------------------------- T5: the release mark

TEST_F(ObservationTest, T5FreeAtOnceWithTheMarkOfTheLastHolder) {
  Observation seen = Seen(LeaseOf("b_1"));

  seen.SeeLease(kT0 + 2s, Released("b_1", 11), true);

  EXPECT_EQ(seen.FreeAt(), kT0 + 2s);
}

TEST_F(ObservationTest, T5FreeAtOnceForOneWhoNeverSawTheHolder) {
  EXPECT_EQ(Seen(Released("b_1")).FreeAt(), kT0);
}

TEST_F(ObservationTest, T5AnEmptyHolderWithoutAMarkIsWaitedOut) {
  EXPECT_EQ(Seen(LeaseOf("")).FreeAt(), kT0 + 15s);
}

TEST_F(ObservationTest, T5AMarkBesideAHolderFreesNothing) {
  k8s::Lease lease = Released("b_1");
  lease.record.holder = "c_1";
  EXPECT_EQ(Seen(lease).FreeAt(), kT0 + 15s);
}

TEST_F(ObservationTest, T5AMarkOfAnotherUidFreesNothing) {
  k8s::Lease lease = Released("b_1");
  lease.record.mark->uid = "uid-0";
  EXPECT_EQ(Seen(lease).FreeAt(), kT0 + 15s);
}

TEST_F(ObservationTest, T5AMarkOfAnotherTermFreesNothing) {
  for (const int transitions : {2, 4}) {
    k8s::Lease lease = Released("b_1");
    lease.record.mark->transitions = transitions;
    EXPECT_EQ(Seen(lease).FreeAt(), kT0 + 15s) << transitions;
  }
}

// An old copy, applied while a later term runs.
TEST_F(ObservationTest, T5AMarkOlderThanATermSeenFreesNothing) {
  k8s::Lease later = LeaseOf("c_1");
  later.record.transitions = 4;
  Observation seen = Seen(later);

  seen.SeeLease(kT0 + 2s, Released("b_1", 11), true);

  EXPECT_EQ(seen.FreeAt(), kT0 + 17s);
}

TEST_F(ObservationTest, T5AHigherNumberThatWasEmptyCountsToo) {
  k8s::Lease later = LeaseOf("");
  later.record.transitions = 4;
  Observation seen = Seen(later);

  seen.SeeLease(kT0 + 2s, Released("b_1", 11), true);

  EXPECT_EQ(seen.FreeAt(), kT0 + 17s);
}

// Somebody who does not count transitions led after the mark was written.
TEST_F(ObservationTest, T5AMarkOfAnotherThanTheLastHolderFreesNothing) {
  Observation seen = Seen(Released("b_1"));
  seen.SeeLease(kT0 + 1s, LeaseOf("c_1", 11), true);

  seen.SeeLease(kT0 + 2s, Released("b_1", 12), true);

  EXPECT_EQ(seen.FreeAt(), kT0 + 17s);
}

TEST_F(ObservationTest, T5TheMarkIsComparedExactly) {
  Observation seen = Seen(LeaseOf("b_1"));

  seen.SeeLease(kT0 + 2s, Released("b_10", 11), true);

  EXPECT_EQ(seen.FreeAt(), kT0 + 17s);
}

// Terms of a deleted lease say nothing about the next one of that name.
TEST_F(ObservationTest, T5HigherNumbersOfAnotherUidDoNotCount) {
  k8s::Lease old = LeaseOf("c_1");
  old.record.uid = "uid-0";
  old.record.transitions = 90;
  Observation seen = Seen(old);
  seen.SeeAbsent(kT0 + 1s, 11);

  seen.SeeLease(kT0 + 2s, Released("b_1", 12), false);

  EXPECT_EQ(seen.FreeAt(), kT0 + 2s);
}

// ------------------------------------------------------------- trust flags

TEST_F(ObservationTest, TrustNewLeaseTakesOneThatNobodyEverHeld) {
  config.trust_new_lease = true;
  k8s::Lease created = LeaseOf("");
  created.record.transitions = 0;
  created.record.acquire_time = 0;
  EXPECT_EQ(Seen(created).FreeAt(), kT0);
}

TEST_F(ObservationTest, TrustNewLeaseTrustsNothingThatWasHeld) {
  config.trust_new_lease = true;
  k8s::Lease wiped = LeaseOf("");
  wiped.record.transitions = 0;
  EXPECT_EQ(Seen(wiped).FreeAt(), kT0 + 15s) << "has an acquireTime";
  wiped.record.acquire_time = 0;
  wiped.record.transitions = 1;
  EXPECT_EQ(Seen(wiped).FreeAt(), kT0 + 15s) << "has changed hands";
}

TEST_F(ObservationTest, TrustNewLeaseIsOffByDefault) {
  k8s::Lease created = LeaseOf("");
  created.record.transitions = 0;
  created.record.acquire_time = 0;
  EXPECT_EQ(Seen(created).FreeAt(), kT0 + 15s);
}

TEST_F(ObservationTest, TrustClientGoReleaseTakesItAfterItsSecond) {
  k8s::Lease released = LeaseOf("");
  released.record.duration_seconds = 1;
  EXPECT_EQ(Seen(released).FreeAt(), kT0 + 15s);

  config.trust_client_go_release = true;
  EXPECT_EQ(Seen(released).FreeAt(), kT0 + 1s);
  released.record.duration_seconds = 2;
  EXPECT_EQ(Seen(released).FreeAt(), kT0 + 15s) << "not its release";
}

// client-go keeps the annotations that it finds: our mark of an earlier term.
TEST_F(ObservationTest, TrustClientGoReleaseIgnoresAnOldMarkOfOurs) {
  config.trust_client_go_release = true;
  k8s::Lease released = Released("b_1");
  released.record.transitions = 4;
  EXPECT_EQ(Seen(released).FreeAt(), kT0 + 1s);
}

// ------------------------------------------------------------------- T11

TEST_F(ObservationTest, T11AnOlderVersionIsNotTakenIn) {
  Observation seen = Seen(LeaseOf("b_1", 10));

  EXPECT_FALSE(seen.SeeLease(kT0 + 1s, LeaseOf("c_1", 9), true));

  EXPECT_TRUE(seen.HeldBy("b_1"));
  EXPECT_EQ(seen.first_seen(), kT0);
}

TEST_F(ObservationTest, T11AnOlderDeletionIsNotTakenIn) {
  Observation seen = Seen(LeaseOf("b_1", 10));

  EXPECT_FALSE(seen.SeeAbsent(kT0 + 1s, 9));
  EXPECT_FALSE(seen.SeeAbsent(kT0 + 1s, 10));
  EXPECT_TRUE(seen.exists());
  EXPECT_TRUE(seen.SeeAbsent(kT0 + 1s, 11));
  EXPECT_FALSE(seen.exists());
}

TEST_F(ObservationTest, T11NothingFromBeforeADeletionIsTakenIn) {
  Observation seen = Seen(LeaseOf("b_1", 10));
  seen.SeeAbsent(kT0 + 1s, 12);

  EXPECT_FALSE(seen.SeeLease(kT0 + 2s, LeaseOf("b_1", 11), true));
  EXPECT_FALSE(seen.exists());
}

TEST_F(ObservationTest, T11ForgetsTheVersionsButNotTheLongestDuration) {
  k8s::Lease lease = LeaseOf("b_1", 90);
  lease.record.duration_seconds = 60;
  Observation seen = Seen(lease);

  seen.Forget();

  EXPECT_FALSE(seen.known());
  EXPECT_TRUE(seen.SeeLease(kT0 + 1s, LeaseOf("b_1", 10), false));
  EXPECT_EQ(seen.FreeAt(), kT0 + 61s);
}

TEST_F(ObservationTest, HeldByComparesExactly) {
  const Observation seen = Seen(LeaseOf("b_1"));

  EXPECT_TRUE(seen.HeldBy("b_1"));
  EXPECT_FALSE(seen.HeldBy("b_10"));
  EXPECT_FALSE(seen.HeldBy("b"));
}

}  // namespace
}  // namespace election
