// The ways to a server: through a proxy, by a name with several addresses, and
// with the credentials of a plugin. Deadlines are real but short; nothing
// asserts how long.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <time.h>

#include <chrono>
#include <cstring>
#include <future>
#include <string>
#include <vector>

#include "k8s/base64.h"
#include "k8s/exec_source.h"
#include "k8s/lease_client.h"
#include "k8s/resolver.h"
#include "tests/unit/k8s/certificates.h"
#include "tests/unit/k8s/loopback_server.h"

namespace k8s {
namespace {

using base::Instant;
using std::chrono::hours;
using std::chrono::milliseconds;

Instant BootTime() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return {std::chrono::seconds(now.tv_sec) +
          std::chrono::nanoseconds(now.tv_nsec)};
}

Instant Soon() { return BootTime() + milliseconds(150); }
Instant FarAway() { return BootTime() + hours(1); }

constexpr char kLease[] =
    R"({"kind":"Lease","metadata":{"name":"web","uid":"u",)"
    R"("resourceVersion":"6"},"spec":{}})";

void Serve(Peer& peer, int) {
  while (!peer.ReadRequest().empty()) peer.Answer(200, kLease);
}

ReadAnswer Get(const ClusterConfig& config, Instant deadline = FarAway()) {
  LeaseClient client(config, {"shop", "web"}, "t", BootTime, nullptr);
  return client.Get(deadline);
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// ---------------------------------------------------------------- proxies

// A server that nobody can reach, with `proxy` before it. Plain, so that the
// test can be both.
ClusterConfig Through(const LoopbackServer& proxy,
                      const std::string& authorization = "") {
  ClusterConfig config;
  config.host = "api.invalid";
  config.port = 6443;
  config.tls = false;
  config.proxy = Proxy{"127.0.0.1", proxy.port(), authorization};
  return config;
}

// The error without the proxy's port.
std::string ErrorThrough(const LoopbackServer& proxy,
                         const std::string& authorization = "",
                         Instant deadline = FarAway()) {
  std::string message =
      Get(Through(proxy, authorization), deadline).error.message;
  const std::string port = ":" + std::to_string(proxy.port());
  const std::size_t at = message.find(port);
  return at == std::string::npos ? message : message.erase(at, port.size());
}

TEST(ProxyTest, ConnectsUsToTheServer) {
  LoopbackServer proxy([](Peer& peer, int index) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 Connection established\r\n\r\n");
    Serve(peer, index);
  });
  EXPECT_EQ(Get(Through(proxy, "Basic dTpw")).status, ReadStatus::kFound);
  const auto requests = proxy.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0],
            "CONNECT api.invalid:6443 HTTP/1.1\r\nHost: api.invalid:6443\r\n"
            "Proxy-Authorization: Basic dTpw\r\n\r\n");
  EXPECT_TRUE(requests[1].starts_with("GET ")) << requests[1];
  EXPECT_TRUE(Has(requests[1], "Host: api.invalid:6443\r\n"));
  EXPECT_FALSE(Has(requests[1], "Proxy-Authorization"));
}

TEST(ProxyTest, SaysWhyItWasRefused) {
  LoopbackServer proxy([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Answer(407, "s3cret s3cret");
  });
  EXPECT_EQ(ErrorThrough(proxy),
            "get lease shop/web: the proxy 127.0.0.1 refused to connect us to "
            "api.invalid:6443: it answered 407, it wants a user and a password "
            "in proxy-url");
  EXPECT_EQ(ErrorThrough(proxy, "Basic s3cret"),
            "get lease shop/web: the proxy 127.0.0.1 refused to connect us to "
            "api.invalid:6443: it answered 407, it does not accept the user "
            "and password of proxy-url");
}

TEST(ProxyTest, SaysThatItIsNoProxy) {
  LoopbackServer proxy([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send("220 mail ready\r\n\r\n");
    peer.AwaitClose();
  });
  EXPECT_EQ(ErrorThrough(proxy),
            "get lease shop/web: the proxy 127.0.0.1 sent an answer that is "
            "not HTTP");
}

TEST(ProxyTest, AnAnswerWithoutEndIsCut) {
  LoopbackServer proxy([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 X\r\nA: ");
    while (peer.Send(std::string(1024, 'a'))) {
    }
  });
  EXPECT_EQ(ErrorThrough(proxy),
            "get lease shop/web: the proxy 127.0.0.1 sent an answer that is "
            "too long");
}

TEST(ProxyTest, SaysThatItClosedTheConnection) {
  LoopbackServer proxy([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Close();
  });
  EXPECT_EQ(ErrorThrough(proxy),
            "get lease shop/web: the proxy 127.0.0.1 closed the connection");
}

TEST(ProxyTest, ADeadlineEndsTheWaitForIt) {
  LoopbackServer proxy([](Peer& peer, int) { peer.AwaitClose(); });
  const std::string error = ErrorThrough(proxy, "", Soon());
  EXPECT_TRUE(Has(error, "to api.invalid:6443 (waited for the proxy 127.0.0.1"))
      << error;
}

TEST(ProxyTest, SaysThatNobodyIsThere) {
  int port = 0;
  {
    const LoopbackServer gone(Serve);
    port = gone.port();
  }
  ClusterConfig config;
  config.host = "api.invalid";
  config.proxy = Proxy{"127.0.0.1", port, ""};
  EXPECT_EQ(Get(config).error.message,
            "get lease shop/web: the proxy cannot be reached: 127.0.0.1:" +
                std::to_string(port) + " refused the connection");
}

// ------------------------------------------------------------------ names

SocketAddress Ipv4(const char* text, int port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, text, &in.sin_addr);
  SocketAddress address;
  std::memcpy(&address.bytes, &in, sizeof(in));
  address.size = sizeof(in);
  return address;
}

SocketAddress Ipv6Loopback(int port) {
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(static_cast<std::uint16_t>(port));
  in.sin6_addr = in6addr_loopback;
  SocketAddress address;
  std::memcpy(&address.bytes, &in, sizeof(in));
  address.size = sizeof(in);
  return address;
}

// "api.example", which has these addresses.
ClusterConfig Named(const LoopbackServer& server, LookUp look_up) {
  ClusterConfig config = server.Config();
  config.host = "api.example";
  config.resolver = std::make_shared<Resolver>("api.example", server.port(),
                                               std::move(look_up));
  return config;
}

TEST(NameTest, TriesEveryAddressOfBothFamilies) {
  LoopbackServer server(Serve);
  // Nobody listens on the first two.
  const ClusterConfig config = Named(server, [](const std::string&, int port) {
    return LookupAnswer{
        0,
        {Ipv6Loopback(port), Ipv4("127.0.0.2", port), Ipv4("127.0.0.1", port)}};
  });
  EXPECT_EQ(Get(config).status, ReadStatus::kFound);
  EXPECT_TRUE(Has(server.requests().at(0), "Host: api.example:"));
}

TEST(NameTest, AServerThatDoesNotAnswerIsNotTriedFirstAgain) {
  LoopbackServer server([](Peer& peer, int) { peer.AwaitClose(); });
  const ClusterConfig config = Named(server, [](const std::string&, int port) {
    return LookupAnswer{0, {Ipv4("127.0.0.1", port), Ipv4("127.0.0.2", port)}};
  });
  EXPECT_EQ(Get(config, Soon()).status, ReadStatus::kFailed);
  Waiter waiter(BootTime);
  const auto next = config.resolver->Resolve(waiter, FarAway());
  ASSERT_TRUE(next);
  EXPECT_EQ(next->addresses.at(0), Ipv4("127.0.0.2", server.port()));
}

TEST(NameTest, ADeadlineEndsACallWhoseLookupHangs) {
  auto gate = std::make_shared<std::promise<void>>();
  auto opened = gate->get_future().share();
  LoopbackServer server(Serve);
  const ClusterConfig config =
      Named(server, [opened](const std::string&, int port) {
        opened.wait();
        return LookupAnswer{0, {Ipv4("127.0.0.1", port)}};
      });
  const ReadAnswer read = Get(config, Soon());
  EXPECT_TRUE(Has(read.error.message, "(waited to look up its name)"))
      << read.error.message;
  gate->set_value();
  EXPECT_EQ(Get(config).status, ReadStatus::kFound);
}

// ---------------------------------------------------------------- plugins

constexpr char kVersion[] = "client.authentication.k8s.io/v1";

std::string Status(const std::string& fields) {
  return std::string(R"({"kind":"ExecCredential","apiVersion":")") + kVersion +
         R"(","status":{)" + fields + "}}";
}

ClusterConfig WithPlugin(const LoopbackServer& server, ExecSource::Run run) {
  ClusterConfig config = server.Config();
  // The plugin may run again after each look at the clock.
  auto now = std::make_shared<std::atomic<std::int64_t>>(0);
  config.exec_source = std::make_shared<ExecSource>(
      kVersion, std::move(run),
      ExecSource::Clocks{
          [now] { return Instant{std::chrono::minutes(++*now)}; },
          [] { return MicroTime{0}; }});
  return config;
}

// Accepts one token.
LoopbackServer::Script Accepting(const std::string& token) {
  return [token](Peer& peer, int) {
    for (std::string request; !(request = peer.ReadRequest()).empty();) {
      const bool accepted =
          Has(request, "Authorization: Bearer " + token + "\r\n");
      peer.Answer(accepted ? 200 : 401, accepted ? kLease : "{}");
    }
  };
}

TEST(PluginTest, ItsTokenIsSent) {
  LoopbackServer server(Accepting("one"));
  const auto config =
      WithPlugin(server, [](Waiter&) { return Status(R"("token":"one")"); });
  EXPECT_EQ(Get(config).status, ReadStatus::kFound);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(PluginTest, ATokenThatIsRefusedIsReplacedInTheSameCall) {
  LoopbackServer server(Accepting("2"));
  auto runs = std::make_shared<std::atomic<int>>(0);
  const auto config = WithPlugin(server, [runs](Waiter&) {
    return Status(R"("token":")" + std::to_string(++*runs) + "\"");
  });
  EXPECT_EQ(Get(config).status, ReadStatus::kFound);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(PluginTest, APluginThatCannotHelpLeavesTheRefusal) {
  LoopbackServer server(Accepting("other"));
  const auto config =
      WithPlugin(server, [](Waiter&) { return Status(R"("token":"one")"); });
  EXPECT_EQ(Get(config).error.http_status, 401);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(PluginTest, OneRunServesAllConnections) {
  LoopbackServer server(Accepting("one"));
  auto runs = std::make_shared<std::atomic<int>>(0);
  const auto config = WithPlugin(server, [runs](Waiter&) {
    ++*runs;
    return Status(R"("token":"one")");
  });
  for (int i = 0; i < 3; ++i) Get(config);
  EXPECT_EQ(*runs, 1);
}

TEST(PluginTest, ItsFailureIsTold) {
  LoopbackServer server(Accepting("one"));
  const auto config = WithPlugin(server, [](Waiter&) {
    return base::Result<std::string>(base::Error{"it ended with code 3"});
  });
  EXPECT_EQ(Get(config).error.message,
            "get lease shop/web: it ended with code 3");
  EXPECT_TRUE(server.requests().empty());
}

TEST(PluginTest, ItsCertificateIsShown) {
  const Certificate authority = MakeAuthority();
  std::string shown;
  LoopbackServer server(
      [&](Peer& peer, int index) {
        shown = peer.ClientName();
        Serve(peer, index);
      },
      MakeServerContext(MakeCertificate(authority, "server", "IP:127.0.0.1"),
                        authority));
  const Certificate own = MakeCertificate(authority, "web-7c9", "DNS:x");
  const auto json = [](std::string pem) {
    for (std::size_t at = 0; (at = pem.find('\n', at)) != std::string::npos;) {
      pem.replace(at, 1, "\\n");
    }
    return '"' + pem + '"';
  };
  ClusterConfig config = WithPlugin(
      server, [fields = "\"clientCertificateData\":" + json(own.pem) +
                        ",\"clientKeyData\":" + json(own.key_pem)](Waiter&) {
        return Status(fields);
      });
  config.tls = true;
  config.ca.data = authority.pem;
  EXPECT_EQ(Get(config).status, ReadStatus::kFound);
  EXPECT_EQ(shown, "web-7c9");
}

}  // namespace
}  // namespace k8s
