#include "tests/fleet/fleet_test.h"

#include <algorithm>
#include <cctype>
#include <iostream>
#include <stdexcept>
#include <utility>

namespace fleet {
namespace {

using support::KubernetesCluster;

std::unique_ptr<KubernetesCluster>& TheCluster() {
  static std::unique_ptr<KubernetesCluster> cluster;
  return cluster;
}

class ClusterEnd : public testing::Environment {
 public:
  void TearDown() override { TheCluster().reset(); }
};
[[maybe_unused]] testing::Environment* const kClusterEnd =
    testing::AddGlobalTestEnvironment(new ClusterEnd);

// "<suite>.<test>-<n>", as names of leases go.
std::string NameOfThisTest(int run) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(test->test_suite_name()) + "." + test->name() +
                     "-" + std::to_string(run);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return c == '_' ? '-' : std::tolower(c);
  });
  return name;
}

}  // namespace

KubernetesCluster& FleetTest::cluster() {
  if (TheCluster()) return *TheCluster();
  // Each further test would wait a minute to hear the same.
  static bool tried = false;
  if (std::exchange(tried, true)) {
    throw std::runtime_error("the cluster did not start; see the first test");
  }
  TheCluster() = std::make_unique<KubernetesCluster>();
  return *TheCluster();
}

void FleetTest::SetUp() {
  REQUIRE_KUBERNETES();
  static int runs = 0;
  lease_ = NameOfThisTest(++runs);
  const std::string user = "agent-" + std::to_string(runs);
  const support::KeyPair agent =
      cluster().ClientCertificate(user, {"system:masters"});
  kubeconfig_ = cluster().Kubeconfig(user, {.certificate = agent});
  // The first line of a key is the same in all of them.
  constexpr std::size_t kLine = 65;
  const std::size_t body = agent.key_pem.find('\n') + 1;
  Secret(agent.key_pem.substr(body + kLine, kLine / 2));
  Secret(support::Base64(agent.key_pem).substr(2 * kLine, kLine));
}

void FleetTest::TearDown() {
  if (fleet_) {
    fleet_->ExpectNeverTwoLeaders();
    fleet_->ExpectSilentAbout(secrets_);
    if (HasFailure()) std::cout << fleet_->LastWords();
    fleet_.reset();
  }
  if (!TheCluster()) return;
  TheCluster()->KeepOneApiServer();
  for (support::Server* server : {&cluster().etcd(), &cluster().api_server()}) {
    if (server->Running()) {
      server->Continue();
    } else {
      server->Start();
    }
  }
  cluster().WaitReady();
}

Fleet& FleetTest::NewFleet(std::vector<std::string> flags, Timing timing,
                           base::Duration ask_every) {
  fleet_ = std::make_unique<Fleet>(FleetOptions{.lease = lease_,
                                                .kubeconfig = kubeconfig_,
                                                .timing = timing,
                                                .flags = std::move(flags),
                                                .ask_every = ask_every});
  return *fleet_;
}

std::string FleetTest::Holder() {
  const auto lease = ReadLease();
  if (!lease.is_object()) return "";
  return lease.at("spec").value("holderIdentity", "");
}

void FleetTest::Figure(std::string_view what, base::Duration took) {
  std::cout << "figure: " << what << ": "
            << static_cast<double>(took.count() / 1000) / 1000 << " ms\n";
}

}  // namespace fleet
