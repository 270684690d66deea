// That each fault of the proxy is the fault it says.
#include "tests/support/tcp_proxy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace support {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kLong = seconds(60);

// One end of a connection, with a limit on every wait.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() { Close(); }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

  static Socket To(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) ==
        0) {
      return Socket(fd);
    }
    close(fd);
    return Socket(-1);
  }

  bool connected() const { return fd_ >= 0; }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  void Send(const std::string& text) {
    ASSERT_EQ(send(fd_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  // What comes next: bytes, "FIN", "RST", or "" for nothing within `limit`.
  std::string Next(Duration limit = kLong) {
    pollfd wait{fd_, POLLIN, 0};
    if (poll(&wait, 1, static_cast<int>(base::ToMs(limit))) == 0) return "";
    char bytes[4096];
    const ssize_t n = recv(fd_, bytes, sizeof bytes, 0);
    if (n < 0) return errno == ECONNRESET ? "RST" : "?";
    return n == 0 ? "FIN" : std::string(bytes, static_cast<std::size_t>(n));
  }
  std::string Take(std::size_t size) {
    std::string text;
    while (text.size() < size) text += Next();
    return text;
  }

 private:
  int fd_;
};

// Listens, and hands over who connected.
class Backend {
 public:
  Backend() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 16), 0);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Backend() { close(fd_); }

  int port() const { return port_; }
  Socket Accept() {
    pollfd wait{fd_, POLLIN, 0};
    return Socket(poll(&wait, 1, 60'000) == 1 ? accept(fd_, nullptr, nullptr)
                                              : -1);
  }

 private:
  int fd_;
  int port_ = 0;
};

class TcpProxyTest : public testing::Test {
 protected:
  void Wait(const std::function<bool()>& condition) {
    EXPECT_TRUE(Eventually(kLong, condition, milliseconds(1)));
  }
  // A connection through the proxy that has said "hello" both ways.
  void Open() {
    client_.emplace(Socket::To(proxy_.port()));
    client_->Send("hello");
    server_.emplace(backend_.Accept());
    ASSERT_EQ(server_->Take(5), "hello");
    server_->Send("world");
    ASSERT_EQ(client_->Take(5), "world");
  }

  Backend backend_;
  TcpProxy proxy_{backend_.port()};
  std::optional<Socket> client_;
  std::optional<Socket> server_;
};

TEST_F(TcpProxyTest, PassesBytesAndEndsOfStreamsBothWays) {
  Open();
  const std::string big(3 << 20, 'x');

  std::thread sender([&] { server_->Send(big); });
  EXPECT_EQ(client_->Take(big.size()), big);
  sender.join();
  client_->Close();

  EXPECT_EQ(server_->Next(), "FIN");
  EXPECT_EQ(proxy_.counts().Passed(Way::kToServer), 5u);
  EXPECT_EQ(proxy_.counts().Passed(Way::kToClient), big.size() + 5);
}

TEST_F(TcpProxyTest, PassesOneEndWhileTheOtherWayGoesOn) {
  Open();
  server_->Send("last");
  server_->Close();

  EXPECT_EQ(client_->Take(4), "last");
  EXPECT_EQ(client_->Next(), "FIN");
  client_->Close();
  Wait([&] { return proxy_.counts().open == 0; });
}

TEST_F(TcpProxyTest, HoldsOneWayInOrderUntilItPasses) {
  Open();
  proxy_.SetFlow(Way::kToClient, Flow::kHold);
  server_->Send("one");
  server_->Send("two");
  server_->Close();
  client_->Send("on");

  Wait([&] { return proxy_.counts().Held(Way::kToClient) == 6; });
  EXPECT_EQ(proxy_.counts().Passed(Way::kToClient), 5u);
  proxy_.SetFlow(Way::kToClient, Flow::kPass);

  EXPECT_EQ(client_->Take(6), "onetwo");
  EXPECT_EQ(client_->Next(), "FIN");
}

TEST_F(TcpProxyTest, WhatIsHeldIsLostWithACut) {
  Open();
  proxy_.SetFlow(Way::kToClient, Flow::kHold);
  server_->Send("answer");
  Wait([&] { return proxy_.counts().Held(Way::kToClient) == 6; });

  proxy_.EndAll(Ending::kFin);

  EXPECT_EQ(client_->Next(), "FIN");
  EXPECT_EQ(server_->Next(), "FIN");
  EXPECT_EQ(proxy_.counts().ended, 1);
}

TEST_F(TcpProxyTest, ResetsBothSides) {
  Open();
  proxy_.EndAll(Ending::kReset);
  EXPECT_EQ(client_->Next(), "RST");
  EXPECT_EQ(server_->Next(), "RST");
}

TEST_F(TcpProxyTest, SwallowsAnswersAndForwardsRequests) {
  Open();
  proxy_.SetFlow(Way::kToClient, Flow::kSwallow);
  client_->Send("write");
  EXPECT_EQ(server_->Take(5), "write");
  server_->Send("applied");

  Wait([&] { return proxy_.counts().Swallowed(Way::kToClient) == 7; });
  proxy_.SetFlow(Way::kToClient, Flow::kPass);
  server_->Send("next");
  EXPECT_EQ(client_->Take(4), "next");
}

TEST_F(TcpProxyTest, DelaysEachByte) {
  Open();
  proxy_.SetDelay(Way::kToClient, milliseconds(200));

  const Instant sent = BootNow();
  server_->Send("late");
  EXPECT_EQ(client_->Take(4), "late");
  EXPECT_GE(BootNow() - sent, milliseconds(200));
}

TEST_F(TcpProxyTest, AStallEndsByItself) {
  Open();
  const Instant before = BootNow();
  proxy_.Stall(milliseconds(200));
  client_->Send("there");
  EXPECT_EQ(server_->Take(5), "there");
  server_->Send("back");
  EXPECT_EQ(client_->Take(4), "back");
  EXPECT_GE(BootNow() - before, milliseconds(200));
}

TEST_F(TcpProxyTest, ANewConnectionIsStalledToo) {
  proxy_.Stall(milliseconds(200));
  const Instant before = BootNow();
  Open();
  EXPECT_GE(BootNow() - before, milliseconds(150));
}

TEST_F(TcpProxyTest, LetsSoManyBytesThroughAndThenHolds) {
  Open();
  proxy_.After(Way::kToClient, 3, Then::kHold);
  server_->Send("abcdef");
  EXPECT_EQ(client_->Take(3), "abc");

  Wait([&] { return proxy_.counts().Held(Way::kToClient) == 3; });
  proxy_.Heal();
  EXPECT_EQ(client_->Take(3), "def");
}

TEST_F(TcpProxyTest, LetsSoManyBytesThroughAndThenResets) {
  Open();
  proxy_.After(Way::kToServer, 3, Then::kReset);
  client_->Send("abcdef");
  Wait([&] { return proxy_.counts().open == 0; });
  EXPECT_EQ(client_->Next(), "RST");
  EXPECT_EQ(proxy_.counts().Passed(Way::kToServer), 5u + 3u);
}

TEST_F(TcpProxyTest, RefusesNewcomersAndTakesThemAgain) {
  Open();
  proxy_.SetNewcomers(Newcomers::kRefuse);
  EXPECT_FALSE(Socket::To(proxy_.port()).connected());
  client_->Send("still");
  EXPECT_EQ(server_->Take(5), "still");

  proxy_.SetNewcomers(Newcomers::kAccept);
  Open();
}

TEST_F(TcpProxyTest, IgnoresNewcomersUntilItHeals) {
  proxy_.SetNewcomers(Newcomers::kIgnore);
  Socket ignored = Socket::To(proxy_.port());
  ASSERT_TRUE(ignored.connected());
  ignored.Send("anybody?");
  Wait([&] { return proxy_.counts().open == 1; });
  EXPECT_EQ(ignored.Next(milliseconds(50)), "");

  proxy_.Heal();
  EXPECT_EQ(ignored.Next(), "RST");
  Open();
}

TEST_F(TcpProxyTest, SilencedConnectionsAreHalfOpenAndNewOnesWork) {
  Open();
  proxy_.SilenceAll();
  client_->Send("lost");
  server_->Send("lost");
  EXPECT_EQ(server_->Next(milliseconds(50)), "");
  EXPECT_EQ(client_->Next(milliseconds(50)), "");
  Socket old_server = std::move(*server_);
  client_->Close();
  EXPECT_EQ(old_server.Next(milliseconds(50)), "");
  Open();
}

TEST_F(TcpProxyTest, ABlackHoleTakesAllAndGivesNothing) {
  Open();
  proxy_.BlackHole();
  client_->Send("lost");
  Socket late = Socket::To(proxy_.port());
  ASSERT_TRUE(late.connected());
  late.Send("lost");
  EXPECT_EQ(server_->Next(milliseconds(50)), "");
  EXPECT_EQ(late.Next(milliseconds(50)), "");

  proxy_.Heal();
  EXPECT_EQ(client_->Next(), "RST");
  EXPECT_EQ(late.Next(), "RST");
}

TEST_F(TcpProxyTest, DropsAShareOfNewcomers) {
  proxy_.SetMishaps({.newcomer_dropped = 0.5});
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) Socket::To(proxy_.port());
  Wait([&] { return proxy_.counts().accepted == kTries; });
  EXPECT_GT(proxy_.counts().dropped, kTries / 4);
  EXPECT_LT(proxy_.counts().dropped, kTries * 3 / 4);
}

TEST_F(TcpProxyTest, ResetsAShareOfRequests) {
  Open();
  proxy_.SetMishaps({.request_reset = 1});
  client_->Send("request");
  EXPECT_EQ(client_->Next(), "RST");
  EXPECT_EQ(proxy_.counts().reset, 1);
}

TEST_F(TcpProxyTest, SwitchesTheBackendForNewConnectionsOnly) {
  Open();
  Backend other;
  proxy_.SetBackend(other.port());
  Socket client = Socket::To(proxy_.port());
  client.Send("who");
  EXPECT_EQ(other.Accept().Take(3), "who");
  client_->Send("old");
  EXPECT_EQ(server_->Take(3), "old");
}

TEST_F(TcpProxyTest, ResetsWhoSpeaksToNobody) {
  int nobody = 0;
  {
    Backend gone;
    nobody = gone.port();
  }
  proxy_.SetBackend(nobody);
  Socket client = Socket::To(proxy_.port());
  ASSERT_TRUE(client.connected());
  client.Send("hello");
  EXPECT_EQ(client.Next(), "RST");
}

}  // namespace
}  // namespace support
