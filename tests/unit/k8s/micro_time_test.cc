// Times as the Lease holds them.
#include "k8s/micro_time.h"

#include <gtest/gtest.h>

namespace k8s {
namespace {

// 2026-08-21T10:15:02.123456Z, from `date -u +%s`.
constexpr MicroTime kTime = 1787307302'123456;

TEST(MicroTimeTest, WritesExactlySixFractionalDigits) {
  EXPECT_EQ(FormatMicroTime(kTime), "2026-08-21T10:15:02.123456Z");
  EXPECT_EQ(FormatMicroTime(kTime - 123456), "2026-08-21T10:15:02.000000Z");
  EXPECT_EQ(FormatMicroTime(1), "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(FormatMicroTime(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(MicroTimeTest, ReadsWhatItWrites) {
  for (const MicroTime time : {kTime, MicroTime{0}, MicroTime{-1}}) {
    EXPECT_EQ(ParseMicroTime(FormatMicroTime(time)), time);
  }
}

TEST(MicroTimeTest, ReadsZeroToNineFractionalDigits) {
  EXPECT_EQ(ParseMicroTime("2026-08-21T10:15:02Z"), kTime - 123456);
  EXPECT_EQ(ParseMicroTime("2026-08-21T10:15:02.1Z"), kTime - 23456);
  EXPECT_EQ(ParseMicroTime("2026-08-21T10:15:02.123456789Z"), kTime);
}

TEST(MicroTimeTest, ReadsOffsets) {
  EXPECT_EQ(ParseMicroTime("2026-08-21T12:15:02.123456+02:00"), kTime);
  EXPECT_EQ(ParseMicroTime("2026-08-21T04:45:02.123456-05:30"), kTime);
}

TEST(MicroTimeTest, KnowsLeapYears) {
  EXPECT_TRUE(ParseMicroTime("2024-02-29T00:00:00Z"));
  EXPECT_FALSE(ParseMicroTime("2026-02-29T00:00:00Z"));
}

class NoMicroTimeTest : public testing::TestWithParam<const char*> {};

TEST_P(NoMicroTimeTest, IsRefused) {
  EXPECT_FALSE(ParseMicroTime(GetParam())) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(
    Texts, NoMicroTimeTest,
    testing::Values("", "2026", "2026-08-21", "2026-08-21T10:15:02",
                    "2026-08-21 10:15:02Z", "2026-08-21T10:15:02.Z",
                    "2026-08-21T10:15:02.1234567890Z",
                    "2026-08-21T10:15:02.123456Zz", "2026-13-01T00:00:00Z",
                    "2026-00-01T00:00:00Z", "2026-01-32T00:00:00Z",
                    "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
                    "2026-01-01T00:00:60Z", "2026-01-01T00:00:00+24:00",
                    "2026-01-01T00:00:00+2:00", "+026-01-01T00:00:00Z",
                    "2026-1-01T00:00:00Z", "20x6-01-01T00:00:00Z",
                    "0000-06-01T00:00:00.000000Z", "9999-12-31T23:59:59-01:00",
                    "0001-01-01T00:00:00+01:00"));

}  // namespace
}  // namespace k8s
