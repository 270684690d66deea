// The test cluster itself: started once, then broken and mended by each test.
#include "tests/support/kubernetes_cluster.h"

#include <gtest/gtest.h>

#include <iostream>

namespace support {
namespace {

using nlohmann::json;
using std::chrono::seconds;

json Lease(const std::string& name) {
  return {{"apiVersion", "coordination.k8s.io/v1"},
          {"kind", "Lease"},
          {"metadata", {{"name", name}}},
          {"spec", {{"holderIdentity", "somebody"}}}};
}

class KubernetesClusterTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (KubernetesCluster::WhyNot()) return;
    const base::Instant start = BootNow();
    cluster_ = new KubernetesCluster({.api_servers = 2, .audit = true});
    std::cout << "two API servers ready after " << base::ToMs(BootNow() - start)
              << " ms\n";
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }
  void SetUp() override { REQUIRE_KUBERNETES(); }

  static KubernetesCluster* cluster_;
};
KubernetesCluster* KubernetesClusterTest::cluster_ = nullptr;

TEST_F(KubernetesClusterTest, AServiceAccountMayUseTheLeaseItWasGrantedOnly) {
  cluster_->CreateNamespace("shop");
  cluster_->CreateServiceAccount("shop", "web");
  cluster_->GrantLease("shop", "web", "system:serviceaccount:shop:web");
  const RestClient web = cluster_->As({
      .token = cluster_->ServiceAccountToken("shop", "web"),
  });

  EXPECT_EQ(web.Request("PUT", LeasePath("shop", "web"), Lease("web")).status,
            201);
  EXPECT_EQ(web.Request("GET", LeasePath("shop", "other")).status, 403);
}

TEST_F(KubernetesClusterTest, BothApiServersSeeOneStore) {
  cluster_->Must("POST", LeasesPath("default"), Lease("seen-by-both"));

  const Answer other =
      cluster_->Admin(1).Request("GET", LeasePath("default", "seen-by-both"));

  EXPECT_EQ(other.status, 200) << other.error << other.body;
}

TEST_F(KubernetesClusterTest, AKilledApiServerComesBackWithItsDataAndPort) {
  cluster_->Must("POST", LeasesPath("default"), Lease("survivor"));
  const int port = cluster_->port();

  cluster_->api_server().Kill();
  EXPECT_EQ(cluster_->Request("GET", "/readyz").status, 0);
  const base::Instant start = BootNow();
  cluster_->api_server().Start();
  cluster_->WaitReady();
  std::cout << "API server back after " << base::ToMs(BootNow() - start)
            << " ms\n";

  EXPECT_EQ(cluster_->port(), port);
  EXPECT_FALSE(cluster_->ReadLease("default", "survivor").is_null());
}

TEST_F(KubernetesClusterTest, AFrozenApiServerAnswersNobodyUntilItContinues) {
  cluster_->api_server().Freeze();
  const Answer frozen = cluster_->Request("GET", "/livez", nullptr,
                                          std::chrono::milliseconds(500));
  cluster_->api_server().Continue();

  EXPECT_EQ(frozen.status, 0);
  EXPECT_TRUE(Eventually(seconds(30), [] { return cluster_->Ready(); }));
}

TEST_F(KubernetesClusterTest, AKilledEtcdComesBackWithItsData) {
  cluster_->Must("POST", LeasesPath("default"), Lease("in-etcd"));

  cluster_->etcd().Kill();
  cluster_->etcd().Start();

  EXPECT_TRUE(Eventually(seconds(60), [] {
    return cluster_->Request("GET", LeasePath("default", "in-etcd")).ok();
  }));
}

TEST_F(KubernetesClusterTest, TheLeaseCanBeChangedAndDeletedByHand) {
  cluster_->Must("POST", LeasesPath("default"), Lease("by-hand"));

  cluster_->PatchLease("default", "by-hand",
                       {{"spec", {{"holderIdentity", "intruder"}}}});
  EXPECT_EQ(cluster_->ReadLease("default", "by-hand")["spec"]["holderIdentity"],
            "intruder");

  cluster_->DeleteLease("default", "by-hand");
  EXPECT_TRUE(cluster_->ReadLease("default", "by-hand").is_null());
}

TEST_F(KubernetesClusterTest, TheAuditLogNamesEachRequest) {
  cluster_->Request("GET", LeasePath("default", "asked-for-the-audit"));

  EXPECT_TRUE(Eventually(seconds(30), [] {
    return ReadFile(cluster_->audit_log()).find("asked-for-the-audit") !=
           std::string::npos;
  }));
}

}  // namespace
}  // namespace support
