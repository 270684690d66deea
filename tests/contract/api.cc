#include "tests/contract/api.h"

#include <algorithm>
#include <cstdlib>

#include "tests/support/file_port_wait.h"
#include "tests/support/process.h"

namespace contract {
namespace {

using nlohmann::json;

class KubeApiserver : public Api {
 public:
  KubeApiserver() {
    const json rules = {{{"apiGroups", {"coordination.k8s.io"}},
                         {"resources", {"leases"}},
                         {"verbs", {"*"}}}};
    const std::string user = "user";
    cluster_.CreateNamespace(kNamespace);
    cluster_.CreateServiceAccount(kNamespace, user);
    cluster_.Grant(kNamespace, user, rules, Account(user));
    token_ = cluster_.ServiceAccountToken(kNamespace, user);
    const bool granted = support::Eventually(std::chrono::seconds(30), [&] {
      return User().Request("GET", support::LeasesPath(kNamespace)).ok();
    });
    if (!granted) throw std::runtime_error("the test's user was not granted");
  }

  static std::string Account(const std::string& name) {
    return std::string("system:serviceaccount:") + kNamespace + ":" + name;
  }
  support::RestClient User() const override { return WithToken(token_); }
  support::RestClient WithToken(const std::string& token) const override {
    return cluster_.As({.token = token});
  }
  // A new process has seen no change from before its start.
  void ForgetOldVersions() override {
    cluster_.api_server().Kill();
    cluster_.api_server().Start();
    cluster_.WaitReady();
  }
  support::KubernetesCluster& cluster() { return cluster_; }

 private:
  support::KubernetesCluster cluster_;
  std::string token_;
};

class Standin : public Api {
 public:
  Standin()
      : process_({.program = KUBE_STANDIN,
                  .args = {"--port=0", "--kubeconfig=" + kubeconfig(),
                           std::string("--namespace=") + kNamespace,
                           "--bookmark-seconds=1",
                           "--events-kept=" + std::to_string(kEventsKept)},
                  .output = folder_ / "log"}) {
    const bool up = support::Eventually(std::chrono::seconds(60), [&] {
      return !process_.Running() ||
             process_.Output().find("port=") != std::string::npos;
    });
    if (!up || !process_.Running()) {
      throw std::runtime_error("kube-standin: " + process_.Output());
    }
    // It is JSON, which is YAML too.
    const json config = json::parse(support::ReadFile(kubeconfig()));
    const json& cluster = config.at("clusters").at(0).at("cluster");
    const std::string server = cluster.at("server").get<std::string>();
    endpoint_.port = std::stoi(server.substr(server.rfind(':') + 1));
    endpoint_.authority_pem = support::FromBase64(
        cluster.at("certificate-authority-data").get<std::string>());
    endpoint_.token = config.at("users").at(0).at("user").at("token");
  }

  support::RestClient User() const override {
    return support::RestClient(endpoint_);
  }
  support::RestClient WithToken(const std::string& token) const override {
    support::Endpoint other = endpoint_;
    other.token = token;
    return support::RestClient(other);
  }
  // It keeps the last kEventsKept changes.
  void ForgetOldVersions() override {
    const std::string path = support::LeasePath(kNamespace, "filler");
    for (int i = 0; i < kEventsKept; ++i) {
      json lease = {{"metadata", {{"name", "filler"}}}};
      User().Request("PUT", path, lease);
      User().Request("DELETE", path);
    }
  }

 private:
  static constexpr int kEventsKept = 50;

  std::string kubeconfig() const { return folder_ / "kubeconfig"; }

  support::TempDir folder_;
  support::Process process_;
  support::Endpoint endpoint_;
};

// Ends both servers after the last test.
class Servers : public testing::Environment {
 public:
  void TearDown() override {
    real_.reset();
    standin_.reset();
  }
  KubeApiserver& real() {
    if (!real_) real_ = std::make_unique<KubeApiserver>();
    return *real_;
  }
  Standin& standin() {
    if (!standin_) standin_ = std::make_unique<Standin>();
    return *standin_;
  }

 private:
  std::unique_ptr<KubeApiserver> real_;
  std::unique_ptr<Standin> standin_;
};

Servers* const servers =
    static_cast<Servers*>(testing::AddGlobalTestEnvironment(new Servers));

// "ConflictIsRefused" -> "conflict-is-refused": a name Kubernetes takes.
std::string LeaseNameFor(const std::string& test) {
  std::string result;
  for (const char c : test) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !result.empty()) result += '-';
    result += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

}  // namespace

std::string NameOf(const testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::kKubeApiserver ? "KubeApiserver" : "Standin";
}

support::KubernetesCluster& RealCluster() { return servers->real().cluster(); }

std::int64_t Version(const json& lease) {
  return std::stoll(
      lease.at("metadata").at("resourceVersion").get<std::string>());
}

void ContractTest::SetUp() {
  const bool real = GetParam() == Kind::kKubeApiserver;
  const bool record = std::getenv("LEADER_ELECTOR_RECORD") != nullptr;
  if (record && !real) GTEST_SKIP() << "only the real API server is recorded";
  if (real) REQUIRE_KUBERNETES();
  if (real) {
    api_ = &servers->real();
  } else {
    api_ = &servers->standin();
  }
  const auto& info = *testing::UnitTest::GetInstance()->current_test_info();
  const std::string test = info.name();
  const std::string suite = info.test_suite_name();
  const std::string bare = test.substr(0, test.find('/'));
  name_ = LeaseNameFor(bare);
  recording_ = std::make_unique<Recording>(
      suite.substr(suite.find('/') + 1) + "." + bare, record);
}

void ContractTest::TearDown() {
  if (recording_ && !IsSkipped() && !HasFailure()) recording_->Finish();
}

support::Answer ContractTest::Do(const std::string& step,
                                 const std::string& method,
                                 const std::string& path, const json& body) {
  support::Answer answer = api().User().Request(method, path, body);
  Keep(step, answer);
  return answer;
}

json ContractTest::NewLease() const {
  return {{"apiVersion", "coordination.k8s.io/v1"},
          {"kind", "Lease"},
          {"metadata", {{"name", name_}}},
          {"spec",
           {{"holderIdentity", "first"},
            {"leaseDurationSeconds", 15},
            {"acquireTime", "2026-01-02T03:04:05.000006Z"},
            {"renewTime", "2026-01-02T03:04:05.000006Z"},
            {"leaseTransitions", 0}}}};
}

json ContractTest::Create() {
  const support::Answer answer =
      api().User().Request("POST", all(), NewLease());
  EXPECT_EQ(answer.status, 201) << answer.error << answer.body;
  return answer.Json();
}

}  // namespace contract
