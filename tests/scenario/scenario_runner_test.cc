// The runner itself: what it plays, and what it says about a mistake in a file.
#include <gtest/gtest.h>

#include <string>

#include "tests/scenario/scenario.h"

namespace election {
namespace {

std::string MistakeIn(const std::string& text) {
  const base::Result<std::string> played = PlayScenario(text);
  return played ? "none" : played.error().message;
}

TEST(ScenarioRunnerTest, KeepsEventsAndCommentsAndWritesWhatCameOfThem) {
  const base::Result<std::string> played = PlayScenario(
      "# First start.\n"
      "0s start\n"
      "  what stood here before\n");
  ASSERT_TRUE(played);
  EXPECT_EQ(*played,
            "# First start.\n"
            "0s start\n"
            "  read id=1 deadline=2.000s\n");
}

TEST(ScenarioRunnerTest, AMistakeNamesItsLineAndWhatWasWanted) {
  EXPECT_EQ(MistakeIn("# Comment.\n0s begin\n"),
            "line 2: found 'begin'; wanted start, tick, live, lost, doubt, "
            "stop, give-up, drained, permission, read, write, watch or "
            "answer-again");
  EXPECT_EQ(MistakeIn("0 start\n"),
            "line 1: found '0'; wanted a time such as 2s, 1.5s, 250ms or 1ns");
  EXPECT_EQ(MistakeIn("config L=15s X=1\n"),
            "line 1: found 'X'; wanted incarnation= L= D= R= grace= order= or "
            "a trust flag");
  EXPECT_EQ(MistakeIn("0s start\n0s read rv=one\n"),
            "line 2: found 'one'; wanted a whole number");
  EXPECT_EQ(MistakeIn("0s start\n0s read holder=b_1\n"),
            "line 2: found no rv=; wanted one here");
  EXPECT_EQ(MistakeIn("0s start\n1s write conflict\n"),
            "line 2: found an answer; wanted a write that is out");
  EXPECT_EQ(MistakeIn("2s start\n1s tick\n"),
            "line 2: found '1s'; wanted no earlier a time than the line "
            "before");
  EXPECT_EQ(MistakeIn("0s start now\n"),
            "line 1: found 'now'; wanted nothing after 'start'");
  EXPECT_EQ(MistakeIn("0s start\n0s read rv=3 mark=b_1\n"),
            "line 2: found 'b_1'; wanted mark=uid/incarnation/transitions or "
            "mark=none");
}

}  // namespace
}  // namespace election
