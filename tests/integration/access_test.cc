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
