// Programs that were written for leader-elector:0.5 and nais/elector, as their
// users write them, against our agent: they go on working.
#include <unistd.h>

#include "tests/fleet/fleet_test.h"

namespace conformance {
namespace {

using fleet::Agent;
using fleet::kLong;
using nlohmann::json;
using support::Eventually;

// Asks the sidecar of a pod who leads and compares it with the pod's name.
constexpr char kBash[] =
    "[ \"$(curl -s http://localhost:$PORT | jq -r .name)\" = \"$HOSTNAME\" ]";
// The variables that nais gives to its applications.
constexpr char kNais[] =
    "[ \"$(curl -s \"$ELECTOR_GET_URL\" | jq -r .name)\" = \"$HOSTNAME\" ] && "
    "[ \"$(curl -s \"$ELECTOR_PATH\" | jq -r .name)\" = \"$HOSTNAME\" ]";

class OldClientsTest : public fleet::FleetTest {
 protected:
  void SetUp() override {
    for (const char* tool : {"/usr/bin/curl", "/usr/bin/jq"}) {
      if (access(tool, X_OK) != 0) {
        SKIP_OR_FAIL_IN_CI(std::string(tool) + " is missing");
      }
    }
    FleetTest::SetUp();
  }

  // As the program beside `agent`, in a pod of that name.
  static bool SaysItLeads(const Agent& agent, const char* program) {
    const std::string port = std::to_string(agent.http_port());
    support::Process bash(
        {.program = "/bin/bash",
         .args = {"-c", program},
         .environment = {{"HOSTNAME", agent.name()},
                         {"PORT", port},
                         {"ELECTOR_PATH", "localhost:" + port},
                         {"ELECTOR_GET_URL", "http://localhost:" + port + "/"},
                         {"no_proxy", "*"}},
         .output = "/dev/null"});
    return bash.Wait(kLong) == support::ExitStatus{.code = 0};
  }

  void ExpectOnlyTheLeaderToSayIt(const char* program) {
    fleet::Fleet& fleet = NewFleet({fleet::kAtOnce}, fleet::kPatient);
    fleet.Start(3);
    fleet.WaitForAll();
    const Agent& leader = fleet.WaitForLeader();
    for (const auto& [name, agent] : fleet.agents()) {
      EXPECT_EQ(SaysItLeads(*agent, program), name == leader.name()) << name;
    }
  }
};

TEST_F(OldClientsTest, OnlyTheLeadersShellScriptSaysItLeads) {
  ExpectOnlyTheLeaderToSayIt(kBash);
}

TEST_F(OldClientsTest, OnlyTheLeadersNaisApplicationSaysItLeads) {
  ExpectOnlyTheLeaderToSayIt(kNais);
}

// What the old ones answer: {"name":"..."}, and nais/elector last_update too.
TEST_F(OldClientsTest, AllAgentsNameTheSamePod) {
  fleet::Fleet& fleet = NewFleet({fleet::kAtOnce}, fleet::kPatient);
  fleet.Start(2);
  fleet.WaitForAll();
  const std::string leader = fleet.WaitForLeader().name();

  for (const auto& [name, agent] : fleet.agents()) {
    json said;
    EXPECT_TRUE(Eventually(
        kLong,
        [&] {
          const auto reply =
              fleet::LocalClient(agent->http_port()).Get("/", kLong);
          said =
              reply && reply->status == 200 ? json::parse(reply->body) : json();
          return said.value("name", "") == leader;
        }))
        << name << " says " << said;
    EXPECT_EQ(said.size(), 2u);
    EXPECT_TRUE(said["last_update"].is_string());
  }
}

// Guarded: with the old names it starts only once the old fleet is stopped.
TEST_F(OldClientsTest, TheOldCommandLineLeads) {
  const support::FreePort port;
  support::TempDir folder;
  std::vector<std::string> args = {"--election=" + lease(),
                                   "--election-namespace=default",
                                   "--http=localhost:" + port.text(),
                                   "--ttl=3s",
                                   "--id=pod-1",
                                   "--kubeconfig=" + kubeconfig(),
                                   "--metrics-address=off"};
  support::Process guarded(
      {.program = AGENT_PROGRAM, .args = args, .output = folder / "guarded"});
  EXPECT_EQ(guarded.Wait(kLong), (support::ExitStatus{.code = 2}));
  EXPECT_THAT(guarded.Output(), testing::HasSubstr("add --old-fleet-stopped"));

  args.emplace_back("--old-fleet-stopped");
  support::Process agent(
      {.program = AGENT_PROGRAM, .args = args, .output = folder / "agent"});

  EXPECT_TRUE(Eventually(kLong, [&] {
    const auto reply = fleet::LocalClient(port.number()).Get("/", kLong);
    return reply && json::parse(reply->body).value("name", "") == "pod-1";
  })) << agent.Output();
}

}  // namespace
}  // namespace conformance
