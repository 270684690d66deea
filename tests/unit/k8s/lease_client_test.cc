// The client against a server that misbehaves in every way that the outcome of
// a write depends on. Deadlines are real but short; nothing asserts how long.
#include "k8s/lease_client.h"

#include <gtest/gtest.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/unit/k8s/certificates.h"
#include "tests/unit/k8s/loopback_server.h"
#include "tests/unit/k8s/temporary_folder.h"

namespace k8s {
namespace {

using base::Instant;
using std::chrono::hours;
using std::chrono::milliseconds;
using testing::TestWithParam;

const LeaseName kName{"shop", "web"};

Instant BootTime() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return {std::chrono::seconds(now.tv_sec) +
          std::chrono::nanoseconds(now.tv_nsec)};
}

Instant Soon() { return BootTime() + milliseconds(150); }
Instant FarAway() { return BootTime() + hours(1); }

std::string LeaseText(int version = 5) {
  return R"({"kind":"Lease","metadata":{"name":"web","namespace":"shop",)"
         R"("uid":"u","resourceVersion":")" +
         std::to_string(version) + R"("},"spec":{"holderIdentity":"h"}})";
}

LeaseWrite Update() {
  LeaseWrite write;
  write.base.emplace();
  write.base->resource_version = 4;
  write.base->record.uid = "u";
  write.base->document = LeaseText(4);
  write.record = write.base->record;
  write.record.duration_seconds = 15;
  return write;
}

LeaseClient ClientOf(ClusterConfig config) {
  return {std::move(config), kName, "leader-elector/test", BootTime, nullptr};
}

// Answers every request on every connection in the same way.
LoopbackServer::Script Always(int status, const std::string& body,
                              const std::string& headers = "") {
  return [=](Peer& peer, int) {
    while (!peer.ReadRequest().empty()) peer.Answer(status, body, headers);
  };
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(LeaseClientTest, ReadsTheLease) {
  LoopbackServer server(Always(200, LeaseText()));
  const ReadAnswer read = ClientOf(server.Config()).Get(FarAway());
  ASSERT_EQ(read.status, ReadStatus::kFound) << read.error.message;
  EXPECT_EQ(read.lease.resource_version, 5);
  EXPECT_EQ(read.lease.record.holder, "h");
}

TEST(LeaseClientTest, SendsWhatTheServerNeeds) {
  LoopbackServer server(Always(200, LeaseText()));
  ClusterConfig config = server.Config();
  config.base_path = "/prefix";
  config.token.data = "abc";
  ClientOf(config).Get(BootTime() + std::chrono::seconds(10));
  ASSERT_EQ(server.requests().size(), 1U);
  const std::string request = server.requests()[0];
  EXPECT_EQ(request.find("GET /prefix/apis/coordination.k8s.io/v1/namespaces/"
                         "shop/leases/web?timeout="),
            0U)
      << request;
  EXPECT_TRUE(Has(request, "\r\nHost: 127.0.0.1:" +
                               std::to_string(server.port()) + "\r\n"));
  EXPECT_TRUE(Has(request, "\r\nUser-Agent: leader-elector/test\r\n"));
  EXPECT_TRUE(Has(request, "\r\nAuthorization: Bearer abc\r\n"));
  // A consistent read.
  EXPECT_FALSE(Has(request, "resourceVersion"));
}

TEST(LeaseClientTest, EncodesNamesInThePath) {
  LoopbackServer server(Always(404, ""));
  LeaseClient client(server.Config(), {"../x", "a/b?c"}, "t", BootTime,
                     nullptr);
  client.Get(FarAway());
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_TRUE(Has(server.requests()[0],
                  "/namespaces/..%2Fx/leases/a%2Fb%3Fc?timeout="));
}

TEST(LeaseClientTest, TellsAnAbsentLease) {
  LoopbackServer server(
      Always(404, R"({"kind":"Status","reason":"NotFound","details":)"
                  R"({"kind":"leases","name":"web"}})"));
  EXPECT_EQ(ClientOf(server.Config()).Get(FarAway()).status,
            ReadStatus::kAbsent);
}

TEST(LeaseClientTest, KeepsItsConnection) {
  std::atomic<int> connections = 0;
  LoopbackServer server([&](Peer& peer, int) {
    ++connections;
    while (!peer.ReadRequest().empty()) peer.Answer(200, LeaseText());
  });
  LeaseClient client = ClientOf(server.Config());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.Get(FarAway()).status, ReadStatus::kFound);
  }
  EXPECT_EQ(connections, 1);
}

struct Outcome {
  int status;
  const char* body;
  bool creates;
  WriteStatus wanted;
};

class WriteOutcomeTest : public TestWithParam<Outcome> {};

TEST_P(WriteOutcomeTest, IsToldFromTheAnswer) {
  LoopbackServer server(Always(GetParam().status, GetParam().body));
  const LeaseWrite write = GetParam().creates ? LeaseWrite{} : Update();
  const WriteAnswer answer = ClientOf(server.Config()).Write(write, FarAway());
  EXPECT_EQ(answer.status, GetParam().wanted) << answer.error.message;
  EXPECT_EQ(answer.error.http_status,
            GetParam().wanted == WriteStatus::kApplied ? 0 : GetParam().status);
}

constexpr char kStored[] =
    R"({"kind":"Lease","metadata":{"name":"web","uid":"u",)"
    R"("resourceVersion":"6"}})";
constexpr char kExists[] =
    R"({"kind":"Status","message":"metadata.resourceVersion: Invalid value: 0:)"
    R"( must be specified for an update"})";

INSTANTIATE_TEST_SUITE_P(
    Answers, WriteOutcomeTest,
    testing::Values(Outcome{200, kStored, false, WriteStatus::kApplied},
                    Outcome{201, kStored, true, WriteStatus::kApplied},
                    Outcome{200, "{", false, WriteStatus::kUnknown},
                    Outcome{200, "", false, WriteStatus::kUnknown},
                    Outcome{202, kStored, false, WriteStatus::kUnknown},
                    Outcome{302, "", false, WriteStatus::kUnknown},
                    Outcome{401, "", false, WriteStatus::kRejected},
                    Outcome{403, "", false, WriteStatus::kRejected},
                    Outcome{404, "", true, WriteStatus::kRejected},
                    Outcome{408, "", false, WriteStatus::kUnknown},
                    Outcome{409, "", false, WriteStatus::kConflict},
                    Outcome{409, "", true, WriteStatus::kConflict},
                    Outcome{422, kExists, true, WriteStatus::kConflict},
                    Outcome{422, kExists, false, WriteStatus::kRejected},
                    Outcome{422, "", true, WriteStatus::kRejected},
                    Outcome{429, "", false, WriteStatus::kRejected},
                    Outcome{500, "", false, WriteStatus::kUnknown},
                    Outcome{503, "", false, WriteStatus::kUnknown},
                    Outcome{504, "", false, WriteStatus::kUnknown}));

// What a server may do to a request it has read. None of it says whether the
// write was stored, and none may make the client send it again.
struct Misbehavior {
  const char* name;
  std::function<void(Peer&)> act;
};

class LostAnswerTest : public TestWithParam<Misbehavior> {};

TEST_P(LostAnswerTest, LeavesTheOutcomeUnknownAndSendsOnce) {
  LoopbackServer server([](Peer& peer, int) {
    while (!peer.ReadRequest().empty()) GetParam().act(peer);
  });
  const WriteAnswer answer = ClientOf(server.Config()).Write(Update(), Soon());
  EXPECT_EQ(answer.status, WriteStatus::kUnknown);
  EXPECT_EQ(answer.error.message.find("update lease shop/web: "), 0U)
      << answer.error.message;
  EXPECT_EQ(server.requests().size(), 1U);
}

// The next call must not read the rest of the answer to this one.
TEST_P(LostAnswerTest, IsFollowedByANewConnection) {
  LoopbackServer server([](Peer& peer, int index) {
    while (!peer.ReadRequest().empty()) {
      if (index == 0) {
        GetParam().act(peer);
      } else {
        peer.Answer(200, LeaseText());
      }
    }
  });
  LeaseClient client = ClientOf(server.Config());
  EXPECT_EQ(client.Get(Soon()).status, ReadStatus::kFailed);
  const ReadAnswer read = client.Get(FarAway());
  EXPECT_EQ(read.status, ReadStatus::kFound) << read.error.message;
}

void Drip(Peer& peer, const std::string& text) {
  do {
    std::this_thread::sleep_for(milliseconds(5));
  } while (peer.Send(text));
}

INSTANTIATE_TEST_SUITE_P(
    Servers, LostAnswerTest,
    testing::Values(
        Misbehavior{"Silence", [](Peer& peer) { peer.AwaitClose(); }},
        Misbehavior{"Close", [](Peer& peer) { peer.Close(); }},
        Misbehavior{"Reset",
                    [](Peer& peer) {
                      peer.Send("HTTP/1.1 200 OK\r\nContent-Le");
                      peer.Reset();
                    }},
        Misbehavior{"HalfABody",
                    [](Peer& peer) {
                      peer.Send(
                          "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n"
                          "\r\n{");
                      peer.Close();
                    }},
        Misbehavior{"DrippingHeader",
                    [](Peer& peer) {
                      peer.Send("HTTP/1.1 200 OK\r\n");
                      Drip(peer, "X: y\r\n");
                    }},
        Misbehavior{"DrippingBody",
                    [](Peer& peer) {
                      peer.Send(
                          "HTTP/1.1 200 OK\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n");
                      Drip(peer, "1\r\nx\r\n");
                    }},
        Misbehavior{"EndlessBody",
                    [](Peer& peer) {
                      peer.Send("HTTP/1.1 200 OK\r\n\r\n");
                      while (peer.Send(std::string(65536, 'x'))) {
                      }
                    }},
        Misbehavior{"NotHttp", [](Peer& peer) { peer.Send("220 smtp\r\n"); }}),
    [](const auto& test) { return test.param.name; });

TEST(LeaseClientTest, SaysHowLongItWaitedAndForWhom) {
  LoopbackServer server([](Peer& peer, int) { peer.AwaitClose(); });
  const ReadAnswer read = ClientOf(server.Config()).Get(Soon());
  const std::string& message = read.error.message;
  EXPECT_EQ(message.find("get lease shop/web: no answer within 0."), 0U)
      << message;
  EXPECT_TRUE(
      Has(message, " s from 127.0.0.1:" + std::to_string(server.port())));
}

TEST(LeaseClientTest, AHandshakeThatHangsMeansThatNothingWasSent) {
  LoopbackServer server([](Peer& peer, int) { peer.AwaitClose(); });
  ClusterConfig config = server.Config();
  config.tls = true;
  config.ca.data = MakeAuthority().pem;
  const WriteAnswer answer =
      ClientOf(config).Write(Update(), BootTime() + milliseconds(800));
  EXPECT_EQ(answer.status, WriteStatus::kRejected);
  EXPECT_TRUE(Has(answer.error.message, "no connection within 0."))
      << answer.error.message;
  EXPECT_TRUE(Has(answer.error.message, "(waited for the TLS handshake)"));
}

TEST(LeaseClientTest, AHandshakeThatDripsEndsAtTheDeadline) {
  LoopbackServer server([](Peer& peer, int) {
    // A record of 16 KiB that never comes to its end.
    peer.Send(std::string("\x16\x03\x03\x40\x00", 5));
    Drip(peer, "x");
  });
  ClusterConfig config = server.Config();
  config.tls = true;
  config.ca.data = MakeAuthority().pem;
  EXPECT_EQ(ClientOf(config).Write(Update(), Soon()).status,
            WriteStatus::kRejected);
}

TEST(LeaseClientTest, ARefusedConnectionMeansThatNothingWasSent) {
  ClusterConfig config;
  {
    LoopbackServer server(Always(200, ""));
    config = server.Config();
  }
  const WriteAnswer answer = ClientOf(config).Write(Update(), FarAway());
  EXPECT_EQ(answer.status, WriteStatus::kRejected);
  EXPECT_EQ(answer.error.message,
            "update lease shop/web: 127.0.0.1:" + std::to_string(config.port) +
                " refused the connection");
}

TEST(LeaseClientTest, ANameThatDoesNotExistIsSaid) {
  ClusterConfig config;
  // Longer than a label may be: no name server is asked.
  config.host = std::string(64, 'x') + ".invalid";
  config.tls = false;
  const WriteAnswer answer = ClientOf(config).Write(Update(), FarAway());
  EXPECT_EQ(answer.status, WriteStatus::kRejected);
  EXPECT_TRUE(Has(answer.error.message,
                  "the name \"" + config.host + "\" cannot be looked up: "))
      << answer.error.message;
}

// An API server that restarts closes idle connections; the next renewal must
// not be lost over that.
TEST(LeaseClientTest, AnIdleConnectionThatWasClosedIsReplacedBeforeSending) {
  std::promise<void> closed;
  LoopbackServer server([&](Peer& peer, int index) {
    while (!peer.ReadRequest().empty()) {
      peer.Answer(200, LeaseText());
      if (index > 0) continue;
      peer.Close();
      closed.set_value();
      return;
    }
  });
  LeaseClient client = ClientOf(server.Config());
  EXPECT_EQ(client.Get(FarAway()).status, ReadStatus::kFound);
  closed.get_future().wait();

  const WriteAnswer answer = client.Write(Update(), FarAway());

  EXPECT_EQ(answer.status, WriteStatus::kApplied) << answer.error.message;
  EXPECT_EQ(server.requests().size(), 2U);
}

// Even over a connection that is open: it would be stored after the time.
TEST(LeaseClientTest, NothingIsSentAfterTheDeadline) {
  LoopbackServer server(Always(200, LeaseText()));
  LeaseClient client = ClientOf(server.Config());
  EXPECT_EQ(client.Get(FarAway()).status, ReadStatus::kFound);

  const WriteAnswer answer = client.Write(Update(), BootTime());

  EXPECT_EQ(answer.status, WriteStatus::kRejected);
  EXPECT_EQ(client.Get(FarAway()).status, ReadStatus::kFound);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(LeaseClientTest, AfterA401TheNewTokenIsTriedOnce) {
  const TemporaryFolder folder;
  LoopbackServer server([&](Peer& peer, int) {
    std::string request;
    while (!(request = peer.ReadRequest()).empty()) {
      if (Has(request, "Bearer new")) {
        peer.Answer(200, LeaseText());
      } else {
        folder.Put("token", "new");
        peer.Answer(401, "");
      }
    }
  });
  ClusterConfig config = server.Config();
  config.token.file = folder.Put("token", "old");
  const WriteAnswer answer = ClientOf(config).Write(Update(), FarAway());
  EXPECT_EQ(answer.status, WriteStatus::kApplied) << answer.error.message;
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(LeaseClientTest, A401WithTheSameTokenIsNotTriedAgain) {
  const TemporaryFolder folder;
  LoopbackServer server(Always(401, ""));
  ClusterConfig config = server.Config();
  config.token.file = folder.Put("token", "s3cret");
  const WriteAnswer answer = ClientOf(config).Write(Update(), FarAway());
  EXPECT_EQ(answer.status, WriteStatus::kRejected);
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_FALSE(Has(answer.error.message, "s3cret"));
}

TEST(LeaseClientTest, CancelEndsACallThatWaits) {
  std::promise<void> waiting;
  LoopbackServer server([&](Peer& peer, int) {
    peer.ReadRequest();
    waiting.set_value();
    peer.AwaitClose();
  });
  LeaseClient client = ClientOf(server.Config());
  std::thread canceler([&] {
    waiting.get_future().wait();
    client.Cancel();
  });
  EXPECT_EQ(client.Write(Update(), FarAway()).status, WriteStatus::kUnknown);
  canceler.join();
}

// Else an exit would wait for the deadline of a request that begins with it.
TEST(LeaseClientTest, ACancelThatComesFirstIsNotLost) {
  LoopbackServer server([](Peer& peer, int) { peer.AwaitClose(); });
  LeaseClient client = ClientOf(server.Config());
  client.Cancel();
  EXPECT_EQ(client.Write(Update(), FarAway()).status, WriteStatus::kRejected);
}

TEST(LeaseClientTest, TellsEveryRequestToItsObserver) {
  LoopbackServer server([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Answer(409, "");
    peer.ReadRequest();
    peer.AwaitClose();
  });
  std::vector<std::string> seen;
  LeaseClient client(
      server.Config(), kName, "t", BootTime,
      [&](const char* verb, const std::string& code, base::Duration took) {
        EXPECT_GT(took.count(), 0);
        seen.push_back(verb + (" " + code));
      });
  client.Write(LeaseWrite{}, FarAway());
  client.Write(Update(), Soon());
  EXPECT_EQ(seen, (std::vector<std::string>{"create 409", "update timeout"}));
}

}  // namespace
}  // namespace k8s
