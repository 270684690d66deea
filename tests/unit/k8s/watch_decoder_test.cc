// The stream of a watch, cut at every byte.
#include "k8s/watch_decoder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace k8s {
namespace {

using Type = WatchFrame::Type;

std::string Event(const std::string& type, int version,
                  const std::string& name = "web") {
  return R"({"type":")" + type +
         R"(","object":{"kind":"Lease","metadata":{"name":")" + name +
         R"(","uid":"u","resourceVersion":")" + std::to_string(version) +
         R"("},"spec":{"holderIdentity":"h\n"}}})" + "\n";
}

const char kBookmark[] =
    R"({"type":"BOOKMARK","object":{"kind":"Lease","metadata":{)"
    R"("resourceVersion":"9","creationTimestamp":null},"spec":{}}})"
    "\n";
const char kError[] =
    R"({"type":"ERROR","object":{"kind":"Status","reason":"Expired",)"
    R"("message":"too old resource version","code":410}})"
    "\n";

struct Told {
  std::vector<WatchFrame> frames;
  bool good = true;
};

void Feed(WatchDecoder& decoder, const std::string& bytes, Told& told) {
  told.good = decoder.Feed(bytes, [&](const WatchFrame& frame) {
    told.frames.push_back(frame);
    return true;
  }) && told.good;
}

TEST(WatchDecoderTest, TellsEveryEventWhereverTheNetworkCuts) {
  const std::string stream = Event("ADDED", 5) + Event("MODIFIED", 6) +
                             Event("DELETED", 7) + kBookmark + kError;
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    WatchDecoder decoder("web");
    Told told;
    Feed(decoder, stream.substr(0, cut), told);
    Feed(decoder, stream.substr(cut), told);
    ASSERT_TRUE(told.good) << cut << decoder.problem();
    ASSERT_EQ(told.frames.size(), 5U) << cut;
    EXPECT_EQ(told.frames[0].type, Type::kChanged);
    EXPECT_EQ(told.frames[0].lease.resource_version, 5);
    EXPECT_EQ(told.frames[0].lease.record.holder, "h\n");
    EXPECT_EQ(told.frames[1].type, Type::kChanged);
    EXPECT_EQ(told.frames[2].type, Type::kDeleted);
    EXPECT_EQ(told.frames[2].resource_version, 7);
    EXPECT_EQ(told.frames[3].type, Type::kBookmark);
    EXPECT_EQ(told.frames[3].resource_version, 9);
    EXPECT_EQ(told.frames[4].type, Type::kError);
    EXPECT_EQ(told.frames[4].code, 410);
  }
}

TEST(WatchDecoderTest, StopsWhenTold) {
  WatchDecoder decoder("web");
  int count = 0;
  EXPECT_FALSE(decoder.Feed(Event("ADDED", 5) + Event("ADDED", 6),
                            [&](const WatchFrame&) { return ++count < 1; }));
  EXPECT_EQ(count, 1);
  EXPECT_EQ(decoder.problem(), "");
}

TEST(WatchDecoderTest, BoundsALine) {
  WatchDecoder decoder("web");
  Told told;
  for (int i = 0; i < 1000 && told.good; ++i) {
    Feed(decoder, std::string(1024, ' '), told);
  }
  EXPECT_FALSE(told.good);
  EXPECT_EQ(decoder.problem(), "an event is larger than 256 KiB");
}

class BadWatchEventTest : public testing::TestWithParam<std::string> {};

TEST_P(BadWatchEventTest, IsAProblem) {
  WatchDecoder decoder("web");
  Told told;
  Feed(decoder, GetParam(), told);
  EXPECT_FALSE(told.good);
  EXPECT_TRUE(told.frames.empty());
  EXPECT_NE(decoder.problem(), "");
}

INSTANTIATE_TEST_SUITE_P(Lines, BadWatchEventTest,
                         testing::Values("x\n", "{}\n", "[1]\n",
                                         R"({"type":"ADDED"})"
                                         "\n",
                                         R"({"type":"ADDED","object":5})"
                                         "\n",
                                         Event("UNKNOWN", 5), Event("ADDED", 0),
                                         Event("ADDED", 5, "other")));

}  // namespace
}  // namespace k8s
