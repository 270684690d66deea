// The order of requests on the wire, ours beside client-go's, as the audit log
// of a real kube-apiserver has it.
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
  // The first `count`, once there are so many.
  std::vector<std::string> First(const std::string& user, std::size_t count) {
    std::vector<std::string> asked;
    EXPECT_TRUE(Eventually(kLong, [&] {
      asked = Asked(user);
      return asked.size() >= count;
    }));
    if (asked.size() > count) asked.resize(count);
    return asked;
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
                               Kubeconfig("theirs"), {});
  fleet::Agent ours({.name = "ours",
                     .identity = "ours",
                     .kubeconfig = Kubeconfig("ours"),
                     .lease = lease_,
                     .timing = fleet::Timing{},
                     .flags = {"--trust-new-lease"}},
                    folder_.path());

  EXPECT_THAT(First("theirs", 5),
              ElementsAre("get 404", "create 201", "update 200", "update 200",
                          "update 200"));
  EXPECT_THAT(First("ours", 6),
              ElementsAre("get 404", "update 201", "get 200", "update 200",
                          "update 200", "update 200"));
}

// A label edit makes client-go's next write a conflict. Ours has heard of it
// from its watch, or falls back in the same order.
TEST_F(WireTest, AnEditOfALabelInBetween) {
  const std::string peers_lease = lease_ + ".client-go";
  const fleet::ClientGo theirs("theirs", peers_lease, Kubeconfig("theirs"), {});
  fleet::Agent ours({.name = "ours",
                     .identity = "ours",
                     .kubeconfig = Kubeconfig("ours"),
                     .lease = lease_,
                     .timing = fleet::Timing{},
                     .flags = {"--trust-new-lease"}},
                    folder_.path());
  First("theirs", 5);
  First("ours", 6);
  const json label = {{"metadata", {{"labels", {{"edited", "yes"}}}}}};
  cluster_->PatchLease("default", peers_lease, label);
  cluster_->PatchLease("default", lease_, label);

  const auto conflict = [&](const char* user) {
    const auto asked = Asked(user);
    return std::find(asked.begin(), asked.end(), "update 409") - asked.begin();
  };
  const auto after = [&](const char* user, std::ptrdiff_t at) {
    auto asked = First(user, static_cast<std::size_t>(at) + 3);
    return std::vector<std::string>(asked.begin() + at, asked.end());
  };
  ASSERT_TRUE(Eventually(
      kLong, [&] { return conflict("theirs") < std::ssize(Asked("theirs")); }));
  const auto fallback = ElementsAre("update 409", "get 200", "update 200");
  EXPECT_THAT(after("theirs", conflict("theirs")), fallback);
  const std::ptrdiff_t seen = std::ssize(Asked("ours"));
  First("ours", static_cast<std::size_t>(seen) + 3);
  const auto asked = Asked("ours");
  const std::ptrdiff_t at = conflict("ours");
  if (at < std::ssize(asked)) {
    EXPECT_THAT(after("ours", at), fallback);
  } else {
    EXPECT_EQ(std::count(asked.begin(), asked.end(), "get 200"), 1);
  }
  EXPECT_EQ(cluster_->ReadLease("default", lease_)["metadata"]["labels"],
            label["metadata"]["labels"]);
}

}  // namespace
}  // namespace conformance
