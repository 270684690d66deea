// What a pod really has: a service account whose one rule names one lease, and
// a token in a file that somebody rewrites.
#include "tests/fleet/fleet_test.h"

namespace fleet {
namespace {

using base::Instant;
using std::chrono::seconds;
using support::BootNow;
using support::Eventually;
using testing::HasSubstr;

constexpr char kNamespace[] = "shop";

class AccessTest : public FleetTest {
 protected:
  void SetUp() override {
    FleetTest::SetUp();
    if (IsSkipped() || HasFailure()) return;
    cluster().CreateNamespace(kNamespace);
    cluster().CreateServiceAccount(kNamespace, account());
    token_file_ = files_ / "token";
  }

  // One a test: what one test grants does not help the next one.
  const std::string& account() const { return lease(); }
  std::string Subject() const {
    return std::string("system:serviceaccount:") + kNamespace + ":" + account();
  }

  std::string NewToken() {
    std::string token = cluster().ServiceAccountToken(kNamespace, account());
    Secret(token);
    Secret(token.substr(token.rfind('.') + 1));  // Its signature.
    return token;
  }
  // A token that is good as long as its pod exists. The pod does not run
  // anywhere: it is only an object.
  std::string NewTokenOfPod(const std::string& pod) {
    const std::string path = std::string("/api/v1/namespaces/") + kNamespace;
    const nlohmann::json made = cluster().Must(
        "POST", path + "/pods",
        {{"apiVersion", "v1"},
         {"kind", "Pod"},
         {"metadata", {{"name", pod}}},
         {"spec",
          {{"serviceAccountName", account()},
           {"automountServiceAccountToken", false},
           {"containers", {{{"name", "main"}, {"image", "none"}}}}}}});
    const nlohmann::json answer = cluster().Must(
        "POST", path + "/serviceaccounts/" + account() + "/token",
        {{"apiVersion", "authentication.k8s.io/v1"},
         {"kind", "TokenRequest"},
         {"spec",
          {{"expirationSeconds", 3600},
           {"boundObjectRef",
            {{"apiVersion", "v1"},
             {"kind", "Pod"},
             {"name", pod},
             {"uid", made.at("metadata").at("uid")}}}}}});
    std::string token = answer.at("status").at("token");
    Secret(token);
    Secret(token.substr(token.rfind('.') + 1));
    return token;
  }
  void DeletePod(const std::string& pod) {
    cluster().Must(
        "DELETE",
        std::string("/api/v1/namespaces/") + kNamespace + "/pods/" + pod,
        {{"apiVersion", "v1"},
         {"kind", "DeleteOptions"},
         {"gracePeriodSeconds", 0}});
  }
  void WriteToken(const std::string& token) {
    support::WriteFile(token_file_, token);
  }

  // An agent that speaks with the token in the file, in the namespace of the
  // kubeconfig's context.
  Agent& AddWithTokenFile() {
    return fleet().Add({.kubeconfig = TokenKubeconfig()});
  }

 private:
  std::string TokenKubeconfig() {
    if (token_kubeconfig_.empty()) {
      token_kubeconfig_ = cluster().Kubeconfig(
          "token-" + lease(), {.token_file = token_file_}, kNamespace);
    }
    return token_kubeconfig_;
  }

  support::TempDir files_;
  std::string token_file_;
  std::string token_kubeconfig_;
};

TEST_F(AccessTest, OneRuleForOneNameIsEnoughForAWholeLife) {
  cluster().GrantLease(kNamespace, lease(), Subject());
  WriteToken(NewToken());
  NewFleet({"--stop-order=sidecar-last"});
  AddWithTokenFile();
  AddWithTokenFile();
  fleet().WaitForAll();

  Agent& first = fleet().WaitForLeader();
  fleet().WaitForRenewal(first);
  const Instant asked = BootNow();
  fleet().Stop(first);
  const Term next = fleet().WaitForTerm(asked);

  EXPECT_NE(next.agent, first.name());
  EXPECT_EQ(fleet().agent(next.agent).Metric("leader_elector_watch_live"), 1);
  for (const auto& [name, agent] : fleet().agents()) {
    EXPECT_THAT(agent->Log(), testing::Not(HasSubstr("403 Forbidden"))) << name;
  }
}

TEST_F(AccessTest, WithoutTheRuleItSaysWhatIsMissingAndGoesOnWhenItIsThere) {
  WriteToken(NewToken());
  NewFleet();
  Agent& agent = AddWithTokenFile();

  EXPECT_TRUE(Eventually(kLong, [&] {
    return agent.Log().find("403 Forbidden") != std::string::npos;
  }));
  EXPECT_THAT(agent.Log(), HasSubstr(R"(verb \"get\")"));
  const auto answer = agent.Ask();
  EXPECT_EQ(answer->status, 503);
  EXPECT_NE(answer->reason, "");

  cluster().GrantLease(kNamespace, lease(), Subject());
  fleet().WaitForLeader();
}

TEST_F(AccessTest, ARewrittenTokenFileIsReadAgain) {
  constexpr char kBad[] = "bm90LWEtdG9rZW4tYW55Ym9keS1nYXZlLW91dA";
  Secret(kBad);
  cluster().GrantLease(kNamespace, lease(), Subject());
  WriteToken(kBad);
  NewFleet({kAtOnce});
  Agent& agent = AddWithTokenFile();
  EXPECT_TRUE(Eventually(kLong, [&] {
    return agent.Log().find("cause=401") != std::string::npos;
  }));

  WriteToken(NewToken());
  const Instant written = BootNow();
  const Term term = fleet().WaitForTerm(written);
  Figure("token file rewritten to leading", term.first_yes - written);
}

// As the kubelet does it: the leader does not even notice.
TEST_F(AccessTest, ARotatedTokenCostsNothing) {
  cluster().GrantLease(kNamespace, lease(), Subject());
  WriteToken(NewToken());
  NewFleet({kAtOnce});
  Agent& leader = AddWithTokenFile();
  fleet().WaitForLeader();

  for (int i = 0; i < 3; ++i) {
    WriteToken(NewToken());
    fleet().WaitForRenewal(leader);
    fleet().WaitForRenewal(leader);
  }

  EXPECT_EQ(fleet().observer().Terms().size(), 1u);
}

// A pod that was deleted by force while its node is cut off from the kubelet's
// side only: the API server sends it away, it stops leading at its deadline,
// stays so, and says it once.
TEST_F(AccessTest, ATokenThatDiesWithItsPodEndsTheRole) {
  cluster().GrantLease(kNamespace, lease(), Subject());
  WriteToken(NewTokenOfPod(lease()));
  NewFleet({kAtOnce});
  Agent& leader = AddWithTokenFile();
  fleet().WaitForLeader();

  const Instant deleted = BootNow();
  DeletePod(lease());
  const LeaderAnswer no = fleet().WaitForNo(leader, deleted);
  Figure("pod deleted to /leader's no, D = 2 s", no.told.received - deleted);

  EXPECT_TRUE(Eventually(kLong, [&] {
    return leader.Metric(
               R"(leader_elector_api_requests_total{code="401",verb="get"})") >=
           3;
  }));
  EXPECT_EQ(fleet().observer().Terms().size(), 1u);
  const std::string log = leader.Log();
  int told = 0;
  for (std::size_t at = 0;
       (at = log.find("failed to read the lease", at)) != std::string::npos;
       ++at) {
    ++told;
  }
  EXPECT_EQ(told, 1) << log;
}

// The right is taken away: the role ends by its deadline, and the log says why.
TEST_F(AccessTest, ALostRuleEndsTheRoleInTime) {
  cluster().GrantLease(kNamespace, lease(), Subject());
  WriteToken(NewToken());
  NewFleet({kAtOnce});
  Agent& leader = AddWithTokenFile();
  fleet().WaitForLeader();

  const Instant revoked = BootNow();
  cluster().Must("DELETE",
                 "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/"
                 "rolebindings/leader-elector-" +
                     lease());
  fleet().WaitForNo(leader, revoked);

  EXPECT_THAT(leader.Log(), HasSubstr(R"(verb \"update\")"));
}

}  // namespace
}  // namespace fleet
