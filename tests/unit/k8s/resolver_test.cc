// Names that change, fail or hang, without asking the machine's resolver: the
// test is the name server. Time is a number that the test moves.
#include "k8s/resolver.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <future>
#include <string>
#include <vector>

namespace k8s {
namespace {

using base::Instant;
using base::MutexLock;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

SocketAddress Ipv4(const std::string& text) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  inet_pton(AF_INET, text.c_str(), &in.sin_addr);
  SocketAddress address;
  std::memcpy(&address.bytes, &in, sizeof(in));
  address.size = sizeof(in);
  return address;
}

std::string Text(const SocketAddress& address) {
  std::string text(64, '\0');
  EXPECT_EQ(
      getnameinfo(reinterpret_cast<const sockaddr*>(&address.bytes),
                  address.size, text.data(), 64, nullptr, 0, NI_NUMERICHOST),
      0);
  return text.c_str();
}

// Shared with lookups that may outlive the resolver.
class NameServer {
 public:
  void Say(std::vector<std::string> addresses) {
    const MutexLock lock(mutex_);
    answer_ = {};
    for (const auto& text : addresses) answer_.addresses.push_back(Ipv4(text));
  }
  void Fail(int error) {
    const MutexLock lock(mutex_);
    answer_ = {error, {}};
  }
  // Lookups that begin from now on wait for LetGo().
  void Hang() { hangs_ = true; }
  void LetGo() {
    hangs_ = false;
    gate_.set_value();
  }
  int asked() const { return asked_; }

  LookupAnswer Answer() {
    ++asked_;
    if (hangs_) opened_.wait();
    const MutexLock lock(mutex_);
    return answer_;
  }

 private:
  base::Mutex mutex_;
  LookupAnswer answer_ GUARDED_BY(mutex_);
  std::atomic<int> asked_ = 0;
  std::atomic<bool> hangs_ = false;
  std::promise<void> gate_;
  const std::shared_future<void> opened_ = gate_.get_future().share();
};

class ResolverTest : public testing::Test {
 protected:
  static constexpr Instant kT0{hours(1)};

  ResolverTest() { server_->Say({"192.0.2.1"}); }

  // What is tried, in order; or the failure.
  std::string Addresses(Instant deadline = Instant::Never()) {
    const auto resolved = resolver_.Resolve(waiter_, deadline);
    if (!resolved) return resolved.error().detail;
    std::string text;
    for (const SocketAddress& address : resolved->addresses) {
      text += (text.empty() ? "" : " ") + Text(address);
    }
    return text + (resolved->doubt.empty() ? "" : ", " + resolved->doubt);
  }
  // For a lookup that hangs: time that is over as soon as somebody waits.
  std::string AddressesInNoTime() { return Addresses(now_); }
  void Pass(base::Duration time) { now_ = now_ + time; }

  Instant now_ = kT0;
  const std::shared_ptr<NameServer> server_ = std::make_shared<NameServer>();
  Waiter waiter_{[this] { return now_; }};
  Resolver resolver_{"api.example", 6443,
                     [server = server_](const std::string& host, int port) {
                       EXPECT_EQ(host, "api.example");
                       EXPECT_EQ(port, 6443);
                       return server->Answer();
                     }};
};

TEST_F(ResolverTest, LooksTheNameUpOnceForABurstOfConnections) {
  EXPECT_EQ(Addresses(), "192.0.2.1");
  Pass(seconds(4));
  EXPECT_EQ(Addresses(), "192.0.2.1");
  EXPECT_EQ(server_->asked(), 1);
}

TEST_F(ResolverTest, FollowsAChangedAnswer) {
  EXPECT_EQ(Addresses(), "192.0.2.1");
  server_->Say({"192.0.2.2", "192.0.2.3"});
  Pass(seconds(5));
  EXPECT_EQ(Addresses(), "192.0.2.2 192.0.2.3");
}

TEST_F(ResolverTest, LooksUpAtOnceWhenNoAddressWorks) {
  EXPECT_EQ(Addresses(), "192.0.2.1");
  server_->Say({"192.0.2.2"});
  resolver_.Distrust();
  EXPECT_EQ(Addresses(), "192.0.2.2");
}

TEST_F(ResolverTest, KeepsTheLastAddressesWhileLookupsFail) {
  EXPECT_EQ(Addresses(), "192.0.2.1");
  server_->Fail(EAI_AGAIN);
  for (int i = 0; i < 3; ++i) {
    Pass(hours(1));
    EXPECT_EQ(Addresses(),
              "192.0.2.1, its name cannot be looked up any more: " +
                  std::string(gai_strerror(EAI_AGAIN)));
  }
  server_->Say({"192.0.2.2"});
  Pass(seconds(5));
  EXPECT_EQ(Addresses(), "192.0.2.2");
}

TEST_F(ResolverTest, SaysWhatIsWrongWithANameThatWasNeverFound) {
  server_->Fail(EAI_NONAME);
  EXPECT_EQ(Addresses(), "the name \"api.example\" cannot be looked up: " +
                             std::string(gai_strerror(EAI_NONAME)));
}

TEST_F(ResolverTest, UsesTheLastAddressesWhileALookupHangs) {
  EXPECT_EQ(Addresses(), "192.0.2.1");
  server_->Hang();
  Pass(seconds(5));
  // Nobody waits long for it, and only the first one at all.
  EXPECT_EQ(AddressesInNoTime(),
            "192.0.2.1, its name is still being looked up");
  EXPECT_EQ(Addresses(), "192.0.2.1, its name is still being looked up");

  server_->Say({"192.0.2.2"});
  server_->LetGo();
  while (Addresses() != "192.0.2.2") std::this_thread::yield();
  EXPECT_EQ(server_->asked(), 2);
}

TEST_F(ResolverTest, AnAnswerThatTookLongIsOldWhenItComes) {
  server_->Hang();
  EXPECT_EQ(AddressesInNoTime(), "to look up its name");
  Pass(seconds(5));
  server_->LetGo();

  for (int i = 0; i < 1000 && server_->asked() < 2; ++i) Addresses();

  EXPECT_EQ(server_->asked(), 2);
}

TEST_F(ResolverTest, ADeadlineEndsTheFirstLookupsWait) {
  server_->Hang();
  EXPECT_EQ(AddressesInNoTime(), "to look up its name");
  EXPECT_EQ(AddressesInNoTime(), "to look up its name");
  server_->LetGo();
  EXPECT_EQ(Addresses(), "192.0.2.1");
  EXPECT_EQ(server_->asked(), 1);
}

TEST_F(ResolverTest, ALookupThatNeverComesBackIsReplacedButNotForEver) {
  server_->Hang();
  for (int i = 0; i < 6; ++i) {
    AddressesInNoTime();
    Pass(seconds(60));
  }
  while (server_->asked() < 3) std::this_thread::yield();
  EXPECT_EQ(Addresses(), "no thread could be started to look up api.example");
  EXPECT_EQ(server_->asked(), 3);
  server_->LetGo();
}

TEST_F(ResolverTest, ACancelEndsTheWait) {
  server_->Hang();
  waiter_.Cancel();
  EXPECT_EQ(Addresses(), "the call was canceled");
  server_->LetGo();
}

TEST_F(ResolverTest, WhatFailedComesLastAndTheLongestAgoFirst) {
  server_->Say({"192.0.2.1", "192.0.2.2", "192.0.2.3"});
  EXPECT_EQ(Addresses(), "192.0.2.1 192.0.2.2 192.0.2.3");
  resolver_.Failed(Ipv4("192.0.2.1"));
  EXPECT_EQ(Addresses(), "192.0.2.2 192.0.2.3 192.0.2.1");
  resolver_.Failed(Ipv4("192.0.2.2"));
  EXPECT_EQ(Addresses(), "192.0.2.3 192.0.2.1 192.0.2.2");
  resolver_.Worked(Ipv4("192.0.2.1"));
  EXPECT_EQ(Addresses(), "192.0.2.1 192.0.2.3 192.0.2.2");
}

TEST(ResolverOfAnAddressTest, NeverLooksUp) {
  for (const char* host : {"127.0.0.1", "::1"}) {
    Resolver resolver(host, 443, [](const std::string&, int) {
      ADD_FAILURE();
      return LookupAnswer{};
    });
    Waiter waiter([] { return Instant{hours(1)}; });
    const auto resolved = resolver.Resolve(waiter, Instant{});
    ASSERT_TRUE(resolved);
    EXPECT_EQ(Text(resolved->addresses.at(0)), host);
  }
}

}  // namespace
}  // namespace k8s
