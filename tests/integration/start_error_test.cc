// What goes wrong at the start, as the person sees it who has to mend it: an
// exit code, and a sentence that says what and where.
#include "tests/fleet/fleet_test.h"

namespace fleet {
namespace {

using std::chrono::seconds;
using support::Eventually;
using support::ExitStatus;
using support::FreePort;
using support::Process;
using testing::AllOf;
using testing::HasSubstr;

class StartErrorTest : public FleetTest {
 protected:
  // Starts it with a name, a kubeconfig and free ports; later flags win.
  Process& Start(const std::vector<std::string>& flags) {
    std::vector<std::string> args = {
        "--lease-name=" + lease(), "--kubeconfig=" + kubeconfig(),
        "--http-address=127.0.0.1:0", "--metrics-address=127.0.0.1:0"};
    for (const std::string& flag : flags) {
      const std::string name = flag.substr(0, flag.find('='));
      std::erase_if(args, [&](const std::string& arg) {
        return arg.substr(0, arg.find('=')) == name;
      });
      args.push_back(flag);
    }
    process_ = std::make_unique<Process>(support::ProcessOptions{
        .program = AGENT_PROGRAM, .args = args, .output = folder_ / "log"});
    return *process_;
  }

  void ExpectExit(int code) {
    EXPECT_EQ(process_->Wait(kLong), (ExitStatus{.code = code}))
        << process_->Output();
  }
  bool Says(const std::string& text) {
    return Eventually(kLong, [&] {
      return process_->Output().find(text) != std::string::npos;
    });
  }
  std::string Log() { return process_->Output(); }

  const support::TempDir& folder() { return folder_; }

 private:
  support::TempDir folder_;
  std::unique_ptr<Process> process_;
};

TEST_F(StartErrorTest, APortInUse) {
  NewFleet({}, kPatient);
  const Agent& other = fleet().Add();
  fleet().WaitForAll();
  const std::string taken = "127.0.0.1:" + std::to_string(other.http_port());

  Start({"--http-address=" + taken});
  ExpectExit(1);
  EXPECT_THAT(Log(), AllOf(HasSubstr(taken), HasSubstr("in use")));
}

TEST_F(StartErrorTest, AMetricsPortInUse) {
  NewFleet({}, kPatient);
  const Agent& other = fleet().Add();
  fleet().WaitForAll();
  const std::string taken = "127.0.0.1:" + std::to_string(other.metrics_port());

  Start({"--metrics-address=" + taken});
  ExpectExit(1);
  EXPECT_THAT(Log(), AllOf(HasSubstr(taken), HasSubstr("in use")));
}

TEST_F(StartErrorTest, AnAddressThatThisMachineDoesNotHave) {
  Start({"--metrics-address=192.0.2.1:4041"});
  ExpectExit(1);
  EXPECT_THAT(Log(), HasSubstr("192.0.2.1:4041"));
}

TEST_F(StartErrorTest, AnAddressThatIsNone) {
  Start({"--http-address=127.0.0.1:99999"});
  ExpectExit(2);
  EXPECT_THAT(Log(), AllOf(HasSubstr("--http-address"), HasSubstr("99999")));
}

TEST_F(StartErrorTest, ALeaderAddressThatOtherPodsReach) {
  Start({"--http-address=0.0.0.0:4040"});
  ExpectExit(2);
  EXPECT_THAT(Log(), AllOf(HasSubstr("--http-address"), HasSubstr("loopback")));
}

TEST_F(StartErrorTest, AFlagThatDoesNotExist) {
  Start({"--lease-durration=3s"});
  ExpectExit(2);
  EXPECT_THAT(Log(), HasSubstr("--lease-duration"));
}

TEST_F(StartErrorTest, AMissingKubeconfig) {
  const std::string missing = folder() / "no-such-kubeconfig";
  Start({"--kubeconfig=" + missing});
  ExpectExit(1);
  EXPECT_THAT(Log(), HasSubstr(missing));
}

TEST_F(StartErrorTest, AMissingContext) {
  Start({"--context=elsewhere"});
  ExpectExit(1);
  EXPECT_THAT(Log(), AllOf(HasSubstr("elsewhere"), HasSubstr(kubeconfig())));
}

// OpenSSL's own way would be to ask at the terminal, and to wait for ever.
TEST_F(StartErrorTest, AnEncryptedKey) {
  const std::string key = folder() / "client.key";
  support::WriteFile(key,
                     "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n"
                     "-----END ENCRYPTED PRIVATE KEY-----\n");
  auto config = nlohmann::json::parse(support::ReadFile(kubeconfig()));
  auto& user = config["users"][0]["user"];
  user.erase("client-key-data");
  user["client-key"] = key;
  const std::string path = folder() / "encrypted.kubeconfig";
  support::WriteFile(path, config.dump());

  Start({"--kubeconfig=" + path});
  ExpectExit(1);
  EXPECT_THAT(Log(), AllOf(HasSubstr(key), HasSubstr("encrypted")));
}

TEST_F(StartErrorTest, APluginThatIsNotInstalled) {
  auto config = nlohmann::json::parse(support::ReadFile(kubeconfig()));
  config["users"][0]["user"] = {
      {"exec",
       {{"apiVersion", "client.authentication.k8s.io/v1"},
        {"command", "no-such-plugin"},
        {"installHint", "Get it from example.com."},
        {"interactiveMode", "Never"}}}};
  const std::string path = folder() / "plugin.kubeconfig";
  support::WriteFile(path, config.dump());

  Start({"--kubeconfig=" + path});
  ExpectExit(1);
  EXPECT_THAT(Log(), AllOf(HasSubstr("no-such-plugin"),
                           HasSubstr("Get it from example.com.")));
}

// It may come up later than we do.
TEST_F(StartErrorTest, AnApiServerThatIsNotThereIsTriedAgain) {
  const FreePort nobody;
  const std::string path = cluster().Kubeconfig(
      "nobody-" + lease(), {.token = "t0p-s3cr3t-of-nobody"}, "default",
      nobody.number());
  Process& agent = Start({"--kubeconfig=" + path});

  EXPECT_TRUE(Says("failed to read the lease"));
  EXPECT_THAT(Log(), HasSubstr("127.0.0.1:" + nobody.text()));
  EXPECT_THAT(Log(), testing::Not(HasSubstr("t0p-s3cr3t")));
  EXPECT_TRUE(agent.Running());
  agent.Signal(SIGTERM);
  ExpectExit(0);
}

TEST_F(StartErrorTest, AWrongAuthority) {
  support::Authority stranger("stranger");
  const std::string path = folder() / "stranger.kubeconfig";
  auto config = nlohmann::json::parse(support::ReadFile(kubeconfig()));
  config["clusters"][0]["cluster"]["certificate-authority-data"] =
      support::Base64(stranger.certificate_pem());
  support::WriteFile(path, config.dump());
  Process& agent = Start({"--kubeconfig=" + path});

  EXPECT_TRUE(Says("certificate"));
  EXPECT_TRUE(agent.Running());
  agent.Signal(SIGTERM);
  ExpectExit(0);
}

}  // namespace
}  // namespace fleet
