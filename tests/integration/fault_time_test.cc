// Wall clocks that jump, and timings that differ from one candidate to the
// next. Rows 8, 25 and 26 of the table of faults.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "tests/fleet/client_go.h"
#include "tests/integration/fault_fixture.h"

namespace fleet {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::BootNow;
using support::Eventually;

class FaultTimeTest : public FaultTest {
 protected:
  // For an agent whose wall clock is `shift` away from everybody else's.
  std::map<std::string, std::string> OddWallClock() {
    ShiftWallClock(seconds(0));
    return {{"LD_PRELOAD", WALL_CLOCK_SHIFT_LIBRARY},
            {"WALL_CLOCK_SHIFT", shift_file()},
            // The sanitizer's runtime wants to be loaded before anything else.
            {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
  }
  // In place: the agent has mapped the file.
  void ShiftWallClock(seconds by) {
    const std::int64_t value = by.count();
    const int fd =
        open(shift_file().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(pwrite(fd, &value, sizeof value, 0),
              static_cast<ssize_t>(sizeof value));
    close(fd);
  }

 private:
  std::string shift_file() const { return folder_ / "shift"; }
  support::TempDir folder_;
};

// The leader's clock jumps by an hour and back, twice a second. Nobody may read
// it as a time: neither our standby nor client-go's.
TEST_F(FaultTimeTest, Fault08_AWallClockOneHourBackAndForthMovesNothing) {
  REQUIRE_CLIENT_GO();
  NewFleet({kAtOnce}, kDefaults);
  Agent& leader = fleet().Add({.environment = OddWallClock()});
  fleet().WaitForLeader();
  fleet().Add();
  ClientGo theirs("theirs", lease(), kubeconfig(), kDefaults);
  theirs.WaitUntilItSeesALeader();
  fleet().WaitForAll();
  const std::string straight = RenewTime();

  const Instant start = BootNow();
  for (int i = 0; BootNow() - start < 2 * kDefaults.renew_deadline; ++i) {
    ShiftWallClock(seconds(i % 2 == 0 ? 3600 : -3600));
    LetPass(milliseconds(500));
  }
  ShiftWallClock(seconds(3600));
  fleet().WaitForRenewal(leader);

  // By the hour and the day: 2026-08-01T10.
  EXPECT_NE(RenewTime().substr(0, 13), straight.substr(0, 13))
      << "the agent's clock was not moved";
  EXPECT_TRUE(theirs.Spans().empty()) << theirs.process().Output();
  ExpectOneTerm();

  // An hour ahead, it is replaced as any other.
  const Instant killed = BootNow();
  leader.process().Kill();
  ASSERT_TRUE(Eventually(kLong, [&] {
    return theirs.Leads() || fleet().observer().Terms().size() > 1;
  }));
  Figure("SIGKILL of a leader an hour ahead to the next one, L = 15 s",
         BootNow() - killed);
}

// The record says how long it lasts, whatever who reads it has been told.
TEST_F(FaultTimeTest, Fault25_ACandidateOfAShorterLeaseWaitsForTheLonger) {
  constexpr Timing kLonger{seconds(8), seconds(6), seconds(1)};
  NewFleet({kAtOnce});
  Agent& longer = fleet().Add({.name = "longer", .timing = kLonger});
  fleet().WaitForLeader();
  fleet().Start(2);
  fleet().WaitForAll();
  fleet().WaitForRenewal(longer);

  const Instant killed = BootNow();
  longer.process().Kill();
  const Term next = ExpectToBeReplaced(longer);
  EXPECT_GE(next.first_yes - killed,
            kLonger.lease_duration - kLonger.retry_period - seconds(1));
}

// Each pod in turn gets new timings, and the program of another version if
// SIDECAR_OTHER_VERSION names one.
TEST_F(FaultTimeTest, Fault25_ARolloutOfOtherTimingsAndAnotherVersion) {
  const char* other = std::getenv("SIDECAR_OTHER_VERSION");
  const std::string old_program = other == nullptr ? AGENT_PROGRAM : other;
  constexpr Timing kOld{seconds(6), seconds(4), seconds(1)};
  constexpr int kPods = 3;
  NewFleet({kAtOnce, "--stop-order=sidecar-last"});
  for (int i = 0; i < kPods; ++i) {
    fleet().Add({.name = "old-" + std::to_string(i),
                 .timing = kOld,
                 .program = old_program});
  }
  fleet().WaitForAll();
  fleet().WaitForLeader();

  for (int i = 0; i < kPods; ++i) {
    fleet().Add({.name = "new-" + std::to_string(i)});
    fleet().WaitForAll();
    Agent& old = fleet().agent("old-" + std::to_string(i));
    fleet().Stop(old);
    EXPECT_EQ(old.process().Wait(kLong), (support::ExitStatus{.code = 0}));
    fleet().WaitForRenewal(fleet().WaitForLeader());
  }

  EXPECT_THAT(fleet().WaitForLeader().name(), testing::StartsWith("new-"));
  EXPECT_GE(fleet().observer().Terms().size(), 2u);
}

// client-go compares renewals by the second and sees not all of them; ours by
// the microsecond, and a term of 2 s that is renewed thrice a second is alive.
TEST_F(FaultTimeTest, Fault26_ClientGoThatRenewsThriceASecond) {
  REQUIRE_CLIENT_GO();
  constexpr Timing kFractions{seconds(2), milliseconds(1500),
                              milliseconds(300)};
  NewFleet();
  ClientGo theirs("theirs", lease(), kubeconfig(), kFractions);
  theirs.WaitUntilItLeads();
  fleet().Start(2);
  fleet().WaitForAll();

  LetPass(seconds(9));
  EXPECT_TRUE(fleet().observer().Terms().empty());
  EXPECT_TRUE(theirs.Leads());

  const Instant killed = BootNow();
  theirs.process().Kill();
  fleet().WaitForTerm(killed);
}

}  // namespace
}  // namespace fleet
