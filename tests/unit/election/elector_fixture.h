// How the tests of the elector begin: following, leading, or just started.
#ifndef TESTS_UNIT_ELECTION_ELECTOR_FIXTURE_H_
#define TESTS_UNIT_ELECTION_ELECTOR_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/election/candidate.h"
#include "tests/unit/election/lease_store.h"

namespace election {

// L/D/R 15/10/2 s, stop grace 4 s, as by default.
class ElectorTest : public testing::Test {
 protected:
  ElectorTest() { config.incarnation = "a_1"; }

  static k8s::LeaseRecord Record(const std::string& holder) {
    k8s::LeaseRecord record;
    record.uid = "uid-1";
    record.holder = holder;
    record.acquire_time = record.renew_time = 7;
    record.transitions = 3;
    record.duration_seconds = 15;
    return record;
  }
  // Given up on purpose: free at once.
  static k8s::LeaseRecord ReleasedBy(const std::string& incarnation) {
    k8s::LeaseRecord record = Record("");
    record.duration_seconds = 1;
    record.mark = {record.uid, incarnation, record.transitions};
    return record;
  }
  // Started at kT0; has seen what the store holds.
  Candidate Started() {
    Candidate candidate(config, store);
    candidate.Do(Start{}).Answer();
    return candidate;
  }
  // Leads from kT0: its acquire was sent and answered then.
  Candidate Leader() {
    store.Put(ReleasedBy("z_1"));
    Candidate candidate(config, store);
    candidate.Do(Start{}).AnswerAll().Watch();
    EXPECT_TRUE(candidate.Leads());
    candidate.Forget();
    return candidate;
  }
  // Follows b_1, whose last renewal it saw at kT0.
  Candidate Follower() {
    store.Put(Record("b_1"));
    Candidate candidate = Started();
    candidate.Watch().Do(WatchLive{});
    candidate.Forget();
    return candidate;
  }

  Config config;
  LeaseStore store;
};

}  // namespace election

#endif  // TESTS_UNIT_ELECTION_ELECTOR_FIXTURE_H_
