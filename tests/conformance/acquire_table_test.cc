// client-go's table of who may take a lease in which state (its tests of
// tryAcquireOrRenew), asked of our elector: the same Lease as JSON, and when we
// lead. Where ours waits longer, the case says why. Virtual time.
// Source: k8s.io/client-go@v0.36.3 tools/leaderelection/leaderelection_test.go.
#include <nlohmann/json.hpp>

#include "k8s/lease_json.h"
#include "tests/unit/election/elector_fixture.h"

namespace election {
namespace {

using nlohmann::json;

// Spreads the standbys over a free lease.
constexpr Duration kSpread = 20ms;

const char kHeldByAnother[] =
    R"({"holderIdentity":"b_1","leaseDurationSeconds":15,)"
    R"("acquireTime":"2026-08-21T10:15:02.123456Z",)"
    R"("renewTime":"2026-08-21T10:15:04.000000Z","leaseTransitions":3})";
const char kHeldByUs[] =
    R"({"holderIdentity":"a_1","leaseDurationSeconds":15,)"
    R"("acquireTime":"2026-08-21T10:15:02.123456Z",)"
    R"("renewTime":"2026-08-21T10:15:04.000000Z","leaseTransitions":3})";
const char kEmptied[] =
    R"({"holderIdentity":"","leaseDurationSeconds":1,)"
    R"("acquireTime":"2026-08-21T10:15:02.123456Z",)"
    R"("renewTime":"2026-08-21T10:15:04.000000Z","leaseTransitions":3})";

struct Case {
  const char* name;
  const char* spec;       // Of the Lease when we start; nullptr: there is none.
  const char* client_go;  // When it leads, for the reader.
  Duration leads_after;   // When ours leads, with L = 15 s.
  std::int64_t transitions = 0;
  const char* mark = "";  // Release mark.
  bool trust_new_lease = false;
  bool trust_client_go_release = false;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

k8s::LeaseRecord RecordOf(const Case& c) {
  json object = {
      {"apiVersion", "coordination.k8s.io/v1"},
      {"kind", "Lease"},
      {"metadata",
       {{"name", "web"}, {"uid", "uid-1"}, {"resourceVersion", "7"}}}};
  const json spec = json::parse(c.spec);
  if (!spec.is_null()) object["spec"] = spec;
  if (*c.mark != '\0') {
    object["metadata"]["annotations"] = {{k8s::kReleasedBy, c.mark}};
  }
  const auto lease = k8s::DecodeLeaseObject(object, "web");
  EXPECT_TRUE(lease);
  return lease->record;
}

class TryAcquireOrRenewTest : public ElectorTest,
                              public testing::WithParamInterface<Case> {};

TEST_P(TryAcquireOrRenewTest, LeadsWhenTheTableSays) {
  const Case& c = GetParam();
  config.trust_new_lease = c.trust_new_lease;
  config.trust_client_go_release = c.trust_client_go_release;
  if (c.spec != nullptr) store.Put(RecordOf(c));
  Candidate candidate(config, store);
  candidate.Do(Start{}).Do(WatchLive{});

  if (c.leads_after > Duration(0)) {
    candidate.RunTo(c.leads_after - 1ns);
    EXPECT_FALSE(candidate.Leads());
  }
  candidate.RunTo(c.leads_after + kSpread);

  ASSERT_TRUE(candidate.Leads());
  EXPECT_EQ(store.record().holder, "a_1");
  EXPECT_EQ(store.record().transitions, c.transitions);
  EXPECT_EQ(store.record().duration_seconds, 15);
  EXPECT_GE(store.record().renew_time, store.record().acquire_time);
  EXPECT_FALSE(store.record().mark);
}

const Case kTable[] = {
    // A lease that is gone may have been deleted under a leader that is cut off
    // and still counts on it, so it is created empty and waited out once.
    {.name = "NoLease",
     .spec = nullptr,
     .client_go = "at once, transitions 0",
     .leads_after = 15s,
     .transitions = 1},
    {.name = "NoLeaseWithTrust",
     .spec = nullptr,
     .client_go = "at once, transitions 0",
     .leads_after = 0s,
     .transitions = 1,
     .trust_new_lease = true},
    // Made by hand or by a chart: nobody may have held it, or it was copied.
    {.name = "LeaseWithoutRecord",
     .spec = "null",
     .client_go = "at once, transitions 1",
     .leads_after = 15s,
     .transitions = 1},
    {.name = "LeaseWithoutRecordWithTrust",
     .spec = "null",
     .client_go = "at once, transitions 1",
     .leads_after = 0s,
     .transitions = 1,
     .trust_new_lease = true},
    {.name = "LeaseWithNulls",
     .spec = R"({"holderIdentity":null,"leaseDurationSeconds":null,)"
             R"("acquireTime":null,"renewTime":null,"leaseTransitions":null})",
     .client_go = "at once, transitions 1",
     .leads_after = 15s,
     .transitions = 1},
    // The same in both, and renewTime's age is of no account in either: a fresh
    // process has no clock in common with the holder.
    {.name = "LedByAnotherAndNotRenewed",
     .spec = kHeldByAnother,
     .client_go = "after the record's 15 s, transitions 4",
     .leads_after = 15s,
     .transitions = 4},
    {.name = "LedByAnotherForLonger",
     .spec = R"({"holderIdentity":"b_1","leaseDurationSeconds":40,)"
             R"("renewTime":"2026-08-21T10:15:04.000000Z"})",
     .client_go = "after the record's 40 s, transitions 1",
     .leads_after = 40s,
     .transitions = 1},
    // Ours is the longer: whoever shortened the record may have been a person,
    // and the holder still counts on what it published before.
    {.name = "LedByAnotherForShorter",
     .spec = R"({"holderIdentity":"b_1","leaseDurationSeconds":1,)"
             R"("renewTime":"2026-08-21T10:15:04.000000Z"})",
     .client_go = "after the record's 1 s, transitions 1",
     .leads_after = 15s,
     .transitions = 1},
    {.name = "LedByAnotherWithoutADuration",
     .spec = R"({"holderIdentity":"b_1",)"
             R"("renewTime":"2026-08-21T10:15:04.000000Z"})",
     .client_go = "at its second look, transitions 1",
     .leads_after = 15s,
     .transitions = 1},
    // An empty holder may be a release, or a wipe under a live leader, which
    // client-go's own release can do. Only our mark tells the one.
    {.name = "EmptyHolder",
     .spec = kEmptied,
     .client_go = "at once, transitions 4",
     .leads_after = 15s,
     .transitions = 4},
    {.name = "EmptyHolderThoughRenewedLately",
     .spec = R"({"holderIdentity":"","leaseDurationSeconds":15,)"
             R"("renewTime":"2026-08-21T10:15:04.000000Z"})",
     .client_go = "at once, transitions 1",
     .leads_after = 15s,
     .transitions = 1},
    {.name = "EmptyHolderWithReleaseMark",
     .spec = kEmptied,
     .client_go = "at once, transitions 4",
     .leads_after = 0s,
     .transitions = 4,
     .mark = "uid-1/b_1/3"},
    // client-go leaves our mark in place when it takes and wipes.
    {.name = "EmptyHolderWithAMarkOfAnEarlierTerm",
     .spec = kEmptied,
     .client_go = "at once, transitions 4",
     .leads_after = 15s,
     .transitions = 4,
     .mark = "uid-1/b_1/2"},
    {.name = "EmptyHolderWithTrustInClientGo",
     .spec = kEmptied,
     .client_go = "at once, transitions 4",
     .leads_after = 1s,
     .transitions = 4,
     .trust_client_go_release = true},
    // "Renew own" of a fresh process. client-go takes its own name for itself
    // and leads at once, also beside a twin that has the same name. Our name is
    // new in every process, so a record with it is somebody's hand.
    {.name = "OwnNameInAFreshProcess",
     .spec = kHeldByUs,
     .client_go = "at once, transitions 3, acquireTime kept",
     .leads_after = 15s,
     .transitions = 4},
};

INSTANTIATE_TEST_SUITE_P(ClientGo, TryAcquireOrRenewTest,
                         testing::ValuesIn(kTable), [](const auto& test) {
                           return std::string(test.param.name);
                         });

// ------------------------------------------- the rows that take more than time

using ClientGoTable = ElectorTest;

// The same in both.
TEST_F(ClientGoTable, ALeaseThatIsRenewedIsNotTaken) {
  store.Put(Record("b_1"));
  Candidate candidate = Started();
  candidate.Watch().Do(WatchLive{});
  for (Duration at = 2s; at < 60s; at += 2s) {
    candidate.RunTo(at);
    store.HoldAs("b_1");
  }
  candidate.RunTo(60s);

  EXPECT_FALSE(candidate.Leads());
  EXPECT_EQ(store.record().holder, "b_1");
}

// client-go compares the record with times of whole seconds, so it misses a
// second renewal within one second, and takes the lease that much too early.
// Ours compares microseconds.
TEST_F(ClientGoTable, ARenewalInTheSameSecondAsTheLastOneCounts) {
  store.Put(Record("b_1"));
  Candidate candidate = Started();
  candidate.Watch().Do(WatchLive{}).RunTo(900ms);
  store.Edit([](k8s::LeaseRecord& r) { ++r.renew_time; });  // A microsecond.
  candidate.Watch();

  candidate.RunTo(15s + 900ms - 1ns);
  EXPECT_FALSE(candidate.Leads());
  candidate.RunTo(15s + 900ms + kSpread);
  EXPECT_TRUE(candidate.Leads());
}

// The same in both: an annotation or a label is no renewal.
TEST_F(ClientGoTable, AnEditOfMetadataIsNoRenewal) {
  store.Put(Record("b_1"));
  Candidate candidate = Started();
  candidate.Watch().Do(WatchLive{}).RunTo(10s);
  store.EditLabel();
  candidate.Watch();

  candidate.RunTo(15s + kSpread);

  EXPECT_TRUE(candidate.Leads());
}

// "Renew own", of the process that holds it. client-go renews R after the last
// round ended, ours R after the last write was sent: neither reads first.
TEST_F(ClientGoTable, TheHolderRenewsWithOneWrite) {
  Candidate leader = Leader();
  const k8s::LeaseRecord before = store.record();

  leader.At(2s).Tick();

  ASSERT_TRUE(leader.Asks(WriteKind::kRenew));
  leader.Answer();
  EXPECT_TRUE(leader.Waits());
  EXPECT_EQ(store.record().transitions, before.transitions);
  EXPECT_EQ(store.record().acquire_time, before.acquire_time);
  EXPECT_GT(store.record().renew_time, before.renew_time);
}

// client-go takes sight of another holder for a failed attempt, and leads on
// until its renew deadline is over. Ours is told so at once.
TEST_F(ClientGoTable, ADeposedLeaderGoesDownAtOnce) {
  Candidate leader = Leader();
  store.HoldAs("b_1");

  leader.At(2s).Tick().Answer();  // The renewal meets the new holder: 409.
  ASSERT_TRUE(leader.read) << "what came of it is read, not guessed";
  leader.Answer();

  EXPECT_FALSE(leader.Leads());
  EXPECT_EQ(leader.state(), State::kFollowing);
}

}  // namespace
}  // namespace election
