#include "agent/runtime/duration.h"

#include <gtest/gtest.h>

namespace runtime {
namespace {

using namespace std::chrono_literals;

TEST(DurationTest, ReadsWhatPeopleWrite) {
  EXPECT_EQ(ParseDuration("15s"), 15s);
  EXPECT_EQ(ParseDuration("500ms"), 500ms);
  EXPECT_EQ(ParseDuration("1m"), 60s);
  EXPECT_EQ(ParseDuration("1m30s"), 90s);
  EXPECT_EQ(ParseDuration("1h0m1s"), 3601s);
  EXPECT_EQ(ParseDuration("1.5s"), 1500ms);
  EXPECT_EQ(ParseDuration("0.25ms"), 250us);
  EXPECT_EQ(ParseDuration("0"), 0s);
  EXPECT_EQ(ParseDuration("24h"), kLongestDuration);
}

TEST(DurationTest, RefusesWhatIsUnclear) {
  for (const char* text : {"",
                           "15",
                           "s",
                           "-1s",
                           "+1s",
                           "1 s",
                           " 1s",
                           "1s ",
                           "1x",
                           "1S",
                           "1.s",
                           ".",
                           "1.2.3s",
                           "1s1s",
                           "1s1m",
                           "1ms1s",
                           "1e3s",
                           "25h",
                           "24h1us",
                           "99999999999999999999s",
                           "1.0000000001s",
                           "1s\n"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(DurationTest, WritesTheShortestExactSpelling) {
  EXPECT_EQ(FormatDuration(15s), "15s");
  EXPECT_EQ(FormatDuration(500ms), "500ms");
  EXPECT_EQ(FormatDuration(90s), "1m30s");
  EXPECT_EQ(FormatDuration(3600s), "1h");
  EXPECT_EQ(FormatDuration(6600ms), "6.6s");
  EXPECT_EQ(FormatDuration(4702970us), "4.70297s");
  EXPECT_EQ(FormatDuration(0s), "0s");
  EXPECT_EQ(FormatDuration(250us), "250us");
  EXPECT_EQ(FormatDuration(-1500ms), "-1.5s");
}

TEST(DurationTest, ReadsWhatItWrites) {
  for (base::Duration d = 1us; d < kLongestDuration; d = d * 3 + 7us) {
    EXPECT_EQ(ParseDuration(FormatDuration(d)), d) << FormatDuration(d);
  }
}

}  // namespace
}  // namespace runtime
