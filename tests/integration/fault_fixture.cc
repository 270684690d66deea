#include "tests/integration/fault_fixture.h"

namespace fleet {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using support::BootNow;
using support::Eventually;

Fleet& FaultTest::NewFleet(std::vector<std::string> flags, Timing timing,
                           Duration ask_every) {
  return FleetTest::NewFleet(std::move(flags), timing, ask_every);
}

std::string FaultTest::KubeconfigTo(int port) {
  const std::string name = lease() + "-" + std::to_string(++kubeconfigs_);
  return cluster().Kubeconfig(name,
                              {.certificate = cluster().ClientCertificate(
                                   name.substr(0, 60), {"system:masters"})},
                              "default", port);
}

Agent& FaultTest::AddBy(int port, AgentOptions changes) {
  changes.kubeconfig = KubeconfigTo(port);
  return fleet().Add(std::move(changes));
}

std::unique_ptr<support::ApiGateway> FaultTest::NewGateway() {
  return std::make_unique<support::ApiGateway>(
      cluster().ServerCertificate("gateway"), cluster().Admin().endpoint());
}

void FaultTest::WaitForWatches() {
  for (const auto& [name, agent] : fleet().agents()) {
    const auto live = [&agent = *agent] {
      return !agent.process().Running() ||
             agent.Metric("leader_elector_watch_live") == 1;
    };
    const bool open = Eventually(kLong, live, milliseconds(50));
    ASSERT_TRUE(open) << name << " has no watch\n" << agent->Log();
  }
}

void FaultTest::WaitForLog(const Agent& agent, const std::string& text) {
  ASSERT_TRUE(Eventually(kLong, [&] { return Logged(agent, text); }))
      << agent.name() << " has not logged " << text;
}

int FaultTest::Answers(const Agent& agent, const std::string& verb,
                       const std::string& code) {
  return static_cast<int>(
      agent.Metric("leader_elector_api_requests_total{code=\"" + code +
                   "\",verb=\"" + verb + "\"}"));
}

std::string FaultTest::RenewTime() {
  const auto lease = ReadLease();
  if (!lease.is_object()) return "";
  return lease.at("spec").value("renewTime", "");
}

void FaultTest::WaitForAnotherRenewTime() {
  const std::string before = RenewTime();
  ASSERT_TRUE(Eventually(
      kLong, [&] { return RenewTime() != before; }, milliseconds(100)));
}

void FaultTest::LetPass(Duration duration) {
  const Instant end = BootNow() + duration;
  Eventually(duration + kLong, [&] { return BootNow() >= end; });
}

void FaultTest::ExpectOneTerm() {
  EXPECT_EQ(fleet().observer().Terms().size(), 1u);
}

Term FaultTest::ExpectToBeReplaced(const Agent& first) {
  const Term old = fleet().observer().Terms().back();
  EXPECT_EQ(old.agent, first.name());
  const Term next = fleet().WaitForTerm(old.promised_until);
  EXPECT_NE(next.agent, first.name());
  EXPECT_GT(next.token, old.token);
  return next;
}

}  // namespace fleet
