// The watch against a server that ends, breaks and repeats its streams.
#include "k8s/lease_watch.h"

#include <gtest/gtest.h>
#include <time.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/mutex.h"
#include "tests/unit/k8s/loopback_server.h"

namespace k8s {
namespace {

using base::Instant;
using base::MutexLock;
using Lines = std::vector<std::string>;

Instant BootTime() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return {std::chrono::seconds(now.tv_sec) +
          std::chrono::nanoseconds(now.tv_nsec)};
}

const char kHeader[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const char kEnd[] = "0\r\n\r\n";

std::string Chunk(const std::string& text) {
  char size[16];
  std::snprintf(size, sizeof(size), "%zx\r\n", text.size());
  return size + text + "\r\n";
}

std::string Event(const std::string& type, int version) {
  return Chunk(R"({"type":")" + type +
               R"(","object":{"kind":"Lease","metadata":{"name":"web",)"
               R"("uid":"u","resourceVersion":")" +
               std::to_string(version) + R"("},"spec":{}}})" + "\n");
}

std::string Gone() {
  return Chunk(R"({"type":"ERROR","object":{"kind":"Status","code":410,)"
               R"("reason":"Expired","message":"too old"}})"
               "\n");
}

// What the watch told, one line each, in order.
class Told {
 public:
  void Add(const std::string& line) {
    const MutexLock lock(mutex_);
    lines_.push_back(line);
    changed_.notify_all();
  }
  Lines WaitFor(std::size_t count) {
    const MutexLock lock(mutex_);
    while (lines_.size() < count) changed_.wait(mutex_);
    return lines_;
  }

 private:
  base::Mutex mutex_;
  base::ConditionVariable changed_;
  Lines lines_ GUARDED_BY(mutex_);
};

class LeaseWatchTest : public testing::Test {
 protected:
  LeaseWatchEvents Events() {
    LeaseWatchEvents events;
    events.on_change = [this](const LeaseChange& change) {
      told_.Add((change.deleted ? "deleted " : "changed ") +
                std::to_string(change.follows) + " -> " +
                std::to_string(change.lease.resource_version));
    };
    events.on_live = [this] { told_.Add("live"); };
    events.on_lost = [this](const ApiError& error) {
      told_.Add("lost " + std::to_string(error.http_status));
    };
    return events;
  }
  std::unique_ptr<LeaseWatch> WatchOf(const ClusterConfig& config) {
    return std::make_unique<LeaseWatch>(config, LeaseName{"shop", "web"}, "t",
                                        BootTime, nullptr, Events());
  }

  Told told_;
};

TEST_F(LeaseWatchTest, AsksForThisLeaseFromThisVersion) {
  LoopbackServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send(kHeader);
    peer.AwaitClose();
  });
  const auto watch = WatchOf(server.Config());
  watch->Follow(41);
  EXPECT_EQ(told_.WaitFor(1), Lines({"live"}));
  const std::string request = server.requests().at(0);
  EXPECT_EQ(request.find("GET /apis/coordination.k8s.io/v1/namespaces/shop/"
                         "leases?watch=true&allowWatchBookmarks=true"
                         "&fieldSelector=metadata.name%3Dweb&timeoutSeconds="),
            0U)
      << request;
  EXPECT_NE(request.find("&resourceVersion=41 "), std::string::npos);
  const std::string kTimeout = "timeoutSeconds=";
  const int seconds =
      std::stoi(request.substr(request.find(kTimeout) + kTimeout.size()));
  EXPECT_GE(seconds, 1800);
  EXPECT_LE(seconds, 3600);
}

TEST_F(LeaseWatchTest, EachChangeFollowsTheOneBefore) {
  LoopbackServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send(kHeader);
    peer.Send(Event("MODIFIED", 5) + Event("DELETED", 8) + Event("ADDED", 9));
    peer.AwaitClose();
  });
  const auto watch = WatchOf(server.Config());
  watch->Follow(4);
  EXPECT_EQ(told_.WaitFor(4), Lines({"live", "changed 4 -> 5", "deleted 5 -> 8",
                                     "changed 8 -> 9"}));
}

// A bookmark says that nothing happened to the lease until then. It is where to
// go on from; the state before the next change is still the last one told.
TEST_F(LeaseWatchTest, ABookmarkMovesTheResumeButNotWhatAChangeFollows) {
  LoopbackServer server([](Peer& peer, int index) {
    peer.ReadRequest();
    peer.Send(kHeader);
    if (index == 0) {
      peer.Send(Event("MODIFIED", 5) + Event("BOOKMARK", 70) + kEnd);
      peer.Close();
    } else {
      peer.Send(Event("MODIFIED", 71));
    }
    peer.AwaitClose();
  });
  const auto watch = WatchOf(server.Config());
  watch->Follow(4);
  EXPECT_EQ(told_.WaitFor(3),
            Lines({"live", "changed 4 -> 5", "changed 5 -> 71"}));
  EXPECT_NE(server.requests().at(1).find("&resourceVersion=70 "),
            std::string::npos);
}

TEST_F(LeaseWatchTest, ARepeatedChangeIsToldOnce) {
  LoopbackServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send(kHeader);
    peer.Send(Event("ADDED", 4) + Event("MODIFIED", 5) + Event("MODIFIED", 5) +
              Event("MODIFIED", 6));
    peer.AwaitClose();
  });
  const auto watch = WatchOf(server.Config());
  watch->Follow(4);
  EXPECT_EQ(told_.WaitFor(3),
            Lines({"live", "changed 4 -> 5", "changed 5 -> 6"}));
}

// An API server that was restarted knows no versions from before. The lease is
// read at the same version again, so being lost would go round in circles.
class ForgottenVersionTest : public LeaseWatchTest {
 protected:
  // Version 4 is too old; without a version the answer is `stream`.
  static LoopbackServer::Script Forgetful(const std::string& stream) {
    return [stream](Peer& peer, int) {
      const std::string request = peer.ReadRequest();
      const bool old = request.find("&resourceVersion=4 ") != std::string::npos;
      peer.Send(kHeader + (old ? Gone() : stream));
      peer.AwaitClose();
    };
  }
};

TEST_F(ForgottenVersionTest, GoesOnWhenTheLeaseIsStillTheSame) {
  LoopbackServer server(Forgetful(Event("ADDED", 4) + Event("BOOKMARK", 60) +
                                  Event("MODIFIED", 61)));
  const auto watch = WatchOf(server.Config());
  watch->Follow(4);
  EXPECT_EQ(told_.WaitFor(2), Lines({"live", "changed 4 -> 61"}));
  EXPECT_EQ(server.requests().size(), 2U);
  EXPECT_EQ(server.requests().at(1).find("resourceVersion"), std::string::npos);
}

TEST_F(ForgottenVersionTest, DoesNotClaimToKnowWhatCameBetween) {
  LoopbackServer server(Forgetful(Event("ADDED", 50) + Event("MODIFIED", 61)));
  const auto watch = WatchOf(server.Config());
  watch->Follow(4);
  EXPECT_EQ(told_.WaitFor(3),
            Lines({"live", "changed 0 -> 50", "changed 50 -> 61"}));
}

TEST_F(ForgottenVersionTest, IsLostWhenTheLeaseIsGone) {
  LoopbackServer server(Forgetful(Event("BOOKMARK", 60)));
  const auto watch = WatchOf(server.Config());
  watch->Follow(4);
  EXPECT_EQ(told_.WaitFor(2), Lines({"live", "lost 200"}));
}

TEST_F(LeaseWatchTest, AnErrorIsLostOnceUntilItIsFollowedAgain) {
  LoopbackServer server([](Peer& peer, int index) {
    peer.ReadRequest();
    peer.Send(kHeader + Event("MODIFIED", index + 60) +
              (index == 0 ? Gone() : ""));
    peer.AwaitClose();
  });
  const auto watch = WatchOf(server.Config());
  watch->Follow(4);
  EXPECT_EQ(told_.WaitFor(3), Lines({"live", "changed 4 -> 60", "lost 410"}));
  watch->Follow(60);
  EXPECT_EQ(told_.WaitFor(5), Lines({"live", "changed 4 -> 60", "lost 410",
                                     "live", "changed 60 -> 61"}));
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(LeaseWatchTest, ARefusalOfTheServerIsLost) {
  LoopbackServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Answer(403, "");
  });
  const auto watch = WatchOf(server.Config());
  watch->Follow(4);
  EXPECT_EQ(told_.WaitFor(1), Lines({"lost 403"}));
}

TEST_F(LeaseWatchTest, AServerThatCannotBeReachedIsLost) {
  ClusterConfig config;
  {
    LoopbackServer server([](Peer&, int) {});
    config = server.Config();
  }
  const auto watch = WatchOf(config);
  watch->Follow(4);
  EXPECT_EQ(told_.WaitFor(1), Lines({"lost 0"}));
}

TEST_F(LeaseWatchTest, AStreamThatBreaksIsLost) {
  LoopbackServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send(kHeader + Event("MODIFIED", 5));
    peer.Close();  // Without the last chunk.
  });
  const auto watch = WatchOf(server.Config());
  watch->Follow(4);
  EXPECT_EQ(told_.WaitFor(3), Lines({"live", "changed 4 -> 5", "lost 0"}));
}

TEST_F(LeaseWatchTest, AnEventThatCannotBeReadIsLost) {
  LoopbackServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send(kHeader + Chunk("{}\n"));
    peer.AwaitClose();
  });
  const auto watch = WatchOf(server.Config());
  watch->Follow(4);
  EXPECT_EQ(told_.WaitFor(2), Lines({"live", "lost 200"}));
}

TEST_F(LeaseWatchTest, AServerThatEndsEveryStreamAtOnceIsLostInTheEnd) {
  LoopbackServer server([](Peer& peer, int) {
    while (!peer.ReadRequest().empty()) {
      peer.Send(std::string(kHeader) + kEnd);
    }
  });
  const auto watch = WatchOf(server.Config());
  watch->Follow(4);
  EXPECT_EQ(told_.WaitFor(2), Lines({"live", "lost 200"}));
  EXPECT_EQ(server.requests().size(), 5U);
}

TEST_F(LeaseWatchTest, AResumeThatFindsNobodyIsTriedAgain) {
  LoopbackServer server([](Peer& peer, int index) {
    if (index == 1) return peer.Close();
    peer.ReadRequest();
    peer.Send(kHeader + Event("MODIFIED", index + 5));
    if (index == 0) {
      peer.Send(kEnd);
      peer.Close();
    }
    peer.AwaitClose();
  });
  const auto watch = WatchOf(server.Config());
  watch->Follow(4);
  EXPECT_EQ(told_.WaitFor(3),
            Lines({"live", "changed 4 -> 5", "changed 5 -> 7"}));
}

TEST_F(LeaseWatchTest, FollowEndsTheStreamBefore) {
  std::promise<void> ended;
  LoopbackServer server([&](Peer& peer, int index) {
    peer.ReadRequest();
    peer.Send(kHeader);
    peer.AwaitClose();
    if (index == 0) ended.set_value();
  });
  const auto watch = WatchOf(server.Config());
  watch->Follow(4);
  told_.WaitFor(1);
  watch->Follow(9);
  ended.get_future().wait();
  EXPECT_EQ(told_.WaitFor(2), Lines({"live", "live"}));
  EXPECT_NE(server.requests().at(1).find("&resourceVersion=9 "),
            std::string::npos);
}

TEST_F(LeaseWatchTest, StopEndsAReadThatHangs) {
  LoopbackServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send(kHeader);
    peer.AwaitClose();
  });
  const auto watch = WatchOf(server.Config());
  watch->Follow(4);
  told_.WaitFor(1);
  watch->Stop();
  EXPECT_EQ(told_.WaitFor(1), Lines({"live"}));
}

TEST_F(LeaseWatchTest, StopEndsAHandshakeThatHangs) {
  std::promise<void> connected;
  LoopbackServer server([&](Peer& peer, int) {
    connected.set_value();
    peer.AwaitClose();
  });
  ClusterConfig config = server.Config();
  config.tls = true;
  const auto watch = WatchOf(config);
  watch->Follow(4);
  connected.get_future().wait();
  watch->Stop();
  EXPECT_EQ(told_.WaitFor(0), Lines());
}

TEST_F(LeaseWatchTest, ACallbackMayStopTheWatch) {
  LoopbackServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send(kHeader + Event("MODIFIED", 5) + Event("MODIFIED", 6));
    peer.AwaitClose();
  });
  LeaseWatch* self = nullptr;
  LeaseWatchEvents events = Events();
  events.on_live = [] {};
  events.on_change = [&](const LeaseChange&) {
    told_.Add("change");
    self->Stop();
  };
  LeaseWatch watch(server.Config(), {"shop", "web"}, "t", BootTime, nullptr,
                   events);
  self = &watch;
  watch.Follow(4);
  told_.WaitFor(1);
  watch.Stop();
  EXPECT_EQ(told_.WaitFor(1), Lines({"change"}));
}

}  // namespace
}  // namespace k8s
