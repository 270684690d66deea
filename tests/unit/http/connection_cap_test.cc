// Who goes when there are too many, or when they hold too much.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <deque>

#include "tests/unit/http/loop_driver.h"

namespace http {
namespace {

TEST(ConnectionCapTest, TheLongestIdleGoesForAFreshOne) {
  LoopDriver driver(Echo, {.connections = 3});
  Client first = driver.Connect();
  Client second = driver.Connect();
  Client third = driver.Connect();
  EXPECT_TRUE(HasStatus(driver.Ask(first, kGet), 200));  // A poller.

  Client fresh = driver.Connect();

  EXPECT_TRUE(HasStatus(driver.Ask(fresh, kGet), 200));
  EXPECT_TRUE(driver.IsClosed(second));
  EXPECT_TRUE(driver.IsOpen(first));
  EXPECT_TRUE(driver.IsOpen(third));
  EXPECT_EQ(driver.loop().connections(), 3u);
}

TEST(ConnectionCapTest, ASlowRequestGoesBeforeAnIdlePoller) {
  LoopDriver driver(Echo, {.connections = 2});
  Client poller = driver.Connect();
  Client slow = driver.Connect();
  slow.Send("GET ");
  driver.Settle();
  driver.Pass(100ms);

  Client fresh = driver.Connect();

  EXPECT_TRUE(HasStatus(driver.Ask(fresh, kGet), 200));
  EXPECT_TRUE(driver.IsClosed(slow));
  EXPECT_TRUE(driver.IsOpen(poller));
}

TEST(ConnectionCapTest, ARequestThatJustCameInTwoPartsStays) {
  LoopDriver driver(Echo, {.connections = 2});
  Client idle = driver.Connect();
  Client asking = driver.Connect();
  asking.Send(kGet.substr(0, 5));
  driver.Settle();

  Client fresh = driver.Connect();

  EXPECT_TRUE(driver.IsClosed(idle));
  EXPECT_TRUE(HasStatus(driver.Ask(asking, kGet.substr(5)), 200));
}

TEST(ConnectionCapTest, AFreshGetIsAnsweredWhateverTheOthersDo) {
  LoopDriver driver(Echo, {.connections = 8});
  std::deque<Client> hoarders;
  for (int i = 0; i < 100; ++i) {
    hoarders.push_back(driver.Connect());
    if (i % 2 == 0) hoarders.back().Send("GET / HTTP/1.1\r\nX: ");

    Client fresh = driver.Connect();
    ASSERT_TRUE(HasStatus(driver.Ask(fresh, kGet), 200)) << i;
    ASSERT_LE(driver.loop().connections(), 8u);
  }
}

TEST(ConnectionCapTest, HoardersOfOneEndpointTakeNoRoomOfAnother) {
  LoopDriver driver({{{Loopback()}, HostRule::kAny, Echo},
                     {{Loopback()}, HostRule::kAny, Echo}},
                    {.connections = 2});
  Client kubelet = driver.Connect(1);

  std::deque<Client> hoarders;
  for (int i = 0; i < 10; ++i) hoarders.push_back(driver.Connect(0));

  EXPECT_TRUE(HasStatus(driver.Ask(kubelet, kGet), 200));
}

TEST(ConnectionCapTest, PartsOfRequestsAreKeptWithinTheBudget) {
  LoopDriver driver(Echo, {.buffered_bytes = 10'000});
  std::deque<Client> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(driver.Connect());
    clients.back().Send("GET / HTTP/1.1\r\nX: " + std::string(3'000, 'a'));
    driver.Settle();
  }

  EXPECT_LE(driver.loop().buffered_bytes(), 10'000u);
  EXPECT_EQ(driver.loop().connections(), 3u);
  EXPECT_TRUE(driver.IsClosed(clients.front()));
  EXPECT_TRUE(driver.IsOpen(clients.back()));
}

TEST(ConnectionCapTest, AnswersNotTakenAreKeptWithinTheBudget) {
  constexpr std::size_t kBudget = 3 << 20;
  LoopDriver driver(
      [](const Request&, Exchange&) {
        return Response{200, kText, std::string(1 << 20, 'x')};
      },
      {.buffered_bytes = kBudget});
  std::deque<Client> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(driver.Connect());
    clients.back().Send(kGet);
    driver.Settle();
    EXPECT_LE(driver.loop().buffered_bytes(), kBudget);
  }

  EXPECT_LT(driver.loop().connections(), 10u);
  EXPECT_GE(driver.loop().connections(), 3u);
}

// Takes every descriptor that the process may still open.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 100;
    setrlimit(RLIMIT_NOFILE, &few);
    for (;;) {
      Fd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
      if (!fd) break;
      taken_.push_back(std::move(fd));
    }
  }
  ~NoDescriptorsLeft() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
  std::vector<Fd> taken_;
};

TEST(ConnectionCapTest, OutOfDescriptorsAnIdleOneGoesForAFreshOne) {
  LoopDriver driver;
  Client idle = driver.Connect();
  Client fresh(driver.loop().bound(0)[0]);
  const NoDescriptorsLeft none;

  EXPECT_TRUE(HasStatus(driver.Ask(fresh, kGet), 200));
  EXPECT_TRUE(driver.IsClosed(idle));
}

TEST(ConnectionCapTest, OutOfDescriptorsWithNobodyToEndItTriesAgainLater) {
  LoopDriver driver;
  Client fresh(driver.loop().bound(0)[0]);
  fresh.Send(kGet);
  {
    const NoDescriptorsLeft none;
    driver.Settle();
    EXPECT_EQ(driver.loop().connections(), 0u);
  }
  driver.Settle();
  EXPECT_EQ(driver.loop().connections(), 0u);  // It does not spin.

  driver.Pass(100ms);

  EXPECT_TRUE(HasStatus(driver.Answer(fresh), 200));
}

}  // namespace
}  // namespace http
