#include "agent/runtime/suggest.h"

#include <gtest/gtest.h>

namespace runtime {
namespace {

const std::vector<std::string> kKnown{"leaseDuration", "leaseName", "identity"};

TEST(SuggestTest, FindsTheNearestName) {
  EXPECT_EQ(Nearest("leaseDuratoin", kKnown), "leaseDuration");
  EXPECT_EQ(Nearest("leaseNam", kKnown), "leaseName");
  EXPECT_EQ(Nearest("idnetity", kKnown), "identity");
}

TEST(SuggestTest, LooksPastCaseAndPunctuation) {
  EXPECT_EQ(Nearest("LEASE_DURATION", kKnown), "leaseDuration");
  EXPECT_EQ(Nearest("lease-name", kKnown), "leaseName");
}

TEST(SuggestTest, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(Nearest("colour", kKnown), "");
  EXPECT_EQ(Nearest("", kKnown), "");
  EXPECT_EQ(DidYouMean("colour", kKnown), "");
  EXPECT_EQ(Nearest(std::string(1 << 20, 'x'), kKnown), "");
}

}  // namespace
}  // namespace runtime
