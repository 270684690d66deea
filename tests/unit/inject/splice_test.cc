#include "agent/inject/splice.h"

#include <gtest/gtest.h>

namespace inject {
namespace {

Insertion At(std::size_t offset, const std::string& text, Path path) {
  return {offset, text, std::move(path), {}, 0, ""};
}

TEST(SpliceTest, WhatIsNestedDeeperComesFirst) {
  EXPECT_EQ(Insert("ab", {At(1, "-", {0}), At(1, "+", {0, 1}), At(0, "<", {}),
                          At(2, ">", {})}),
            "<a+-b>");
}

TEST(SpliceTest, WhatIsAsDeepKeepsItsOrder) {
  EXPECT_EQ(Insert("", {At(0, "1", {0}), At(0, "2", {3})}), "12");
}

TEST(SpliceTest, TheSameTextInTheSamePlaceGoesInOnce) {
  EXPECT_EQ(Insert("ab", {At(1, "-", {0}), At(1, "-", {5})}), "a-b");
}

TEST(SpliceTest, CutsThatTouchBecomeOne) {
  EXPECT_EQ(CutOut("abcdef\n", {{1, 3}, {2, 4}, {4, 5}}), "af\n");
}

TEST(SpliceTest, ACutAtAnOpenEndTakesTheBreakBeforeIt) {
  EXPECT_EQ(CutOut("a\nbc\nd", {{2, 5}, {5, 6}}), "a");
  EXPECT_EQ(CutOut("a\r\nb", {{3, 4}}), "a");
}

TEST(SpliceTest, ACutAtAClosedEndLeavesTheBreakBeforeIt) {
  EXPECT_EQ(CutOut("a\nb\n", {{2, 4}}), "a\n");
}

}  // namespace
}  // namespace inject
