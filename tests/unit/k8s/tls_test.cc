// Whom the client trusts, and who it says it is.
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <time.h>

#include <chrono>
#include <string>

#include "k8s/lease_client.h"
#include "tests/unit/k8s/certificates.h"
#include "tests/unit/k8s/loopback_server.h"
#include "tests/unit/k8s/temporary_folder.h"

namespace k8s {
namespace {

base::Instant BootTime() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return {std::chrono::seconds(now.tv_sec) +
          std::chrono::nanoseconds(now.tv_nsec)};
}

constexpr char kLease[] =
    R"({"kind":"Lease","metadata":{"name":"web","uid":"u",)"
    R"("resourceVersion":"6"},"spec":{"holderIdentity":")";

// Answers with a lease that is held by the client's certificate.
void Serve(Peer& peer, int) {
  while (!peer.ReadRequest().empty()) {
    peer.Answer(200, kLease + peer.ClientName() + "\"}}");
  }
}

class TlsTest : public testing::Test {
 protected:
  std::shared_ptr<SSL_CTX> ContextFor(const std::string& names, int days = 1) {
    return MakeServerContext(MakeCertificate(authority_, "server", names, days),
                             authority_);
  }
  ClusterConfig ConfigFor(const LoopbackServer& server) {
    ClusterConfig config = server.Config();
    config.tls = true;
    config.ca.data = authority_.pem;
    return config;
  }
  static ReadAnswer Get(const ClusterConfig& config) {
    LeaseClient client(config, {"shop", "web"}, "t", BootTime, nullptr);
    return client.Get(BootTime() + std::chrono::hours(1));
  }
  // The error of a read, without what differs from run to run.
  static std::string ErrorOf(const ClusterConfig& config) {
    std::string message = Get(config).error.message;
    const std::string port = ":" + std::to_string(config.port);
    const std::size_t at = message.find(port);
    return at == std::string::npos ? message : message.erase(at, port.size());
  }

  const Certificate authority_ = MakeAuthority();
};

TEST_F(TlsTest, TrustsAServerOfTheAuthorityAtItsAddress) {
  LoopbackServer server(Serve, ContextFor("IP:127.0.0.1"));
  EXPECT_EQ(Get(ConfigFor(server)).status, ReadStatus::kFound);
}

TEST_F(TlsTest, TrustsAServerOfTheAuthorityByItsName) {
  LoopbackServer server(Serve, ContextFor("DNS:localhost"));
  ClusterConfig config = ConfigFor(server);
  config.host = "localhost";
  const ReadAnswer read = Get(config);
  EXPECT_EQ(read.status, ReadStatus::kFound) << read.error.message;
}

TEST_F(TlsTest, DoesNotTrustAnotherAddress) {
  LoopbackServer server(Serve, ContextFor("IP:127.0.0.2,DNS:127.0.0.1"));
  EXPECT_EQ(ErrorOf(ConfigFor(server)),
            "get lease shop/web: the certificate of 127.0.0.1 is not trusted: "
            "it is not for \"127.0.0.1\"; use one of the names in it as "
            "server or tls-server-name");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(TlsTest, DoesNotTrustAnotherName) {
  LoopbackServer server(Serve, ContextFor("DNS:elsewhere,IP:127.0.0.1"));
  ClusterConfig config = ConfigFor(server);
  config.host = "localhost";
  EXPECT_EQ(ErrorOf(config),
            "get lease shop/web: the certificate of localhost is not trusted: "
            "it is not for \"localhost\"; use one of the names in it as "
            "server or tls-server-name");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(TlsTest, WantsTheNameThatIsSetInsteadOfTheAddress) {
  LoopbackServer server(Serve, ContextFor("DNS:api.example"));
  ClusterConfig config = ConfigFor(server);
  config.tls_server_name = "api.example";
  EXPECT_EQ(Get(config).status, ReadStatus::kFound);

  config.tls_server_name = "other.example";
  EXPECT_EQ(ErrorOf(config),
            "get lease shop/web: the certificate of 127.0.0.1 is not trusted: "
            "it is not for \"other.example\"; use one of the names in it as "
            "server or tls-server-name");
}

TEST_F(TlsTest, TrustsAnybodyWhenToldSo) {
  LoopbackServer server(Serve, ContextFor("DNS:elsewhere", /*days=*/-1));
  ClusterConfig config = ConfigFor(server);
  config.ca = {};
  EXPECT_EQ(Get(config).status, ReadStatus::kFailed);
  config.insecure_skip_tls_verify = true;
  EXPECT_EQ(Get(config).status, ReadStatus::kFound);
}

TEST_F(TlsTest, DoesNotTrustAnotherAuthority) {
  LoopbackServer server(Serve, ContextFor("IP:127.0.0.1"));
  ClusterConfig config = ConfigFor(server);
  config.ca.data = MakeAuthority().pem;
  const std::string error = ErrorOf(config);
  EXPECT_EQ(error.find("get lease shop/web: the certificate of 127.0.0.1 is "
                       "not trusted: "),
            0U)
      << error;
  EXPECT_NE(error.find("; check certificate-authority (in a pod: ca.crt)"),
            std::string::npos)
      << error;
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(TlsTest, DoesNotTrustAnExpiredCertificate) {
  LoopbackServer server(Serve, ContextFor("IP:127.0.0.1", /*days=*/-1));
  EXPECT_EQ(ErrorOf(ConfigFor(server)),
            "get lease shop/web: the certificate of 127.0.0.1 is not trusted: "
            "it has expired, or the clock of this machine is wrong");
}

TEST_F(TlsTest, DoesNotSpeakTls11) {
  const auto context = ContextFor("IP:127.0.0.1");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  LoopbackServer server(Serve, context);
  EXPECT_EQ(Get(ConfigFor(server)).status, ReadStatus::kFailed);
}

TEST_F(TlsTest, APlainServerIsGuessed) {
  LoopbackServer server([](Peer& peer, int) {
    peer.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.AwaitClose();
  });
  ClusterConfig config = ConfigFor(server);
  EXPECT_EQ(ErrorOf(config),
            "get lease shop/web: TLS with 127.0.0.1 failed: wrong version "
            "number; is it a plain http port?");
}

TEST_F(TlsTest, ShowsItsCertificate) {
  LoopbackServer server(Serve, ContextFor("IP:127.0.0.1"));
  const Certificate own = MakeCertificate(authority_, "web-7c9", "DNS:x");
  ClusterConfig config = ConfigFor(server);
  config.client_certificate.data = own.pem;
  config.client_key.data = own.key_pem;
  EXPECT_EQ(Get(config).lease.record.holder, "web-7c9");
}

TEST_F(TlsTest, AKeyOfAnotherCertificateIsAnError) {
  LoopbackServer server(Serve, ContextFor("IP:127.0.0.1"));
  ClusterConfig config = ConfigFor(server);
  config.client_certificate.data =
      MakeCertificate(authority_, "a", "DNS:x").pem;
  config.client_key.data = MakeCertificate(authority_, "b", "DNS:x").key_pem;
  EXPECT_EQ(ErrorOf(config),
            "get lease shop/web: the client key is not a private key in PEM "
            "form, or not the one of the client certificate");
}

TEST_F(TlsTest, ANewAuthorityInTheFileIsTakenWhenTheServerIsNotTrusted) {
  const TemporaryFolder folder;
  int connections = 0;
  LoopbackServer server(Serve, ContextFor("IP:127.0.0.1"));
  ClusterConfig config = ConfigFor(server);
  config.ca.file = folder.Put("ca.crt", MakeAuthority().pem);
  LeaseClient client(
      config, {"shop", "web"}, "t",
      [&] {
        // After the first look at the files, before the server
        // is found not to be trusted.
        if (++connections == 3) {
          folder.Put("ca.crt", authority_.pem);
        }
        return BootTime();
      },
      nullptr);
  const ReadAnswer read = client.Get(BootTime() + std::chrono::hours(1));
  EXPECT_EQ(read.status, ReadStatus::kFound) << read.error.message;
}

TEST_F(TlsTest, ANewClientCertificateIsShownOnANewConnection) {
  const TemporaryFolder folder;
  LoopbackServer server(Serve, ContextFor("IP:127.0.0.1"));
  const Certificate before = MakeCertificate(authority_, "before", "DNS:x");
  const Certificate after = MakeCertificate(authority_, "after", "DNS:x");
  ClusterConfig config = ConfigFor(server);
  config.client_certificate.file = folder.Put("tls.crt", before.pem);
  config.client_key.file = folder.Put("tls.key", before.key_pem);
  base::Duration later{0};
  LeaseClient client(
      config, {"shop", "web"}, "t", [&] { return BootTime() + later; },
      nullptr);
  const base::Instant deadline = BootTime() + std::chrono::hours(1);
  EXPECT_EQ(client.Get(deadline).lease.record.holder, "before");

  folder.Put("tls.crt", after.pem);
  later = std::chrono::seconds(2);
  EXPECT_EQ(client.Get(deadline).lease.record.holder, "before");
  folder.Put("tls.key", after.key_pem);
  later = std::chrono::seconds(4);
  EXPECT_EQ(client.Get(deadline).lease.record.holder, "after");
}

}  // namespace
}  // namespace k8s
