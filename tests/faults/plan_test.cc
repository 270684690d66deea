// A seed stands for one plan, and each plan has enough of everything.
#include "tests/faults/plan.h"

#include <gtest/gtest.h>

#include <map>

namespace faults {
namespace {

constexpr PlanOptions kTwoHundred{.seed = 7, .faults = 200, .lanes = 4};

std::map<Fault, int> CountKinds(const std::vector<Planned>& plan) {
  std::map<Fault, int> count;
  for (const Planned& planned : plan) ++count[planned.fault];
  return count;
}

TEST(PlanTest, TheSameSeedIsTheSamePlan) {
  EXPECT_EQ(MakePlan(kTwoHundred), MakePlan(kTwoHundred));
}

TEST(PlanTest, AnotherSeedIsAnotherPlan) {
  PlanOptions other = kTwoHundred;
  other.seed = 8;

  EXPECT_NE(MakePlan(other), MakePlan(kTwoHundred));
}

TEST(PlanTest, HasAsManyFaultsAsAskedFor) {
  for (const int faults : {1, 20, 199, 200, 201, 1000}) {
    PlanOptions options = kTwoHundred;
    options.faults = faults;
    EXPECT_EQ(static_cast<int>(MakePlan(options).size()), faults);
  }
}

TEST(PlanTest, EachTwoHundredHaveEveryKindOftenEnough) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    PlanOptions options = kTwoHundred;
    options.seed = seed;
    const auto count = CountKinds(MakePlan(options));
    ASSERT_EQ(static_cast<int>(count.size()), kFaults);
    for (const auto& [kind, times] : count) {
      EXPECT_GE(times, kEachOf200) << NameOf(kind) << ", seed " << seed;
    }
  }
}

TEST(PlanTest, AShortPlanHasEveryKindInProportion) {
  PlanOptions options = kTwoHundred;
  options.faults = 40;

  const auto count = CountKinds(MakePlan(options));

  ASSERT_EQ(static_cast<int>(count.size()), kFaults);
  for (const auto& [kind, times] : count) EXPECT_GE(times, 2) << NameOf(kind);
}

TEST(PlanTest, OnlyTheKindsAskedFor) {
  PlanOptions options = kTwoHundred;
  options.only = {Fault::kCut, Fault::kEtcdPaused};

  const auto count = CountKinds(MakePlan(options));

  EXPECT_EQ(count.size(), 2u);
  EXPECT_TRUE(count.contains(Fault::kCut));
}

TEST(PlanTest, ServersAreStruckApartAndLanesEvenly) {
  const auto plan = MakePlan(kTwoHundred);

  for (const Planned& planned : plan) {
    EXPECT_EQ(planned.lane == kServers,
              StruckBy(planned.fault) == Strikes::kServers);
  }
  std::size_t sum = PartOf(plan, kServers).size();
  for (int lane = 0; lane < kTwoHundred.lanes; ++lane) {
    EXPECT_GE(PartOf(plan, lane).size(), 30u);
    sum += PartOf(plan, lane).size();
  }
  EXPECT_EQ(sum, plan.size());
}

// Somebody edits the Lease while its holder is cut off.
TEST(PlanTest, WhatIsInsideIsAFaultOfTheLeaseAfterOneOfACandidate) {
  const auto plan = MakePlan(kTwoHundred);

  int inside = 0;
  for (int lane = 0; lane < kTwoHundred.lanes; ++lane) {
    const auto part = PartOf(plan, lane);
    EXPECT_FALSE(part.front().inside);
    for (std::size_t i = 1; i < part.size(); ++i) {
      if (!part[i].inside) continue;
      ++inside;
      EXPECT_EQ(StruckBy(part[i].fault), Strikes::kLease);
      EXPECT_EQ(StruckBy(part[i - 1].fault), Strikes::kCandidate);
    }
  }
  EXPECT_GT(inside, 3);
}

TEST(FaultTest, EachHasANameOfItsOwn) {
  for (int i = 0; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    EXPECT_EQ(FaultCalled(NameOf(fault)), fault);
  }
  EXPECT_EQ(FaultCalled("rain"), std::nullopt);
}

}  // namespace
}  // namespace faults
