// The command lines that stand in manifests of other electors, as they are
// written there: each one works, or is answered with what to do.
#include <gmock/gmock.h>

#include "agent/runtime/settings.h"
#include "tests/unit/runtime/config_loading.h"

namespace runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr char kStopped[] = "--old-fleet-stopped";

// kubectl run leader-elector --image=.../leader-elector:0.5 --
// --election=example
TEST(MigrationFlagsTest, TheOldReadmesFirstExample) {
  const auto config = Load({"--election=example", kStopped});

  ASSERT_TRUE(config) << config.error().err;
  EXPECT_EQ(config->lease_name, "example");
  EXPECT_EQ(config->http_addresses,
            (std::vector<std::string>{"127.0.0.1:4040", "[::1]:4040"}));
}

TEST(MigrationFlagsTest, TheUsualSidecar) {
  const auto config =
      Load({"--election=example", "--http=localhost:4040",
            "--election-namespace=default", "--ttl=10s", kStopped});

  ASSERT_TRUE(config) << config.error().err;
  EXPECT_EQ(config->lease_namespace, "default");
  EXPECT_EQ(config->election.lease_duration, seconds(10));
}

// Most manifests say 0.0.0.0. It is not narrowed in silence: somebody may ask
// from another pod.
TEST(MigrationFlagsTest, AnAddressForEverybodyIsRefusedWithTheOneToWrite) {
  EXPECT_EQ(Errors(Load({"--election=example", "--http=0.0.0.0:4040", kStopped,
                         "--election-namespace=default"})),
            "--http is 0.0.0.0:4040; it must be a loopback address (127.0.0.1, "
            "[::1] or localhost), such as localhost:4040: this API has no "
            "authentication, so only the containers of the pod may reach it; "
            "/metrics and the probes are at --metrics-address\n");
}

TEST(MigrationFlagsTest, ValuesMayFollowAsArguments) {
  const auto config = Load({"--election", "example", "--http", "localhost:4040",
                            "--id", "web-1", kStopped});

  ASSERT_TRUE(config) << config.error().err;
  EXPECT_EQ(config->lease_name, "example");
  EXPECT_EQ(config->identity, "web-1");
}

// k8s-elector and others parse with Go's flag package.
TEST(MigrationFlagsTest, OneDashWillDoForTheOldNames) {
  const auto config = Load({"-election=example", "-http=localhost:4040",
                            "-ttl=3s", "-id", "web-1", kStopped});

  ASSERT_TRUE(config) << config.error().err;
  EXPECT_EQ(config->lease_name, "example");
  EXPECT_EQ(config->identity, "web-1");
  EXPECT_EQ(config->election.lease_duration, seconds(3));
  EXPECT_EQ(config->election.renew_deadline, seconds(2));
  EXPECT_EQ(config->election.retry_period, milliseconds(500));
}

TEST(MigrationFlagsTest, OneDashIsGuardedLikeTwo) {
  EXPECT_THAT(Errors(Load({"-election=example"})),
              HasSubstr("then add --old-fleet-stopped"));
}

// What naiserator gives nais/elector.
TEST(MigrationFlagsTest, NaisElectorsSidecar) {
  EXPECT_EQ(Errors(Load({"--election=app", "--election-namespace=team",
                         "--http=localhost:4040",
                         "--probe-address=0.0.0.0:4041", kStopped},
                        {{"ELECTOR_LOG_FORMAT", "json"}})),
            "--probe-address is a flag of another elector; drop it: the "
            "probes are at --metrics-address\n");

  const auto config = Load(
      {"--election=app", "--election-namespace=team", "--http=localhost:4040",
       "--metrics-address=0.0.0.0:4041", kStopped},
      {{"ELECTOR_LOG_FORMAT", "json"}});
  EXPECT_TRUE(config) << config.error().err;
}

// Kubernetes' own components and what is built like them.
TEST(MigrationFlagsTest, LeaderElectFlags) {
  EXPECT_EQ(
      Errors(Load({"--leader-elect=true", "--leader-elect-lease-duration=15s",
                   "--leader-elect-resource-lock=leases",
                   "--leader-elect-resource-name=web"})),
      "--leader-elect is a flag of another elector; drop it: it is always on\n"
      "--leader-elect-resource-lock is a flag of another elector; drop it: the "
      "lock is a Lease, always\n");
}

class ForeignFlagTest : public testing::TestWithParam<const char*> {};

TEST_P(ForeignFlagTest, IsRefusedWithAdvice) {
  const std::string errors = Errors(LoadWeb({GetParam()}));

  EXPECT_THAT(errors, HasSubstr(" is a flag of another elector; "));
  EXPECT_THAT(errors, testing::AnyOf(HasSubstr("; drop it: "),
                                     HasSubstr("; write --")));
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1);
}

INSTANTIATE_TEST_SUITE_P(
    AsWritten, ForeignFlagTest,
    testing::Values("--use-cluster-credentials",
                    "--use-cluster-credentials=true",
                    "-use-cluster-credentials", "--logtostderr", "-v=2",
                    "--v=4", "--namespace=shop", "-namespace=default",
                    "-lock-type=configmaps", "--locktype=leases", "--port=4040",
                    "--addr=:4040", "--lease-renew-duration=5s"),
    [](const auto& test) { return "Flag" + std::to_string(test.index); });

// A flag that is foreign must not be one of ours.
TEST(MigrationFlagsTest, NoForeignFlagIsOneOfOurs) {
  for (const ForeignFlag& foreign : ForeignFlags()) {
    for (const Setting& setting : Settings()) {
      EXPECT_NE(foreign.flag, setting.flag);
    }
    for (const Alias& alias : Aliases()) EXPECT_NE(foreign.flag, alias.flag);
  }
}

}  // namespace
}  // namespace runtime
