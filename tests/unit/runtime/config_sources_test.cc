// Where values come from: precedence, the environment, the file.
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <thread>

#include "agent/runtime/raw_config.h"
#include "tests/unit/runtime/config_loading.h"

namespace runtime {
namespace {

using std::chrono::seconds;

std::string YamlErrors(const std::string& yaml) {
  RawConfig raw;
  ReadYaml(yaml, "config.yaml", raw);
  std::string errors;
  for (const std::string& error : raw.errors()) errors += error + "\n";
  return errors;
}

TEST(ConfigSourcesTest, AFlagWinsOverEnvironmentFileAndDefault) {
  const ConfigFile file(
      "leaseName: web\nretryPeriod: 3s\nleaseDuration: 17s\n");
  const Environment environment{{"LEADER_ELECTOR_RETRY_PERIOD", "4s"}};

  const auto by_flag = Load({file.flag(), "--retry-period=5s"}, environment);
  const auto by_environment = Load({file.flag()}, environment);
  const auto by_file = Load({file.flag()});
  const auto by_default = LoadWeb({});

  EXPECT_EQ(by_flag->election.retry_period, seconds(5));
  EXPECT_EQ(OriginOf(*by_flag, "retryPeriod"), "flag --retry-period");
  EXPECT_EQ(OriginOf(*by_flag, "leaseDuration"), file.path() + ":3");
  EXPECT_EQ(by_environment->election.retry_period, seconds(4));
  EXPECT_EQ(OriginOf(*by_environment, "retryPeriod"),
            "environment LEADER_ELECTOR_RETRY_PERIOD");
  EXPECT_EQ(by_file->election.retry_period, seconds(3));
  EXPECT_EQ(OriginOf(*by_file, "retryPeriod"), file.path() + ":2");
  EXPECT_EQ(by_default->election.retry_period, seconds(2));
  EXPECT_EQ(OriginOf(*by_default, "retryPeriod"), "default");
}

TEST(ConfigSourcesTest, EverySettingHasThreeSpellingsThatWork) {
  for (const Setting& setting : Settings()) {
    RawConfig by_environment;
    ReadEnvironment({{{EnvironmentName(setting), "x"}}, ""}, by_environment);
    ASSERT_NE(by_environment.Find(setting.key), nullptr) << setting.flag;
    EXPECT_TRUE(by_environment.errors().empty()) << setting.flag;

    RawConfig by_file;
    ReadYaml(FileKey(setting) + ": x\n", "config.yaml", by_file);
    ASSERT_NE(by_file.Find(setting.key), nullptr) << setting.flag;
    EXPECT_EQ(by_file.Find(setting.key)->origin.where, "config.yaml:1");

    RawConfig by_flag;
    ReadFlags({FlagName(setting) + "=x"}, by_flag);
    ASSERT_NE(by_flag.Find(setting.key), nullptr) << setting.flag;
    EXPECT_EQ(by_flag.Find(setting.key)->text, "x");
  }
}

TEST(ConfigSourcesTest, TheFileMayBeNamedByTheEnvironment) {
  const ConfigFile file("leaseName: web\n");

  EXPECT_EQ(Load({}, {{"LEADER_ELECTOR_CONFIG", file.path()}})->lease_name,
            "web");
}

// "--config=<(...)" of a shell.
TEST(ConfigSourcesTest, APipeIsReadToItsEnd) {
  const std::string path = testing::TempDir() + "leader-elector-config-pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(path) << "leaseName: piped\n"; });
  const auto config = Load({"--config=" + path});
  writer.join();
  std::remove(path.c_str());
  ASSERT_TRUE(config) << config.error().err;
  EXPECT_EQ(config->lease_name, "piped");
}

TEST(ConfigSourcesTest, APipeThatNobodyWritesToIsRefused) {
  const std::string path = testing::TempDir() + "leader-elector-silent-pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const std::string errors = Errors(LoadWeb({"--config=" + path}));
  std::remove(path.c_str());
  EXPECT_EQ(errors, "--config is " + path +
                        "; it cannot be read: it is a pipe, and nothing comes "
                        "out of it\n");
}

// The YAML library quotes what it does not know.
TEST(ConfigSourcesTest, ControlCharactersOfTheFileDoNotReachTheTerminal) {
  const ConfigFile file("leaseName: \"\\\x1b[2J\"\n");
  const std::string errors = Errors(Load({file.flag()}));
  EXPECT_EQ(errors.find('\x1b'), std::string::npos) << errors;
  EXPECT_NE(errors.find("\\u001b"), std::string::npos) << errors;
}

TEST(ConfigSourcesTest, AMissingFileIsRefused) {
  EXPECT_EQ(Errors(LoadWeb({"--config=/no/such.yaml"})),
            "--config is /no/such.yaml; it cannot be read: No such file or "
            "directory\n");
  EXPECT_EQ(
      Errors(LoadWeb({}, {{"LEADER_ELECTOR_CONFIG", "/no/such.yaml"}})),
      "LEADER_ELECTOR_CONFIG is /no/such.yaml; it cannot be read: No such "
      "file or directory\n");
}

TEST(ConfigSourcesTest, AnUnknownVariableIsRefusedWithTheNearest) {
  EXPECT_EQ(Errors(LoadWeb({}, {{"LEADER_ELECTOR_LEASE_DURTION", "s3cret"}})),
            "environment variable LEADER_ELECTOR_LEASE_DURTION is no setting; "
            "did you mean LEADER_ELECTOR_LEASE_DURATION?\n");
  EXPECT_EQ(Errors(LoadWeb({}, {{"LEADER_ELECTOR_COLOUR", "s3cret"}})),
            "environment variable LEADER_ELECTOR_COLOUR is no setting\n");
}

// Kubernetes sets these where a Service is called leader-elector.
TEST(ConfigSourcesTest, VariablesOfAServiceAreNoMistake) {
  EXPECT_TRUE(
      LoadWeb({}, {{"LEADER_ELECTOR_SERVICE_HOST", "10.0.0.1"},
                   {"LEADER_ELECTOR_SERVICE_PORT", "4041"},
                   {"LEADER_ELECTOR_SERVICE_PORT_METRICS", "4041"},
                   {"LEADER_ELECTOR_PORT", "tcp://10.0.0.1:4041"},
                   {"LEADER_ELECTOR_PORT_4041_TCP", "tcp://10.0.0.1:4041"},
                   {"LEADER_ELECTOR_PORT_4041_TCP_PROTO", "tcp"},
                   {"LEADER_ELECTOR_PORT_4041_TCP_PORT", "4041"},
                   {"LEADER_ELECTOR_PORT_4041_TCP_ADDR", "10.0.0.1"},
                   {"LEADER_ELECTOR_METRICS_PORT_4041_UDP_ADDR", "10.0.0.1"}}));
}

TEST(ConfigSourcesTest, OtherVariablesAreNotOurs) {
  EXPECT_TRUE(LoadWeb({}, {{"LEASE_DURATION", "x"}, {"PATH", "/bin"}}));
}

TEST(ConfigSourcesTest, AnUnknownKeyIsRefusedWithLineAndTheNearest) {
  EXPECT_EQ(
      YamlErrors("leaseName: web\n\nlease_duration: 15s\nrenewDedline: 1s\n"
                 "colour: red\n"),
      "config.yaml:3: lease_duration is no setting; did you mean "
      "leaseDuration?\n"
      "config.yaml:4: renewDedline is no setting; did you mean "
      "renewDeadline?\n"
      "config.yaml:5: colour is no setting\n");
}

TEST(ConfigSourcesTest, AKeyThatIsSetTwiceIsRefused) {
  EXPECT_EQ(YamlErrors("leaseName: a\nidentity: x\nleaseName: b\n"),
            "config.yaml:3: leaseName is set again; it is set in line 1\n");
}

TEST(ConfigSourcesTest, AValueOfTheWrongTypeIsRefused) {
  EXPECT_EQ(
      YamlErrors("leaseDuration: [15s]\n"
                 "trustNewLease: {a: b}\n"
                 "identity:\n"
                 "httpAddress: [[x]]\n"
                 "logLevel: []\n"),
      "config.yaml:1: leaseDuration is a list; it must be a duration such "
      "as 15s\n"
      "config.yaml:2: trustNewLease is a map; it must be true or false\n"
      "config.yaml:3: identity has no value; give it one or drop the "
      "line\n"
      "config.yaml:4: httpAddress is a list; it must be a single value\n"
      "config.yaml:5: logLevel is a list; it must be a single value\n");
}

TEST(ConfigSourcesTest, AddressesMayBeAList) {
  const ConfigFile file(
      "leaseName: web\nhttpAddress: ['127.0.0.1:1', '[::1]:2']\n");

  EXPECT_EQ(Load({file.flag()})->http_addresses,
            (std::vector<std::string>{"127.0.0.1:1", "[::1]:2"}));
}

TEST(ConfigSourcesTest, WhatIsNoMapOrNoYamlIsRefused) {
  EXPECT_EQ(YamlErrors("- leaseName\n"),
            "config.yaml:1: the file must hold lines such as \"leaseName: "
            "web\"\n");
  EXPECT_EQ(YamlErrors("leaseName: web\nidentity: [\n"),
            "config.yaml:3: not YAML: end of sequence flow not found\n");
  EXPECT_EQ(
      YamlErrors("leaseName: web\n---\nidentity: a\n"),
      "config.yaml:2: a second document begins; the file must hold one\n");
  // Where yaml-cpp finds one empty document after the other, without end.
  EXPECT_EQ(YamlErrors(",leaseName: web\n"),
            "config.yaml:1: not YAML: no value can begin like this\n");
}

TEST(ConfigSourcesTest, AnEmptyFileSetsNothing) {
  EXPECT_EQ(YamlErrors(""), "");
  EXPECT_EQ(YamlErrors("# leaseName: web\n"), "");
}

TEST(ConfigSourcesTest, TheIdentityIsThePodsNameElseTheHostName) {
  const auto by_pod = LoadWeb({}, {{"POD_NAME", "web-7c9"}});
  const auto by_host = LoadWeb({}, {{"POD_NAME", ""}});
  const auto by_flag = LoadWeb({"--identity=a"}, {{"POD_NAME", "web-7c9"}});

  EXPECT_EQ(by_pod->identity, "web-7c9");
  EXPECT_EQ(OriginOf(*by_pod, "identity"), "environment POD_NAME");
  EXPECT_EQ(by_host->identity, "node-1");
  EXPECT_EQ(OriginOf(*by_host, "identity"), "the host name");
  EXPECT_EQ(by_flag->identity, "a");
}

}  // namespace
}  // namespace runtime
