#include "agent/inject/text.h"

#include <gtest/gtest.h>

#include <string>

namespace inject {
namespace {

// What the block that begins at `first` has, up to its end.
std::string MapAt(const std::string& text, const std::string& first) {
  const std::size_t at = text.find(first);
  return text.substr(at, Text(text).MapEnd(at) - at);
}
std::string ListAt(const std::string& text, const std::string& first) {
  const std::size_t at = text.find(first);
  return text.substr(at, Text(text).ListEnd(at) - at);
}

TEST(TextTest, CountsALastLineWithoutABreak) {
  EXPECT_EQ(Text("").line_count(), 0U);
  EXPECT_EQ(Text("a\n").line_count(), 1U);
  EXPECT_EQ(Text("a\nb").line_count(), 2U);
}

TEST(TextTest, ALineComesWithoutItsBreak) {
  const Text text("a\r\nb\n");
  EXPECT_EQ(text.Line(0), "a");
  EXPECT_EQ(text.Line(1), "b");
  EXPECT_EQ(text.newline(), "\r\n");
}

TEST(TextTest, AMapEndsAtALineFurtherLeft) {
  EXPECT_EQ(MapAt("a:\n  b: 1\n  c:\n    d: 2\ne: 3\n", "b: 1"),
            "b: 1\n  c:\n    d: 2\n");
}

TEST(TextTest, AMapHasListsAtItsOwnColumn) {
  EXPECT_EQ(MapAt("- a:\n  - b\n  - c\n- d\n", "a:"), "a:\n  - b\n  - c\n");
}

TEST(TextTest, AListEndsAtAKeyInItsColumn) {
  EXPECT_EQ(ListAt("a:\n- b\n-\n  c\nd: 1\n", "- b"), "- b\n-\n  c\n");
  EXPECT_EQ(ListAt("a:\n- b\n-d: 1\n", "- b"), "- b\n");
}

TEST(TextTest, BlankLinesBelongToABlockOnlyIfItGoesOn) {
  EXPECT_EQ(ListAt("- a\n\n- b\n\n \nc: 1\n", "- a"), "- a\n\n- b\n");
}

TEST(TextTest, ADeeperCommentBelongsToABlockAndOneFurtherLeftDoesNot) {
  EXPECT_EQ(MapAt("  a: 1\n  # mine\n# not\nb: 2\n", "a: 1"),
            "a: 1\n  # mine\n");
  EXPECT_EQ(ListAt("- a\n  # mine\n# not\nb: 2\n", "- a"), "- a\n  # mine\n");
}

TEST(TextTest, ADocumentMarkerEndsABlock) {
  EXPECT_EQ(MapAt("a: 1\n---\nb: 2\n", "a: 1"), "a: 1\n");
  EXPECT_EQ(MapAt("a: 1\n... # x\nb: 2\n", "a: 1"), "a: 1\n");
  EXPECT_EQ(MapAt("a: 1\n---b: 2\n", "a: 1"), "a: 1\n---b: 2\n");
}

}  // namespace
}  // namespace inject
