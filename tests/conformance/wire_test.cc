// The order of requests on the wire, ours beside client-go's, as the audit log
// of a real kube-apiserver has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/fleet/client_go.h"
#include "tests/fleet/fleet.h"
#include "tests/support/kubernetes_cluster.h"

namespace conformance {
namespace {

using fleet::kLong;
using nlohmann::json;
using support::Eventually;
using support::KubernetesCluster;
using testing::ElementsAre;

// A busy machine loses no lease; renewals come soon all the same.
constexpr fleet::Timing kTiming{std::chrono::seconds(60),
                                std::chrono::seconds(40),
                                std::chrono::milliseconds(500)};

class WireTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!KubernetesCluster::WhyNot() && !fleet::ClientGo::WhyNot()) {
      cluster_ = new KubernetesCluster({.audit = true});
    }
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }
  void SetUp() override {
    REQUIRE_KUBERNETES();
    REQUIRE_CLIENT_GO();
    lease_ = testing::UnitTest::GetInstance()->current_test_info()->name();
    for (char& c : lease_) c = static_cast<char>(std::tolower(c));
  }

  std::string Kubeconfig(const std::string& user) {
    return cluster_->Kubeconfig(lease_ + "." + user, {"system:masters"});
  }
  // "get 404", "create 201", ... of `user` for the test's lease, its watches
  // left out. PUT is "update" even where it creates.
  std::vector<std::string> Asked(const std::string& user) const {
    std::vector<std::string> asked;
    std::istringstream lines(support::ReadFile(cluster_->audit_log()));
    for (std::string line; std::getline(lines, line);) {
      const json event = json::parse(line, nullptr, /*allow_exceptions=*/false);
      if (!event.is_object() ||
          event.value("stage", "") != "ResponseComplete" ||
          event["user"].value("username", "") != lease_ + "." + user ||
          event["verb"] == "watch") {
        continue;
      }
      asked.push_back(
          event["verb"].get<std::string>() + " " +
          std::to_string(event["responseStatus"]["code"].get<int>()));
    }
    return asked;
  }
  // Repetitions left out: more renewals, and second tries at a server that was
  // slow to answer. The first `count`, once there are so many.
  std::vector<std::string> Order(const std::string& user, std::size_t count) {
    std::vector<std::string> order;
    EXPECT_TRUE(Eventually(kLong, [&] {
      order = Asked(user);
      order.erase(std::unique(order.begin(), order.end()), order.end());
      return order.size() >= count;
    }));
    if (order.size() > count) order.resize(count);
    return order;
  }
  // From the first write on that met another's: three requests. Empty: none
  // has so far, or it was just now.
  std::vector<std::string> AfterAConflict(const std::string& user) const {
    const std::vector<std::string> asked = Asked(user);
    const auto at = std::find(asked.begin(), asked.end(), "update 409");
    if (asked.end() - at < 3) return {};
    return {at, at + 3};
  }

  static KubernetesCluster* cluster_;
  std::string lease_;
  support::TempDir folder_;
};

KubernetesCluster* WireTest::cluster_ = nullptr;

// Ours never creates by POST, which a Role cannot limit to one lease, and takes
// the empty lease by a write of its own, after one more read.
TEST_F(WireTest, FastPath) {
  const fleet::ClientGo theirs("theirs", lease_ + ".client-go",
                               Kubeconfig("theirs"), kTiming);
  fleet::Agent ours({.name = "ours",
                     .identity = "ours",
                     .kubeconfig = Kubeconfig("ours"),
                     .lease = lease_,
                     .timing = kTiming,
                     .flags = {"--trust-new-lease"}},
                    folder_.path());

  EXPECT_THAT(Order("theirs", 3),
              ElementsAre("get 404", "create 201", "update 200"));
  EXPECT_THAT(Order("ours", 4),
              ElementsAre("get 404", "update 201", "get 200", "update 200"));
}

// A label edit makes client-go's next write a conflict. Ours has heard of it
// from its watch, or falls back in the same order.
TEST_F(WireTest, AnEditOfALabelInBetween) {
  const std::string peers_lease = lease_ + ".client-go";
  const fleet::ClientGo theirs("theirs", peers_lease, Kubeconfig("theirs"),
                               kTiming);
  fleet::Agent ours({.name = "ours",
                     .identity = "ours",
                     .kubeconfig = Kubeconfig("ours"),
                     .lease = lease_,
                     .timing = kTiming,
                     .flags = {"--trust-new-lease"}},
                    folder_.path());
  Order("theirs", 3);
  Order("ours", 4);
  const json label = {{"metadata", {{"labels", {{"edited", "yes"}}}}}};
  cluster_->PatchLease("default", peers_lease, label);
  cluster_->PatchLease("default", lease_, label);
  const std::size_t before = Asked("ours").size();

  EXPECT_TRUE(
      Eventually(kLong, [&] { return !AfterAConflict("theirs").empty(); }));
  const auto fallback = ElementsAre("update 409", "get 200", "update 200");
  EXPECT_THAT(AfterAConflict("theirs"), fallback);
  EXPECT_TRUE(Eventually(kLong, [&] {
    return Asked("ours").size() >= before + 4;
  })) << "it renews no more";
  const auto ours_asked = AfterAConflict("ours");
  if (!ours_asked.empty()) {
    EXPECT_THAT(ours_asked, fallback);
  }
  EXPECT_EQ(cluster_->ReadLease("default", lease_)["metadata"]["labels"],
            label["metadata"]["labels"]);
}

}  // namespace
}  // namespace conformance
