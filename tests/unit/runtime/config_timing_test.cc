// The rules about times, each with the text of its error.
#include "agent/runtime/raw_config.h"
#include "tests/unit/runtime/config_loading.h"

namespace runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Errors of a file, as "config.yaml:<line>: ...".
std::string CheckedYaml(const std::string& yaml) {
  RawConfig raw;
  ReadYaml("leaseName: web\n" + yaml, "config.yaml", raw);
  FillDefaults({{}, "node-1"}, raw);
  CheckConfig(raw);
  std::string errors;
  for (const std::string& error : raw.errors()) errors += error + "\n";
  return errors;
}

TEST(ConfigTimingTest, DefaultsAreThoseOfKubernetes) {
  const auto config = LoadWeb({});

  EXPECT_EQ(config->election.lease_duration, seconds(15));
  EXPECT_EQ(config->election.renew_deadline, seconds(10));
  EXPECT_EQ(config->election.retry_period, seconds(2));
  EXPECT_EQ(config->election.stop_grace, seconds(4));
  EXPECT_EQ(config->election.stop_order, election::StopOrder::kTogether);
  EXPECT_EQ(config->election.incarnation, "");
}

TEST(ConfigTimingTest, LeaseDurationIsWholeSeconds) {
  const std::string wanted =
      "; it must be whole seconds, 1s or more: the Lease stores seconds\n";
  for (const std::string value : {"1500ms", "15.5s", "500ms", "0s"}) {
    EXPECT_EQ(Errors(LoadWeb({"--lease-duration=" + value})),
              "--lease-duration is " + value + wanted);
  }
}

TEST(ConfigTimingTest, LeaseDurationIsLongerThanRenewDeadline) {
  EXPECT_EQ(CheckedYaml("renewDeadline: 10s\nretryPeriod: 2s\n"
                        "leaseDuration: 10s\n"),
            "config.yaml:4: leaseDuration is 10s; it must be longer than "
            "renewDeadline (10s)\n");
  EXPECT_EQ(CheckedYaml("leaseDuration: 9s\n"),
            "config.yaml:2: leaseDuration is 9s; it must be longer than "
            "renewDeadline (10s by default)\n");
  EXPECT_EQ(CheckedYaml("renewDeadline: 15s\n"),
            "config.yaml:2: renewDeadline is 15s; it must be shorter than "
            "leaseDuration (15s by default)\n");
}

TEST(ConfigTimingTest, ErrorsSpellEachValueAsItWasGiven) {
  EXPECT_EQ(Errors(LoadWeb({"--renew-deadline=16s"},
                           {{"LEADER_ELECTOR_LEASE_DURATION", "12s"}})),
            "LEADER_ELECTOR_LEASE_DURATION is 12s; it must be longer than "
            "--renew-deadline (16s)\n");
  EXPECT_EQ(Errors(LoadWeb({"--leader-elect-lease-duration=12s"},
                           {{"LEADER_ELECTOR_RENEW_DEADLINE", "16s"}})),
            "--leader-elect-lease-duration is 12s; it must be longer than "
            "LEADER_ELECTOR_RENEW_DEADLINE (16s)\n");
}

TEST(ConfigTimingTest, RenewDeadlineIsLongerThanRetryPeriodWithJitter) {
  EXPECT_EQ(Errors(LoadWeb({"--renew-deadline=2400ms"})),
            "--renew-deadline is 2400ms; it must be longer than 1.2 times "
            "--retry-period (2s by default)\n");
  EXPECT_TRUE(LoadWeb({"--renew-deadline=2401ms"}));
  EXPECT_EQ(Errors(LoadWeb({"--retry-period=9s"})),
            "--retry-period is 9s; 1.2 times that must be shorter than "
            "--renew-deadline (10s by default)\n");
}

TEST(ConfigTimingTest, RetryPeriodDoesNotFloodTheApiServer) {
  EXPECT_EQ(Errors(LoadWeb({"--retry-period=99ms"})),
            "--retry-period is 99ms; it must be 100ms or more: each replica "
            "asks the API server about once in this time\n");
  EXPECT_TRUE(LoadWeb({"--retry-period=100ms"}));
}

TEST(ConfigTimingTest, StopGraceIsWhatTheLeaseLeavesUpToFourSeconds) {
  // 12 s * 99/101 - 10 s = 1.7623 s.
  EXPECT_EQ(LoadWeb({"--lease-duration=12s"})->election.stop_grace,
            milliseconds(1762));
  EXPECT_EQ(LoadWeb({"--lease-duration=60s"})->election.stop_grace, seconds(4));
}

TEST(ConfigTimingTest, ATermThatClocksCouldStretchIntoTheNextIsRefused) {
  // 15 s * 99/101 = 14.703 s.
  EXPECT_EQ(
      Errors(LoadWeb({"--renew-deadline=14.8s"})),
      "--lease-duration is 15s by default; it must be at least 16s with "
      "--renew-deadline (14.8s): the clocks of two machines may differ by "
      "1 %\n");
  EXPECT_TRUE(LoadWeb({"--renew-deadline=14.7s"}));
}

TEST(ConfigTimingTest, AStopGraceLongerThanTheRoomIsRefused) {
  EXPECT_EQ(Errors(LoadWeb({"--stop-grace=4703ms"})),
            "--stop-grace is 4703ms; it must be at most 4.702s: that is what "
            "--lease-duration (15s by default), less 2 % for clocks that "
            "differ, leaves after --renew-deadline (10s by default)\n");
  EXPECT_EQ(LoadWeb({"--stop-grace=4702ms"})->election.stop_grace,
            milliseconds(4702));
  EXPECT_EQ(LoadWeb({"--stop-grace=0"})->election.stop_grace, seconds(0));
}

TEST(ConfigTimingTest, ATextThatIsNoDurationIsRefused) {
  const std::string wanted =
      "; it must be a duration such as 15s, 500ms or 1m30s, at most 24h\n";
  for (const std::string flag : {"--lease-duration", "--renew-deadline",
                                 "--retry-period", "--stop-grace"}) {
    EXPECT_EQ(Errors(LoadWeb({flag + "=15"})), flag + " is 15" + wanted);
  }
  EXPECT_EQ(Errors(LoadWeb({"--retry-period="})),
            "--retry-period is \"\"" + wanted);
}

TEST(ConfigTimingTest, AllErrorsAreToldAtOnce) {
  EXPECT_EQ(
      Errors(Load({"--lease-duration=soon", "--retry-period=1ms",
                   "--stop-order=never", "--bogus"})),
      "--bogus is no flag of leader-elector\n"
      "--lease-name is not set; name the Lease that all replicas compete "
      "for, for example --lease-name=web\n"
      "--lease-duration is soon; it must be a duration such as 15s, 500ms "
      "or 1m30s, at most 24h\n"
      "--retry-period is 1ms; it must be 100ms or more: each replica asks "
      "the API server about once in this time\n"
      "--stop-order is never; it must be together or sidecar-last\n");
}

// The invariant of all that is accepted: a rival waits longer, by its clock,
// than we lead and stop, by ours, although clocks differ by 1 %.
TEST(ConfigTimingTest, WhatIsAcceptedLeavesRoomForClockDrift) {
  for (int lease = 1; lease <= 60; ++lease) {
    for (int renew = 200; renew < lease * 1000; renew += 100) {
      const auto config =
          LoadWeb({"--lease-duration=" + std::to_string(lease) + "s",
                   "--renew-deadline=" + std::to_string(renew) + "ms",
                   "--retry-period=100ms"});
      const bool fits = renew * 101 <= lease * 1000 * 99;
      ASSERT_EQ(static_cast<bool>(config), fits) << lease << " " << renew;
      if (!config) continue;
      const auto& e = config->election;
      EXPECT_LE((e.renew_deadline + e.stop_grace) * 101,
                base::Duration(e.lease_duration) * 99);
      EXPECT_GE(e.stop_grace, seconds(0));
    }
    if (lease == 3) lease = 14;
    if (lease == 15) lease = 59;
  }
}

}  // namespace
}  // namespace runtime
