// When the watch is started, and after which version.
#include "agent/runtime/watch_plan.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace runtime {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kR = seconds(2);
constexpr Duration kSilent = 2 * kR + seconds(1);

class WatchPlanTest : public testing::Test {
 protected:
  std::optional<std::int64_t> On(Duration at, const election::Event& event) {
    return plan_.On({seconds(1000) + at}, event);
  }
  std::optional<std::int64_t> ReadOf(Duration at, std::int64_t version) {
    election::ReadDone done{.id = 1, .status = k8s::ReadStatus::kFound};
    done.lease.resource_version = version;
    return On(at, done);
  }
  static election::WatchEvent Change(std::int64_t version) {
    election::WatchEvent event;
    event.lease.resource_version = version;
    return event;
  }

  WatchPlan plan_{kR};
};

TEST_F(WatchPlanTest, NothingToFollowWithoutAVersion) {
  EXPECT_EQ(On(seconds(0), election::ReadDone{.id = 1}), std::nullopt);
  EXPECT_EQ(On(seconds(0), election::WriteDone{.id = 2}), std::nullopt);
  EXPECT_EQ(ReadOf(seconds(1), 7), 7);
}

TEST_F(WatchPlanTest, AStoredWriteIsFollowedToo) {
  election::WriteDone done{.id = 1, .status = k8s::WriteStatus::kApplied};
  done.lease.resource_version = 9;
  EXPECT_EQ(On(seconds(0), done), 9);
}

TEST_F(WatchPlanTest, AWatchThatTellsIsLeftAlone) {
  ReadOf(seconds(0), 7);
  On(seconds(0), election::WatchLive{});
  On(seconds(2), Change(8));
  EXPECT_EQ(ReadOf(seconds(2) + kSilent - milliseconds(1), 9), std::nullopt);
}

TEST_F(WatchPlanTest, ASilentWatchThatMissedAChangeIsStartedAgain) {
  ReadOf(seconds(0), 7);
  On(seconds(0), election::WatchLive{});
  On(seconds(2), Change(8));
  EXPECT_EQ(ReadOf(seconds(2) + kSilent, 8), std::nullopt);
  EXPECT_EQ(ReadOf(seconds(2) + kSilent, 9), 9);
  EXPECT_EQ(ReadOf(seconds(3) + kSilent, 10), std::nullopt);  // Just begun.
}

// After each loss in a row the pause is one retry period longer.
TEST_F(WatchPlanTest, AWatchThatIsRefusedIsTriedLessAndLessOften) {
  ReadOf(seconds(0), 7);
  On(seconds(0), election::WatchLost{});
  EXPECT_EQ(ReadOf(seconds(0), 7), 7);  // The first time at once.
  On(seconds(10), election::WatchLost{});
  EXPECT_EQ(ReadOf(seconds(10) + kR - milliseconds(1), 7), std::nullopt);
  EXPECT_EQ(ReadOf(seconds(10) + kR, 7), 7);
  for (int i = 0; i < 50; ++i) On(seconds(20), election::WatchLost{});
  EXPECT_EQ(ReadOf(seconds(49), 7), std::nullopt);
  EXPECT_EQ(ReadOf(seconds(50), 7), 7);
  On(seconds(51), Change(8));  // It told something: all is forgiven.
  On(seconds(52), election::WatchLost{});
  EXPECT_EQ(ReadOf(seconds(52), 8), 8);
}

}  // namespace
}  // namespace runtime
