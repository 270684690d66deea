#include "agent/inject/flow.h"

#include <gtest/gtest.h>

#include <string>

namespace inject {
namespace {

// What the bracket at the beginning of `text` encloses, up to the last thing in
// it; "no end" if it has none.
std::string Inside(const std::string& text) {
  const auto extent = FindFlowExtent(text, 0);
  if (!extent) return "no end";
  return text.substr(1, extent->last - 1);
}

TEST(FlowTest, FindsTheMatchingBracket) {
  const auto extent = FindFlowExtent("[a, [b], {c: d}] ]", 0);
  ASSERT_TRUE(extent);
  EXPECT_EQ(extent->close, 15U);
}

TEST(FlowTest, BracketsInQuotesAreText) {
  EXPECT_EQ(Inside(R"(["]\"]", b])"), R"("]\"]", b)");
  EXPECT_EQ(Inside("[']'']', b]"), "']'']', b");
}

TEST(FlowTest, AQuoteWithinAWordIsALetter) {
  EXPECT_EQ(Inside("[it's] ']"), "it's");
  EXPECT_EQ(Inside("[a 'b] ']"), "a 'b");
}

TEST(FlowTest, ACommentIsPassedOver) {
  EXPECT_EQ(Inside("[a # ]\n]"), "a");
  EXPECT_EQ(Inside("[a#b ]"), "a#b");
  EXPECT_EQ(Inside("[ # nothing\n]"), "");
}

TEST(FlowTest, AQuoteBehindATagIsAQuote) {
  EXPECT_EQ(Inside("[!!str \"]\"]"), "!!str \"]\"");
  EXPECT_EQ(Inside("[&a ']']"), "&a ']'");
}

TEST(FlowTest, AColonEndsAKey) {
  EXPECT_EQ(Inside("{\"a\":\"}\"}"), "\"a\":\"}\"");
  EXPECT_EQ(Inside("{a: '}'}"), "a: '}'");
  EXPECT_EQ(Inside("[http://a:1]"), "http://a:1");
}

TEST(FlowTest, ABracketWithoutItsMatchHasNoEnd) {
  EXPECT_EQ(Inside("[a, \"b]"), "no end");
  EXPECT_EQ(Inside("{a: [}"), "no end");
}

TEST(FlowTest, AnchorsTagsAndCommentsComeBeforeContent) {
  EXPECT_EQ(SkipProperties("&a !!seq # c\n  - b", 0), 15U);
  EXPECT_EQ(SkipProperties("[]", 0), 0U);
}

}  // namespace
}  // namespace inject
