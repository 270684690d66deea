// Every way to a real API server: by a plugin's credentials, through a proxy,
// by name, over IPv6, and while its certificate and our authorities change.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/fleet/fleet_test.h"
#include "tests/support/connect_proxy.h"

namespace fleet {
namespace {

using base::Instant;
using nlohmann::json;
using std::chrono::seconds;
using support::BootNow;
using support::ConnectProxy;
using support::Eventually;
using support::KubernetesCluster;
using testing::HasSubstr;
using testing::Not;

class ConnectTest : public FleetTest {
 protected:
  // This test's kubeconfig with other values for its cluster and, if it is not
  // null, another user. A null value takes a key away.
  std::string Kubeconfig(const json& cluster, const json& user = nullptr) {
    json config = json::parse(support::ReadFile(kubeconfig()));
    config["clusters"][0]["cluster"].merge_patch(cluster);
    if (!user.is_null()) config["users"][0]["user"] = user;
    const std::string path =
        files_ / ("kubeconfig-" + std::to_string(++count_));
    support::WriteFile(path, config.dump());
    return path;
  }
  std::string Url(const std::string& host, int port) {
    return "https://" + host + ":" + std::to_string(port);
  }

  // One agent with that kubeconfig leads.
  Agent& LeadBy(const std::string& path) {
    NewFleet({kAtOnce}, kPatient);
    Agent& agent = fleet().Add({.kubeconfig = path});
    fleet().WaitForLeader();
    fleet().WaitForRenewal(agent);
    return agent;
  }

  void WriteProgram(const std::string& path, const std::string& lines) {
    const std::string draft = path + ".draft";
    support::WriteFile(draft, "#!/bin/sh\n" + lines);
    chmod(draft.c_str(), 0700);
    std::filesystem::rename(draft, path);
  }

  const support::TempDir& files() { return files_; }

 private:
  support::TempDir files_;
  int count_ = 0;
};

// ---------------------------------------------------------------- plugins

class ConnectPluginTest : public ConnectTest {
 protected:
  void SetUp() override {
    ConnectTest::SetUp();
    if (IsSkipped() || HasFailure()) return;
    cluster().CreateNamespace("shop");
    cluster().CreateServiceAccount("shop", lease());
    cluster().GrantLease("default", lease(),
                         "system:serviceaccount:shop:" + lease());
  }

  std::string NewToken() {
    std::string token = cluster().ServiceAccountToken("shop", lease());
    Secret(token);
    Secret(token.substr(token.rfind('.') + 1));  // Its signature.
    return token;
  }

  // A program that prints the token in the file "token", good for so long, and
  // a line into "runs".
  void WritePlugin(seconds lifetime) {
    const std::string date = "$(date -u -d '+" +
                             std::to_string(lifetime.count()) +
                             " seconds' +%Y-%m-%dT%H:%M:%SZ)";
    WriteProgram(
        files() / "plugin",
        "cd \"$1\" || exit 1\necho run >> runs\n"
        "printf '{\"kind\":\"ExecCredential\",\"apiVersion\":\"%s\","
        "\"status\":{\"token\":\"%s\",\"expirationTimestamp\":\"%s\"}}' "
        "\"$VERSION\" \"$(cat token)\" \"" +
            date + "\"\n");
  }
  void WriteHangingPlugin() {
    WriteProgram(files() / "plugin",
                 "cd \"$1\" || exit 1\necho run >> runs\nsleep 1000\n");
  }
  std::string PluginKubeconfig() {
    const char* version = "client.authentication.k8s.io/v1";
    return Kubeconfig(json::object(),
                      {{"exec",
                        {{"apiVersion", version},
                         {"command", "./plugin"},
                         {"args", {files().path()}},
                         {"env", {{{"name", "VERSION"}, {"value", version}}}},
                         {"interactiveMode", "Never"}}}});
  }
  std::ptrdiff_t Runs() {
    const std::string runs = support::ReadFile(files() / "runs");
    return std::count(runs.begin(), runs.end(), '\n');
  }
};

TEST_F(ConnectPluginTest, ItsTokenIsRenewedBeforeItExpires) {
  support::WriteFile(files() / "token", NewToken());
  WritePlugin(seconds(6));
  Agent& leader = LeadBy(PluginKubeconfig());

  for (int i = 0; i < 2; ++i) {
    const std::ptrdiff_t before = Runs();
    support::WriteFile(files() / "token", NewToken());
    ASSERT_TRUE(Eventually(kLong, [&] { return Runs() > before; }));
    fleet().WaitForRenewal(leader);
  }

  EXPECT_EQ(fleet().observer().Terms().size(), 1u);
  EXPECT_THAT(leader.Log(), Not(HasSubstr("cause=401")));
}

// The token at hand is good for an hour, the plugin says for seconds: what
// counts is what it says. Until then it is not waited for.
// Whether the old token is still good is for the API server to say: here it is,
// whatever time the plugin gave it.
TEST_F(ConnectPluginTest, OneThatHangsCostsNothingWhileTheServerTakesTheToken) {
  constexpr seconds kLifetime(6);
  support::WriteFile(files() / "token", NewToken());
  WritePlugin(kLifetime);
  NewFleet({kAtOnce});
  Agent& leader = fleet().Add({.kubeconfig = PluginKubeconfig()});
  fleet().WaitForLeader();
  WriteHangingPlugin();

  ASSERT_TRUE(Eventually(kLong, [&] { return Runs() > 1; }));
  const Instant hangs = BootNow();
  while (BootNow() < hangs + kLifetime) fleet().WaitForRenewal(leader);

  EXPECT_EQ(fleet().observer().Terms().size(), 1u);
}

TEST_F(ConnectPluginTest, ItsCertificateIsShown) {
  const support::KeyPair pair =
      cluster().ClientCertificate("plugin", {"system:masters"});
  support::WriteFile(files() / "credential",
                     json{{"kind", "ExecCredential"},
                          {"apiVersion", "client.authentication.k8s.io/v1"},
                          {"status",
                           {{"clientCertificateData", pair.certificate_pem},
                            {"clientKeyData", pair.key_pem}}}}
                         .dump());
  WriteProgram(files() / "plugin", "cat \"$1/credential\"\n");
  LeadBy(PluginKubeconfig());
}

// ------------------------------------------------------- proxies and names

TEST_F(ConnectTest, ThroughAProxyThatWantsAPassword) {
  Secret("pr0xy-s3cret");
  const std::string authorization =
      "Basic " + support::Base64("me:pr0xy-s3cret");
  Secret(authorization.substr(6));
  ConnectProxy proxy({.authorization = authorization});
  Agent& leader =
      LeadBy(Kubeconfig({{"proxy-url", "http://me:pr0xy-s3cret@127.0.0.1:" +
                                           std::to_string(proxy.port())}}));

  EXPECT_THAT(proxy.targets(),
              testing::Each("127.0.0.1:" + std::to_string(cluster().port())));
  // The requests and the watch.
  EXPECT_GE(proxy.targets().size(), 2u);
  EXPECT_THAT(leader.Log(), Not(HasSubstr("failed")));
}

TEST_F(ConnectTest, AProxyThatRefusesIsTold) {
  ConnectProxy proxy({.authorization = "Basic other"});
  NewFleet();
  Agent& agent = fleet().Add(
      {.kubeconfig =
           Kubeconfig({{"proxy-url",
                        "http://127.0.0.1:" + std::to_string(proxy.port())}})});
  EXPECT_TRUE(Eventually(kLong, [&] {
    return agent.Log().find("it answered 407") != std::string::npos;
  }));
}

TEST_F(ConnectTest, ByAName) {
  LeadBy(Kubeconfig({{"server", Url("localhost", cluster().port())}}));
}

TEST_F(ConnectTest, OverIpv6) {
  // The API server listens on 127.0.0.1 only.
  ConnectProxy ipv6({.address = "::1", .fixed_port = cluster().port()});
  LeadBy(Kubeconfig({{"server", Url("[::1]", ipv6.port())}}));
  EXPECT_GE(ipv6.connections(), 2);
}

TEST_F(ConnectTest, ByTheNameInTheCertificate) {
  LeadBy(Kubeconfig({{"tls-server-name", "kubernetes.default.svc"}}));
}

TEST_F(ConnectTest, WithoutACheckThereIsAWarning) {
  const Agent& leader =
      LeadBy(Kubeconfig({{"certificate-authority-data", nullptr},
                         {"insecure-skip-tls-verify", true}}));
  EXPECT_THAT(leader.Log(), HasSubstr("level=warn"));
  EXPECT_THAT(leader.Log(), HasSubstr("insecure-skip-tls-verify is set"));
}

// --------------------------------------------------------------- rotation

// An API server of its own, whose certificate a test changes. It takes up a new
// one by itself, as kube-apiserver does for real.
class ConnectRotationTest : public ConnectTest {
 protected:
  void SetUp() override {
    ConnectTest::SetUp();
    if (IsSkipped() || HasFailure()) return;
    own_ = std::make_unique<KubernetesCluster>();
    Trust(own_->authority_pem());
    const support::KeyPair agent =
        own_->ClientCertificate("agent", {"system:masters"});
    NewFleet({kAtOnce}, kPatient);
    const std::string path = Kubeconfig(
        {{"server", Url("127.0.0.1", own_->port())},
         {"certificate-authority-data", nullptr},
         {"certificate-authority", files() / "ca.crt"}},
        {{"client-certificate-data", support::Base64(agent.certificate_pem)},
         {"client-key-data", support::Base64(agent.key_pem)}});
    fleet().Add({.kubeconfig = path});
    fleet().Add({.kubeconfig = path});
    leader_ = &fleet().WaitForLeader();
  }

  // What the agents trust from now on. A new text makes them connect anew.
  void Trust(const std::string& pem) {
    support::WriteFile(files() / "ca.crt", pem);
  }
  // The API server has a certificate of `authority` from now on.
  void Serve(support::Authority& authority) {
    const support::KeyPair pair =
        authority.Server("kube-apiserver", {"IP:127.0.0.1"});
    // In place: where a file is replaced, kube-apiserver may lose sight of it,
    // and looks again a minute later.
    std::ofstream(own_->folder() / "server.key") << pair.key_pem;
    std::ofstream(own_->folder() / "server.crt") << pair.certificate_pem;
    const support::RestClient client(
        {.port = own_->port(), .authority_pem = authority.certificate_pem()});
    ASSERT_TRUE(Eventually(2 * kLong, [&] {
      return client.Request("GET", "/livez").status != 0;
    })) << "the API server has not taken up its new certificate";
  }
  // Two renewals: the first one may have been on its way already.
  void WaitForRenewals() {
    fleet().WaitForRenewal(*leader_);
    fleet().WaitForRenewal(*leader_);
  }

  std::unique_ptr<KubernetesCluster> own_;
  Agent* leader_ = nullptr;
};

// As it is done well: the new authority is trusted before it is used.
TEST_F(ConnectRotationTest, ANewAuthorityBesideTheOldOneCostsNothing) {
  support::Authority next("next");

  Trust(own_->authority_pem() + next.certificate_pem());
  WaitForRenewals();
  Serve(next);
  WaitForRenewals();
  Trust(next.certificate_pem());
  WaitForRenewals();

  EXPECT_EQ(fleet().observer().Terms().size(), 1u);
  for (const auto& [name, agent] : fleet().agents()) {
    EXPECT_THAT(agent->Log(), Not(HasSubstr("not trusted"))) << name;
  }
}

// As it is done badly: for a while nobody trusts the server.
TEST_F(ConnectRotationTest, AnAuthorityThatComesLateIsTakenUpAtOnce) {
  support::Authority next("next");
  Serve(next);
  Trust(own_->authority_pem() + "\n");
  ASSERT_TRUE(Eventually(kLong, [&] {
    return leader_->Log().find("not trusted") != std::string::npos;
  }));

  Trust(own_->authority_pem() + next.certificate_pem());
  const Instant trusted = BootNow();
  fleet().WaitForRenewal(*leader_);
  Figure("authority trusted to the next renewal, R = 2 s", BootNow() - trusted);
  EXPECT_EQ(fleet().observer().Terms().size(), 1u);
}

}  // namespace
}  // namespace fleet
