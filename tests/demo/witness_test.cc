// That the demo's "two led at once: 0" is counted: the witness notices what it
// looks for.
#include "tests/demo/witness.h"

#include <gtest/gtest.h>

namespace demo {
namespace {

using namespace std::chrono_literals;
using base::Instant;

constexpr base::Duration kRenew = 3500ms;
constexpr Instant kStart{100s};

// Asked at `at`, answered 2 ms later; renewed when it was asked.
Answer Yes(int agent, std::int64_t token, Instant at) {
  return {.agent = agent,
          .sent = at,
          .received = at + 2ms,
          .said = Said::kYes,
          .token = token,
          .deadline = at + kRenew};
}

Answer No(int agent, Instant at) {
  return {.agent = agent, .sent = at, .received = at + 2ms};
}

TEST(WitnessTest, OneLeaderAfterTheOtherIsNotTwo) {
  Witness witness(kRenew);
  witness.Take(Yes(0, 7, kStart));
  witness.Take(Yes(0, 7, kStart + 1s));
  witness.Take(Yes(1, 9, kStart + 1s + kRenew));
  EXPECT_EQ(witness.TogetherByAnswers(), 0);
  EXPECT_EQ(witness.TogetherByDeadlines(), 0);
}

TEST(WitnessTest, AYesBetweenTwoOfAnotherIsTwoLeaders) {
  Witness witness(kRenew);
  witness.Take(Yes(0, 7, kStart));
  witness.Take(Yes(1, 9, kStart + 5ms));
  witness.Take(Yes(0, 7, kStart + 10ms));
  EXPECT_EQ(witness.TogetherByAnswers(), 1);
  EXPECT_EQ(witness.TogetherByDeadlines(), 1);
}

TEST(WitnessTest, TermsThatOverlapInPartAreTwoLeaders) {
  Witness witness(kRenew);
  for (int i = 0; i < 4; ++i) witness.Take(Yes(0, 7, kStart + i * 10ms));
  for (int i = 0; i < 4; ++i) witness.Take(Yes(1, 9, kStart + i * 10ms + 25ms));
  EXPECT_EQ(witness.TogetherByAnswers(), 1);
}

TEST(WitnessTest, AYesBeforeTheOthersDeadlineIsTwoByDeadlines) {
  Witness witness(kRenew);
  witness.Take(Yes(0, 7, kStart));
  witness.Take(Yes(1, 9, kStart + kRenew - 1ms));
  EXPECT_EQ(witness.TogetherByAnswers(), 0);
  EXPECT_EQ(witness.TogetherByDeadlines(), 1);
}

TEST(WitnessTest, ANoDoesNotTakeBackADeadline) {
  Witness witness(kRenew);
  witness.Take(Yes(0, 7, kStart));
  witness.Take(No(0, kStart + 1s));
  witness.Take(Yes(1, 9, kStart + 2s));
  EXPECT_EQ(witness.TogetherByDeadlines(), 1);
}

TEST(WitnessTest, ThePromiseEndsWithItsMainContainer) {
  Witness witness(kRenew);
  witness.Take(Yes(0, 7, kStart));
  witness.MainEnded(0, kStart + 1s);
  witness.Take(Yes(1, 9, kStart + 1010ms));
  EXPECT_EQ(witness.TogetherByDeadlines(), 0);
}

TEST(WitnessTest, AYesAfterTheEndOfTheMainContainerCounts) {
  Witness witness(kRenew);
  witness.Take(Yes(0, 7, kStart));
  witness.MainEnded(0, kStart + 1s);
  witness.Take(Yes(1, 9, kStart + 1010ms));
  witness.Take(Yes(0, 7, kStart + 1020ms));
  EXPECT_EQ(witness.TogetherByDeadlines(), 1);
}

TEST(WitnessTest, AYesThatCameTooLateIsNotCounted) {
  Witness witness(kRenew);
  Answer late = Yes(0, 7, kStart);
  late.said = Said::kYesTooLate;
  late.received = kStart + 10s;
  witness.Take(Yes(1, 9, kStart + 1s));
  witness.Take(late);
  EXPECT_EQ(witness.TogetherByAnswers(), 0);
  EXPECT_EQ(witness.TogetherByDeadlines(), 0);
  EXPECT_EQ(witness.answers(), 2);
}

TEST(WitnessTest, TheTimeWithoutALeaderIsBetweenTwoYes) {
  Witness witness(kRenew);
  witness.StartAct(kStart);
  witness.Take(Yes(0, 7, kStart + 10ms));
  witness.Take(No(0, kStart + 1s));
  witness.Take(Yes(1, 9, kStart + 5s));
  EXPECT_EQ(witness.longest_without_leader(), 4990ms);

  witness.StartAct(kStart + 6s);
  witness.Take(Yes(1, 9, kStart + 6s));
  EXPECT_EQ(witness.longest_without_leader(), 1s);
}

TEST(WitnessTest, FirstYesIsThatOfTheLatestTerm) {
  Witness witness(kRenew);
  witness.Take(Yes(0, 7, kStart));
  witness.Take(Yes(0, 9, kStart + 9s));
  witness.Take(Yes(0, 9, kStart + 10s));
  EXPECT_EQ(witness.FirstYes(0), kStart + 9s + 2ms);
}

}  // namespace
}  // namespace demo
