#include "agent/runtime/metrics.h"

#include <gmock/gmock.h>

#include <cstring>
#include <sstream>
#include <thread>

namespace runtime {
namespace {

using election::State;
using election::Transition;
using election::WriteKind;
using k8s::WriteStatus;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

const base::Instant kT0{seconds(1000)};

class MetricsTest : public testing::Test {
 protected:
  // The value of one series, or "(missing)".
  std::string Value(const std::string& series) const {
    std::istringstream lines(metrics_.Text());
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(series + " ")) return line.substr(series.size() + 1);
    }
    return "(missing)";
  }
  static Transition Between(State from, State to, std::string_view rule) {
    Transition transition;
    transition.from = from;
    transition.to = to;
    transition.rule = rule;
    return transition;
  }

  base::Instant now_ = kT0;
  Leadership leadership_{{"web-1", "web-1_k3f9q2", "shop", "web"}};
  Metrics metrics_{leadership_, [this] { return now_; }, "1.2.3"};
};

// Nothing runs between the two scrapes: the deadline alone ends leadership.
TEST_F(MetricsTest, LeadershipEndsAtItsDeadlineAsInTheSnapshot) {
  election::View view;
  view.state = State::kLeading;
  view.leads = true;
  view.valid_until = kT0 + seconds(10);
  leadership_.Publish(view);

  for (const base::Duration at :
       {nanoseconds(0), nanoseconds(seconds(10)) - nanoseconds(1),
        nanoseconds(seconds(10)), nanoseconds(seconds(11))}) {
    now_ = kT0 + at;
    const bool leads = leadership_.Get().view.LeadsAt(now_);
    EXPECT_EQ(Value("leader_election_master_status{name=\"web\"}"),
              leads ? "1" : "0");
    EXPECT_EQ(Value("leader_elector_term_seconds_left") != "0", leads);
  }
  now_ = kT0 + milliseconds(2500);
  EXPECT_EQ(Value("leader_elector_term_seconds_left"), "7.5");
}

TEST_F(MetricsTest, DrainingIsNotLeading) {
  election::View view;
  view.state = State::kDraining;
  view.valid_until = kT0 + seconds(10);
  leadership_.Publish(view);

  EXPECT_EQ(Value("leader_election_master_status{name=\"web\"}"), "0");
  EXPECT_EQ(Value("leader_elector_term_seconds_left"), "0");
}

TEST_F(MetricsTest, LeaseTransitionsAreThoseLastSeen) {
  election::View view;
  view.lease_exists = true;
  view.lease.transitions = 7;
  leadership_.Publish(view);

  EXPECT_EQ(Value("leader_elector_lease_transitions"), "7");
}

TEST_F(MetricsTest, RenewalsAreCountedByResultAndTimed) {
  metrics_.OnWrite(WriteKind::kRenew, WriteStatus::kApplied, milliseconds(7));
  metrics_.OnWrite(WriteKind::kRenew, WriteStatus::kUnknown, seconds(2));
  metrics_.OnWrite(WriteKind::kAcquire, WriteStatus::kApplied, seconds(1));

  EXPECT_EQ(Value("leader_elector_renewals_total{result=\"applied\"}"), "1");
  EXPECT_EQ(Value("leader_elector_renewals_total{result=\"unknown\"}"), "1");
  EXPECT_EQ(Value("leader_elector_renewals_total{result=\"conflict\"}"), "0");
  EXPECT_EQ(Value("leader_elector_renewals_total{result=\"rejected\"}"), "0");
  EXPECT_EQ(Value("leader_elector_renew_duration_seconds_count"), "2");
  EXPECT_EQ(Value("leader_elector_renew_duration_seconds_bucket{le=\"0.01\"}"),
            "1");
}

TEST_F(MetricsTest, RequestsAreCountedByVerbAndCode) {
  metrics_.OnRequest("update", "200", milliseconds(3));
  metrics_.OnRequest("update", "200", milliseconds(3));
  metrics_.OnRequest("update", "timeout", seconds(2));

  EXPECT_EQ(Value("leader_elector_api_requests_total{code=\"200\",verb="
                  "\"update\"}"),
            "2");
  EXPECT_EQ(Value("leader_elector_api_requests_total{code=\"timeout\",verb="
                  "\"update\"}"),
            "1");
  EXPECT_EQ(Value("leader_elector_api_request_duration_seconds_count{verb="
                  "\"update\"}"),
            "3");
}

TEST_F(MetricsTest, StrangeVerbsAndCodesMakeNoNewSeries) {
  metrics_.OnRequest("brew", "99999", milliseconds(3));
  metrics_.OnRequest("get", "2\"0", milliseconds(3));

  EXPECT_EQ(
      Value("leader_elector_api_requests_total{code=\"other\",verb=\"other\"}"),
      "1");
  EXPECT_EQ(
      Value("leader_elector_api_requests_total{code=\"other\",verb=\"get\"}"),
      "1");
  EXPECT_THAT(metrics_.Text(), Not(HasSubstr("brew")));
}

TEST_F(MetricsTest, TheWatchIsLiveOrNot) {
  EXPECT_EQ(Value("leader_elector_watch_live"), "0");
  metrics_.OnWatch(true);
  EXPECT_EQ(Value("leader_elector_watch_live"), "1");
  metrics_.OnWatch(false);
  EXPECT_EQ(Value("leader_elector_watch_live"), "0");
}

TEST_F(MetricsTest, TheSlowPathIsCountedUnderClientGosName) {
  EXPECT_EQ(Value("leader_election_slowpath_total{name=\"web\"}"), "0");
  metrics_.OnSlowPath();
  EXPECT_EQ(Value("leader_election_slowpath_total{name=\"web\"}"), "1");
}

TEST_F(MetricsTest, OnlyChangesOfLeadershipCountAsTransitions) {
  metrics_.OnTransition(Between(State::kFollowing, State::kLeading, "T4"));
  metrics_.OnTransition(Between(State::kLeading, State::kLeading, "T4"));
  metrics_.OnTransition(Between(State::kLeading, State::kFollowing, "T8"));
  metrics_.OnTransition(Between(State::kDraining, State::kStopped, "T12"));

  EXPECT_EQ(Value("leader_elector_transitions_total{reason=\"acquired\"}"),
            "1");
  EXPECT_EQ(
      Value("leader_elector_transitions_total{reason=\"deadline_passed\"}"),
      "1");
  EXPECT_EQ(Value("leader_elector_transitions_total{reason=\"other\"}"), "0");
}

TEST_F(MetricsTest, TransitionReasonsFollowTheRules) {
  const auto left = [](State to, std::string_view rule) {
    return TransitionReason(Between(State::kLeading, to, rule));
  };
  EXPECT_EQ(left(State::kFollowing, "T7"), "lease_lost");
  EXPECT_EQ(left(State::kFollowing, "T8"), "deadline_passed");
  EXPECT_EQ(left(State::kStopped, "T10"), "handed_over");
  EXPECT_EQ(left(State::kDraining, "T13"), "handed_over");
  EXPECT_EQ(left(State::kRefusing, "T11"), "store_went_back");
  EXPECT_EQ(left(State::kUnhealthy, "T13"), "unhealthy");
  EXPECT_EQ(left(State::kPaused, "T13"), "paused");
  EXPECT_EQ(left(State::kFollowing, "T99"), "other");
}

TEST_F(MetricsTest, EveryMetricHasItsNameTypeAndOneLineOfHelp) {
  const std::string text = metrics_.Text();
  for (const char* type :
       {"leader_election_master_status gauge",
        "leader_election_slowpath_total counter",
        "leader_elector_term_seconds_left gauge",
        "leader_elector_renew_duration_seconds histogram",
        "leader_elector_renewals_total counter",
        "leader_elector_transitions_total counter",
        "leader_elector_api_request_duration_seconds histogram",
        "leader_elector_build_info gauge",
        "leader_elector_lease_transitions gauge",
        "leader_elector_watch_live gauge", "process_cpu_seconds_total counter",
        "process_resident_memory_bytes gauge",
        "process_start_time_seconds gauge"}) {
    EXPECT_THAT(text, HasSubstr("# TYPE " + std::string(type) + "\n"));
    const std::string name = std::string(type, strcspn(type, " "));
    EXPECT_THAT(text, HasSubstr("# HELP " + name + " "));
  }
  EXPECT_THAT(text, HasSubstr("version=\"1.2.3\"} 1\n"));
}

TEST_F(MetricsTest, ThreadsReportWhileAnotherScrapes) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 100; ++i) {
        metrics_.OnRequest("get", std::to_string(200 + t), milliseconds(1));
        metrics_.OnWrite(WriteKind::kRenew, WriteStatus::kApplied,
                         milliseconds(1));
        metrics_.OnSlowPath();
      }
    });
  }
  threads.emplace_back([this] {
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(metrics_.Text().empty());
  });
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(Value("leader_election_slowpath_total{name=\"web\"}"), "300");
}

}  // namespace
}  // namespace runtime
