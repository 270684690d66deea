// Incarnations and the identity inside them.
#include "agent/runtime/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace runtime {
namespace {

TEST(IdentityTest, AnIncarnationIsTheIdentityAndANonce) {
  const std::string incarnation = MakeIncarnation("web-7c9");

  EXPECT_THAT(incarnation, testing::MatchesRegex("web-7c9_[a-z0-9]+"));
  EXPECT_EQ(incarnation.size(), std::string("web-7c9_").size() + 10);
}

TEST(IdentityTest, EveryIncarnationIsAnother) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(MakeIncarnation("web"));

  EXPECT_EQ(seen.size(), 1000u);
}

TEST(IdentityTest, ANonceUsesTheWholeAlphabet) {
  std::set<char> seen;
  for (int i = 0; i < 1000; ++i) {
    for (const char c : MakeIncarnation("").substr(1)) seen.insert(c);
  }

  EXPECT_EQ(seen.size(), 36u);
}

TEST(IdentityTest, TheBareIdentityOfOneOfOursLosesTheNonce) {
  EXPECT_EQ(BareIdentity("web-7c9_k3f9q2x0ab"), "web-7c9");
  EXPECT_EQ(BareIdentity("a_b_k3f9q2x0ab"), "a_b");
  EXPECT_EQ(BareIdentity(MakeIncarnation("web-7c9")), "web-7c9");
}

TEST(IdentityTest, OtherHoldersStayWhole) {
  for (const char* holder :
       {"", "web-7c9", "web-7c9_k3f9q2", "web-7c9_K3F9Q2X0AB",
        "web-7c9_k3f9q2x0abc", "_k3f9q2x0ab", "web-7c9-k3f9q2x0ab",
        "web_1b4e28ba-2fa1-11d2-883f-0016d3cca427"}) {
    EXPECT_EQ(BareIdentity(holder), holder);
  }
}

}  // namespace
}  // namespace runtime
