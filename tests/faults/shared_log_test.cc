// What the token stops: a writer that was stopped before its write.
#include "tests/faults/shared_log.h"

#include <gtest/gtest.h>

#include "tests/support/file_port_wait.h"

namespace faults {
namespace {

TEST(SharedLogTest, TheFenceRefusesALowerToken) {
  const support::TempDir folder;
  SharedLog former(folder / "log", Fence::kToken);
  SharedLog next(folder / "log", Fence::kToken);

  EXPECT_TRUE(former.Append(9, "former"));
  EXPECT_TRUE(next.Append(10, "next"));
  EXPECT_FALSE(former.Append(9, "former"));
  EXPECT_TRUE(next.Append(10, "next"));

  const LogCount count = CountStale(support::ReadFile(folder / "log"));
  EXPECT_EQ(count.writes, 3);
  EXPECT_EQ(count.stale, 0);
}

TEST(SharedLogTest, WithoutAFenceEverythingIsTakenAndCounted) {
  const support::TempDir folder;
  SharedLog log(folder / "log", Fence::kNone);

  EXPECT_TRUE(log.Append(9, "former"));
  EXPECT_TRUE(log.Append(10, "next"));
  EXPECT_TRUE(log.Append(9, "former"));

  EXPECT_EQ(CountStale(support::ReadFile(folder / "log")).stale, 1);
}

}  // namespace
}  // namespace faults
