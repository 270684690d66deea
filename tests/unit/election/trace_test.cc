// The words of the trace, which log, scenarios and checkers share.
#include "agent/election/trace.h"

#include <gtest/gtest.h>

#include <chrono>

namespace election {
namespace {

using namespace std::chrono_literals;  // NOLINT: a test reads better with it.

TEST(TraceTest, ATransitionNamesItsRuleAndBothStates) {
  Transition t{.rule = "T4", .event = "became leader"};
  t.from = State::kFollowing;
  t.to = State::kLeading;
  t.holder = "a_1";
  t.transitions = 4;
  t.fencing_token = 12;
  t.valid_for = 9980ms;
  EXPECT_EQ(ToLine(t),
            "T4 following->leading \"became leader\" holder=\"a_1\" "
            "transitions=4 token=12 valid_for=9.980s");
}

TEST(TraceTest, AnUnchangedStateIsNamedOnce) {
  Transition t{.rule = "T6", .event = "saw new holder"};
  t.from = t.to = State::kFollowing;
  EXPECT_EQ(ToLine(t),
            "T6 following \"saw new holder\" holder=\"\" transitions=0");
}

TEST(TraceTest, ARequestNamesItsDeadline) {
  const Instant origin{1h};
  EXPECT_EQ(ToLine(Read{3, origin + 2s}, origin), "read id=3 deadline=2.000s");
}

TEST(TraceTest, AReleaseNamesItsMarkAndWhatItReplaces) {
  Write write{.id = 4, .kind = WriteKind::kRelease, .deadline = {3s}};
  write.write.base.emplace().resource_version = 17;
  write.write.record.duration_seconds = 1;
  write.write.record.transitions = 2;
  write.write.record.mark = {"uid-1", "a_1", 2};
  EXPECT_EQ(ToLine(write, Instant{}),
            "write release id=4 over=17 holder=\"\" duration=1 transitions=2 "
            "mark=uid-1/a_1/2 deadline=3.000s");
}

TEST(TraceTest, APublishedRoleNamesItsEndAndToken) {
  Publish publish;
  publish.view.state = State::kLeading;
  publish.view.leads = true;
  publish.view.valid_until = {10s};
  publish.view.fencing_token = 18;
  publish.view.lease_exists = true;
  publish.view.lease.holder = "a_1";
  EXPECT_EQ(ToLine(publish, Instant{}),
            "publish leading until=10.000s token=18 holder=\"a_1\" "
            "transitions=0");
  publish.view.lease_exists = publish.view.leads = false;
  publish.view.state = State::kFollowing;
  EXPECT_EQ(ToLine(publish, Instant{}), "publish following lease=absent");
}

TEST(TraceTest, TheEndIsOneWord) {
  EXPECT_EQ(ToLine(Stopped{}, Instant{}), "stopped");
}

}  // namespace
}  // namespace election
