#include "tests/conformance/leads.h"

#include <gtest/gtest.h>

namespace conformance {
namespace {

using namespace std::chrono_literals;

constexpr base::Instant At(base::Duration d) { return {d}; }
constexpr base::Instant kBegin = At(0s);
constexpr base::Instant kEnd = At(100s);

TEST(LeadsTest, OneAfterTheOtherIsNeverTwo) {
  const std::vector<Lead> leads{{"a", At(10s), At(20s)},
                                {"b", At(20s), At(30s)}};
  EXPECT_EQ(TwoLead(leads, kBegin, kEnd), 0s);
  EXPECT_EQ(NobodyLeads(leads, kBegin, kEnd), 80s);
}

TEST(LeadsTest, ANanosecondOfOverlapCounts) {
  const std::vector<Lead> leads{{"a", At(10s), At(20s + 1ns)},
                                {"b", At(20s), At(30s)}};
  EXPECT_EQ(TwoLead(leads, kBegin, kEnd), 1ns);
}

TEST(LeadsTest, ThreeAtOnceCountOnce) {
  const std::vector<Lead> leads{{"a", At(10s), At(20s)},
                                {"b", At(15s), At(25s)},
                                {"c", At(18s), At(30s)}};
  EXPECT_EQ(TwoLead(leads, kBegin, kEnd), 10s);
}

TEST(LeadsTest, OneThatLeadsTwiceIsOne) {
  const std::vector<Lead> leads{{"a", At(10s), At(20s)},
                                {"a", At(15s), At(25s)}};
  EXPECT_EQ(TwoLead(leads, kBegin, kEnd), 0s);
}

TEST(LeadsTest, OnlyWhatWasAskedForCounts) {
  const std::vector<Lead> leads{{"a", At(10s), At(20s)},
                                {"b", At(12s), At(30s)}};
  EXPECT_EQ(TwoLead(leads, At(15s), kEnd), 5s);
  EXPECT_EQ(NobodyLeads(leads, At(15s), At(40s)), 10s);
}

TEST(LeadsTest, WithoutLeadersNobodyLeadsAllTheTime) {
  EXPECT_EQ(NobodyLeads({}, kBegin, kEnd), 100s);
  EXPECT_EQ(TwoLead({}, kBegin, kEnd), 0s);
}

TEST(LeadsTest, WhoStoodStillIsLeftOutForThatTime) {
  const std::vector<Lead> leads =
      Without({{"a", At(10s), At(30s)}, {"b", At(15s), At(40s)}}, "a", At(12s),
              At(25s));
  ASSERT_EQ(leads.size(), 3u);
  EXPECT_EQ(TwoLead(leads, kBegin, kEnd), 5s);
  EXPECT_EQ(NobodyLeads(leads, At(10s), At(40s)), 3s);
}

}  // namespace
}  // namespace conformance
