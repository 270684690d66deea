// The command line: help, aliases, what is refused.
#include <gmock/gmock.h>

#include "agent/runtime/settings.h"
#include "tests/unit/runtime/config_loading.h"

namespace runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

TEST(ConfigFlagsTest, HelpNamesEveryFlagInEightyColumns) {
  const auto loaded = Load({"--help"});

  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, 0);
  const std::string& help = loaded.error().out;
  for (const Setting& setting : Settings()) {
    EXPECT_THAT(help, HasSubstr("\n  " + FlagName(setting) + " "));
  }
  for (const Alias& alias : Aliases()) {
    EXPECT_THAT(help, HasSubstr("--" + std::string(alias.flag)));
  }
  for (const char* flag : {"--config FILE", "--print-config", "--version"}) {
    EXPECT_THAT(help, HasSubstr(flag));
  }
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST(ConfigFlagsTest, HelpWinsOverErrors) {
  EXPECT_EQ(Load({"--nonsense", "-h"}).error().code, 0);
}

TEST(ConfigFlagsTest, VersionIsPrinted) {
  const auto loaded = Load({"--version"});

  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, 0);
  EXPECT_EQ(loaded.error().out,
            "leader-elector " + std::string(Version()) + "\n");
}

TEST(ConfigFlagsTest, RunMayBeSaidBeforeOrAfterFlags) {
  EXPECT_TRUE(Load({"run", "--lease-name", "web"}));
  EXPECT_TRUE(Load({"--lease-name", "web", "run"}));
}

TEST(ConfigFlagsTest, AValueFollowsOrStandsBehindAnEqualsSign) {
  EXPECT_EQ(Load({"--lease-name", "web"})->lease_name, "web");
  EXPECT_EQ(Load({"--lease-name=web"})->lease_name, "web");
}

TEST(ConfigFlagsTest, AnEmptyValueIsAValue) {
  EXPECT_TRUE(LoadWeb({"--metrics-address=", "--context", "x"})
                  ->metrics_addresses.empty());
  EXPECT_TRUE(LoadWeb({"--metrics-address", ""})->metrics_addresses.empty());
}

TEST(ConfigFlagsTest, ASwitchTakesAnOptionalValue) {
  EXPECT_TRUE(LoadWeb({"--trust-new-lease"})->election.trust_new_lease);
  EXPECT_TRUE(LoadWeb({"--trust-new-lease=true"})->election.trust_new_lease);
  EXPECT_FALSE(LoadWeb({"--trust-new-lease=false"})->election.trust_new_lease);
  EXPECT_EQ(Errors(LoadWeb({"--trust-new-lease=maybe"})),
            "--trust-new-lease is maybe; it must be true or false\n");
}

TEST(ConfigFlagsTest, EachShortcutSetsItsOwnSwitch) {
  const auto client_go = LoadWeb({"--trust-client-go-release"});
  EXPECT_TRUE(client_go->election.trust_client_go_release);
  EXPECT_FALSE(client_go->election.trust_new_lease);
  EXPECT_FALSE(client_go->election.accept_restored_store);

  const auto restored = LoadWeb({"--accept-restored-store"});
  EXPECT_TRUE(restored->election.accept_restored_store);
  EXPECT_FALSE(restored->election.trust_client_go_release);
}

TEST(ConfigFlagsTest, AnUnknownFlagIsRefusedWithTheNearest) {
  EXPECT_EQ(Errors(LoadWeb({"--lease-duratoin=15s"})),
            "--lease-duratoin is no flag of leader-elector; did you mean "
            "--lease-duration?\n");
  EXPECT_EQ(Errors(LoadWeb({"-retry-period", "2s"})),
            "-retry-period is no flag of leader-elector; did you mean "
            "--retry-period?\n");
}

TEST(ConfigFlagsTest, TheValueOfAnUnknownFlagIsNotRepeated) {
  EXPECT_EQ(Errors(LoadWeb({"--token=s3cret"})),
            "--token is no flag of leader-elector\n");
  EXPECT_EQ(Errors(LoadWeb({"--token", "s3cret"})),
            "--token is no flag of leader-elector\n");
}

TEST(ConfigFlagsTest, AnUnknownCommandIsRefused) {
  EXPECT_EQ(Errors(LoadWeb({"walk"})),
            "walk is no command of leader-elector; there are run, which need "
            "not be said, and inject, which comes first\n");
}

TEST(ConfigFlagsTest, AFlagWithoutItsValueIsRefused) {
  EXPECT_EQ(Errors(LoadWeb({"--identity"})),
            "--identity has no value; give it one\n");
}

TEST(ConfigFlagsTest, AFlagGivenTwiceIsRefused) {
  EXPECT_EQ(Errors(LoadWeb({"--lease-name=other"})),
            "--lease-name is given 2 times; give it once\n");
}

TEST(ConfigFlagsTest, AnAddressMayBeGivenTwice) {
  const auto config =
      LoadWeb({"--http-address=127.0.0.1:1", "--http-address=[::1]:2"});

  EXPECT_EQ(config->http_addresses,
            (std::vector<std::string>{"127.0.0.1:1", "[::1]:2"}));
}

TEST(ConfigFlagsTest, ClientGoNamesAreAliases) {
  const auto config = Load(
      {"--leader-elect-lease-duration=30s", "--leader-elect-renew-deadline=20s",
       "--leader-elect-retry-period=3s", "--leader-elect-resource-name=web",
       "--leader-elect-resource-namespace=shop"});

  ASSERT_TRUE(config);
  EXPECT_EQ(config->election.lease_duration, seconds(30));
  EXPECT_EQ(config->election.renew_deadline, seconds(20));
  EXPECT_EQ(config->election.retry_period, seconds(3));
  EXPECT_EQ(config->lease_name, "web");
  EXPECT_EQ(config->lease_namespace, "shop");
  EXPECT_EQ(OriginOf(*config, "leaseName"),
            "flag --leader-elect-resource-name");
}

TEST(ConfigFlagsTest, AFlagAndItsAliasTogetherAreRefused) {
  EXPECT_EQ(Errors(LoadWeb({"--leader-elect-resource-name=other"})),
            "--lease-name and --leader-elect-resource-name set the same; give "
            "one of them\n");
}

TEST(ConfigFlagsTest, OldFlagsAreTakenOnceTheOldFleetIsStopped) {
  const auto config =
      Load({"--old-fleet-stopped", "--election=web",
            "--election-namespace=shop", "--id=a", "--http=localhost:4041",
            "--ttl=10s", "--metrics-address=off"});

  ASSERT_TRUE(config) << config.error().err;
  EXPECT_EQ(config->lease_name, "web");
  EXPECT_EQ(config->lease_namespace, "shop");
  EXPECT_EQ(config->identity, "a");
  EXPECT_EQ(config->http_addresses,
            (std::vector<std::string>{"127.0.0.1:4041", "[::1]:4041"}));
  EXPECT_EQ(config->election.lease_duration, seconds(10));
  EXPECT_EQ(config->election.renew_deadline, milliseconds(6600));
  EXPECT_EQ(config->election.retry_period, milliseconds(1600));
}

TEST(ConfigFlagsTest, TtlLeavesGivenTimesAlone) {
  const auto config = LoadWeb({"--old-fleet-stopped", "--ttl=10s"},
                              {{"LEADER_ELECTOR_RENEW_DEADLINE", "7s"}});

  ASSERT_TRUE(config) << config.error().err;
  EXPECT_EQ(config->election.renew_deadline, seconds(7));
  EXPECT_EQ(config->election.retry_period, milliseconds(1600));
}

class OldFlagTest : public testing::TestWithParam<const char*> {};

TEST_P(OldFlagTest, IsRefusedWhileTheOldFleetMayRun) {
  const std::string flag = GetParam();
  const std::string name = flag.substr(0, flag.find('='));
  Arguments arguments{flag};
  if (name != "--election") arguments.emplace_back("--lease-name=web");

  EXPECT_EQ(
      Errors(Load(arguments)),
      name +
          " is a flag of leader-elector 0.5 and nais/elector, whose pods lock "
          "an Endpoints object, or a Lease that they never renew: during a "
          "rolling update one of them and one of ours would both lead; stop "
          "all of the old ones first, then add --old-fleet-stopped\n");
}

INSTANTIATE_TEST_SUITE_P(All, OldFlagTest,
                         testing::Values("--election=web",
                                         "--election-namespace=shop", "--id=a",
                                         "--http=localhost:4040", "--ttl=12s"),
                         [](const auto& test) {
                           return "Flag" + std::to_string(test.index);
                         });

}  // namespace
}  // namespace runtime
