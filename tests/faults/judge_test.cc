// The judges of the campaign are judged: findings that must fail it do, and by
// the check that is meant to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/faults/report.h"

namespace faults {
namespace {

using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Instant At(int second) { return {seconds(1000 + second)}; }

fleet::Term TermOf(const std::string& agent, std::int64_t token, Instant from,
                   Instant to) {
  fleet::Term term;
  term.agent = agent;
  term.token = token;
  term.first_yes = from;
  term.last_yes = to;
  term.promised_until = to + seconds(1);
  return term;
}

// Two terms of two candidates, the second one after `pause` of nobody.
LaneResult TwoTerms(seconds pause) {
  LaneResult lane;
  lane.lease = "lease";
  const Instant next = At(10) + pause;
  lane.terms = {TermOf("a", 1, At(0), At(10)),
                TermOf("b", 2, next, next + seconds(9))};
  return lane;
}

Findings Good() {
  return {.lanes = {TwoTerms(seconds(4))}, .disturbances = {{}}};
}

std::vector<std::string> Checks(const Findings& findings,
                                const Requirements& required = {}) {
  std::vector<std::string> checks;
  for (const Failure& failure : Judge(findings, required)) {
    checks.push_back(failure.check);
  }
  return checks;
}

TEST(JudgeTest, PassesWhatIsWell) { EXPECT_THAT(Checks(Good()), IsEmpty()); }

TEST(JudgeTest, TwoLeadersFail) {
  Findings findings = Good();
  findings.lanes[0].violations = {"two leaders for 1 ns: a ..."};

  EXPECT_THAT(Checks(findings), ElementsAre("two-leaders"));
}

TEST(JudgeTest, ATokenThatDoesNotGrowFails) {
  Findings findings = Good();
  findings.lanes[0].violations = {"the token did not grow: a ..."};

  EXPECT_THAT(Checks(findings), ElementsAre("token"));
}

TEST(JudgeTest, AnyOtherViolationFails) {
  Findings findings = Good();
  findings.lanes[0].violations = {"a took back a part of its term"};

  EXPECT_THAT(Checks(findings), ElementsAre("answers"));
}

TEST(JudgeTest, NobodyForTooLongFails) {
  Findings findings = Good();
  findings.lanes[0] = TwoTerms(seconds(7));

  EXPECT_THAT(Checks(findings), ElementsAre("wait"));
}

TEST(JudgeTest, NobodyWhileTheServersWereAwayIsNoFailure) {
  Findings findings = Good();
  findings.lanes[0] = TwoTerms(seconds(12));
  findings.disturbances[0] = {{At(11), At(17)}};

  EXPECT_THAT(Checks(findings), IsEmpty());
}

TEST(JudgeTest, AHistoryThatNoLockHasFails) {
  Findings findings = Good();
  findings.not_linearizable = "lease: not linearizable";

  EXPECT_THAT(Checks(findings), ElementsAre("history"));
}

TEST(JudgeTest, AHistoryThatNobodyCouldJudgeFailsAsThat) {
  Findings findings = Good();
  findings.not_linearizable = "lock-history did not end well";

  EXPECT_THAT(Checks(findings), ElementsAre("no verdict"));
}

TEST(JudgeTest, AStaleWriteThroughTheFenceFails) {
  Findings findings = Good();
  findings.lanes[0].fenced.stale = 1;

  EXPECT_THAT(Checks(findings), ElementsAre("fenced"));
}

TEST(JudgeTest, ALogThatTookNothingStaleShowsNothing) {
  EXPECT_THAT(Checks(Good(), {.stale_write_without_fence = true}),
              ElementsAre("unfenced"));
}

TEST(JudgeTest, TooFewHolderChangesFail) {
  EXPECT_THAT(Checks(Good(), {.holder_changes = 1}), IsEmpty());
  EXPECT_THAT(Checks(Good(), {.holder_changes = 2}), ElementsAre("changes"));
}

TEST(JudgeTest, ChangesToClientGoAndBackCount) {
  Findings findings = Good();
  findings.lanes[0].client_go = {{.from = At(11), .until = At(12)}};

  EXPECT_THAT(Checks(findings, {.holder_changes = 2}), IsEmpty());
}

// Its overlap is its own.
TEST(JudgeTest, ClientGoBesideOneOfOursIsNoFailure) {
  Findings findings = Good();
  findings.lanes[0].client_go = {{.from = At(5), .until = At(12)}};

  EXPECT_THAT(Checks(findings), IsEmpty());
  EXPECT_THAT(Table(findings), testing::HasSubstr("client-go beside one of "
                                                  "ours: 1 times, 6.00 s"));
}

TEST(JudgeTest, AFaultWithoutEffectDoesNotCount) {
  Findings findings = Good();
  findings.struck = {{.fault = Fault::kCut, .seen = true},
                     {.fault = Fault::kCut, .seen = false}};

  EXPECT_THAT(Checks(findings, {.faults = 1}), IsEmpty());
  EXPECT_THAT(Checks(findings, {.faults = 2}), ElementsAre("effects"));
  EXPECT_THAT(Checks(findings, {.of_each_kind = 2, .kinds = {Fault::kCut}}),
              ElementsAre("effects"));
}

TEST(WaitsTest, IsTheLongestTimeThatNobodyLed) {
  EXPECT_EQ(LongestWait({{At(0), At(2)}, {At(9), At(10)}, {At(3), At(5)}}, {}),
            (Span{At(5), At(9)}));
}

TEST(WaitsTest, TermsMayOverlap) {
  EXPECT_EQ(LongestWait({{At(0), At(8)}, {At(1), At(2)}, {At(9), At(10)}}, {}),
            (Span{At(8), At(9)}));
}

TEST(WaitsTest, BeginsAnewAfterADisturbance) {
  EXPECT_EQ(LongestWait({{At(0), At(1)}, {At(10), At(11)}}, {{At(4), At(6)}}),
            (Span{At(6), At(10)}));
  EXPECT_EQ(LongestWait({{At(0), At(1)}, {At(10), At(11)}}, {{At(7), At(7)}}),
            (Span{At(1), At(7)}));
}

TEST(WaitsTest, NothingCountsBeforeTheFirstTermAndAfterTheLast) {
  EXPECT_EQ(LongestWait({{At(5), At(6)}}, {{At(0), At(1)}, {At(20), At(21)}}),
            Span{});
}

TEST(HistoryTest, SaysWhatALockWouldHaveDone) {
  History history;
  const auto no = [](int at) {
    return fleet::Told{.sent = At(at), .received = At(at) + milliseconds(1)};
  };
  const auto yes = [](int at, int until) {
    return fleet::Told{.sent = At(at),
                       .received = At(at) + milliseconds(1),
                       .leads = true,
                       .token = 7,
                       .deadline = At(until)};
  };
  history.Hear("a", no(0));
  history.Hear("a", yes(2, 5));
  history.Hear("a", yes(3, 5));  // The same promise once more.
  history.Hear("a", yes(4, 8));
  history.Hear("a", no(6));

  std::vector<std::string> said;
  for (const auto& operation : history.Operations(At(60))) {
    said.push_back(operation.kind + " " +
                   std::to_string((operation.call - At(0)) / seconds(1)) + " " +
                   std::to_string((operation.end - At(0)) / seconds(1)));
  }
  EXPECT_THAT(said,
              ElementsAre("acquire 0 2", "yes 2 2", "yes 4 4", "end 8 60"));
}

TEST(HistoryTest, ATermThatLastsEndsInTheFuture) {
  History history;
  history.Hear("a", {.sent = At(1),
                     .received = At(1),
                     .leads = true,
                     .token = 7,
                     .deadline = At(3)});

  EXPECT_EQ(history.Operations(At(2)).back().call, At(3));
  EXPECT_EQ(history.Operations(At(2)).back().end, At(3));
}

}  // namespace
}  // namespace faults
