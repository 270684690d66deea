// The rules about names, addresses and words, each with the text of its error.
#include "tests/unit/runtime/config_loading.h"

namespace runtime {
namespace {

TEST(ConfigValuesTest, TheLeaseNameIsRequired) {
  EXPECT_EQ(Errors(Load({})),
            "--lease-name is not set; name the Lease that all replicas compete "
            "for, for example --lease-name=web\n");
}

TEST(ConfigValuesTest, TheLeaseNameIsADnsSubdomain) {
  const std::string wanted =
      "; it must be a name as Kubernetes takes it: lower case letters, digits, "
      "'-' and '.', at most 253, such as web\n";
  for (const std::string name : {"Web", "-web", "web-", "a..b", ".a", "a_b"}) {
    EXPECT_EQ(Errors(Load({"--lease-name=" + name})),
              "--lease-name is " + name + wanted);
  }
  EXPECT_EQ(Errors(Load({"--lease-name="})), "--lease-name is \"\"" + wanted);
  EXPECT_TRUE(Load({"--lease-name=a.b-1.c"}));
  EXPECT_TRUE(Load({"--lease-name=" + std::string(253, 'a')}));
  EXPECT_FALSE(Load({"--lease-name=" + std::string(254, 'a')}));
}

TEST(ConfigValuesTest, TheNamespaceIsADnsLabel) {
  EXPECT_EQ(
      Errors(LoadWeb({"--lease-namespace=a.b"})),
      "--lease-namespace is a.b; it must be the name of a namespace: lower "
      "case letters, digits and '-', at most 63\n");
  EXPECT_TRUE(LoadWeb({"--lease-namespace=" + std::string(63, 'a')}));
  EXPECT_FALSE(LoadWeb({"--lease-namespace=" + std::string(64, 'a')}));
  EXPECT_EQ(LoadWeb({"--lease-namespace="})->lease_namespace, "");
}

// A '/' would divide the release mark in the wrong place.
TEST(ConfigValuesTest, TheIdentityIsVisibleAsciiWithoutSlash) {
  const std::string wanted =
      "; it must be 1 to 200 visible ASCII characters without '/', such as the "
      "pod's name\n";
  EXPECT_EQ(Errors(LoadWeb({"--identity=a/b"})), "--identity is a/b" + wanted);
  EXPECT_EQ(Errors(LoadWeb({"--identity=a b"})),
            "--identity is \"a b\"" + wanted);
  EXPECT_EQ(Errors(LoadWeb({"--identity=a\nb"})),
            "--identity is \"a\\nb\"" + wanted);
  EXPECT_EQ(Errors(LoadWeb({"--identity="})), "--identity is \"\"" + wanted);
  EXPECT_EQ(Errors(LoadWeb({"--identity=\xC3\xA4"})),
            "--identity is \"\xC3\xA4\"" + wanted);
  EXPECT_EQ(Errors(LoadWeb({"--identity=" + std::string(201, 'a')})),
            "--identity is " + std::string(80, 'a') + "..." + wanted);
  EXPECT_TRUE(LoadWeb({"--identity=" + std::string(200, 'a')}));
  EXPECT_TRUE(LoadWeb({"--identity=Web_1.shop:4040@x"}));
}

TEST(ConfigValuesTest, AnIdentityThatKubernetesDidNotFillInIsRefused) {
  EXPECT_EQ(
      Errors(LoadWeb({"--identity=$(POD_NAME)"})),
      "--identity is $(POD_NAME); Kubernetes fills in $(NAME) only if the "
      "container has an environment variable NAME\n");
}

TEST(ConfigValuesTest, AHostWithoutAUsableNameIsToldApart) {
  EXPECT_EQ(Errors(LoadConfig({"--lease-name=web"}, {{}, ""})),
            "--identity is \"\" (the host name); it must be 1 to 200 visible "
            "ASCII characters without '/', such as the pod's name\n");
}

TEST(ConfigValuesTest, ListenersHaveTheirDefaults) {
  const auto config = LoadWeb({});

  EXPECT_EQ(config->http_addresses,
            (std::vector<std::string>{"127.0.0.1:4040", "[::1]:4040"}));
  EXPECT_EQ(config->metrics_addresses, (std::vector<std::string>{"[::]:4041"}));
}

TEST(ConfigValuesTest, TheLocalApiStaysOnLoopback) {
  for (const std::string address :
       {"0.0.0.0:4040", "[::]:4040", "10.0.0.1:4040"}) {
    EXPECT_EQ(Errors(LoadWeb({"--http-address=" + address})),
              "--http-address is " + address +
                  "; it must be a loopback address (127.0.0.1, [::1] or "
                  "localhost), such as localhost:4040: this API has no "
                  "authentication, so only the containers of the pod may reach "
                  "it; /metrics and the probes are at --metrics-address\n");
  }
  EXPECT_FALSE(LoadWeb({"--http-address=127.0.0.1:1,0.0.0.0:1"}));
  EXPECT_TRUE(LoadWeb({"--http-address=127.1.2.3:4040"}));
}

TEST(ConfigValuesTest, AnAddressThatIsNoneIsRefused) {
  EXPECT_EQ(Errors(LoadWeb({"--http-address=web:4040"})),
            "--http-address is web:4040; it must be an address with a port, "
            "such as 127.0.0.1:4040, [::1]:4040 or localhost:4040\n");
  EXPECT_EQ(Errors(LoadWeb({"--metrics-address=no"})),
            "--metrics-address is no; it must be an address with a port, such "
            "as [::]:4041 or 0.0.0.0:4041, or off\n");
}

TEST(ConfigValuesTest, TheMetricsListenerCanBeTurnedOff) {
  EXPECT_TRUE(LoadWeb({"--metrics-address=off"})->metrics_addresses.empty());
  EXPECT_TRUE(LoadWeb({"--metrics-address="})->metrics_addresses.empty());
  EXPECT_EQ(LoadWeb({"--metrics-address=:9090"})->metrics_addresses,
            (std::vector<std::string>{"[::]:9090"}));
}

TEST(ConfigValuesTest, TheListenersHaveDifferentPorts) {
  EXPECT_EQ(Errors(LoadWeb({"--metrics-address=:4040"})),
            "--metrics-address is :4040; it must have another port than "
            "--http-address (127.0.0.1:4040,[::1]:4040 by default)\n");
  EXPECT_TRUE(LoadWeb({"--metrics-address=10.0.0.1:4040"}));
  EXPECT_TRUE(LoadWeb({"--http-address=:0", "--metrics-address=:0"}));
}

TEST(ConfigValuesTest, WordsAreOneOfAList) {
  EXPECT_EQ(Errors(LoadWeb({"--log-level=loud"})),
            "--log-level is loud; it must be debug, info, warn or error\n");
  EXPECT_EQ(Errors(LoadWeb({"--log-format=xml"})),
            "--log-format is xml; it must be logfmt or json\n");
  EXPECT_EQ(Errors(LoadWeb({"--stop-order=first"})),
            "--stop-order is first; it must be together or sidecar-last\n");
}

TEST(ConfigValuesTest, WordsAreUnderstood) {
  const auto config =
      LoadWeb({"--log-level=error", "--log-format=json",
               "--stop-order=sidecar-last", "--context=c", "--kubeconfig=/k"});

  EXPECT_EQ(config->log_level, LogLevel::kError);
  EXPECT_EQ(config->log_format, LogFormat::kJson);
  EXPECT_EQ(config->election.stop_order, election::StopOrder::kSidecarLast);
  EXPECT_EQ(config->context, "c");
  EXPECT_EQ(config->kubeconfig, "/k");
}

TEST(ConfigValuesTest, AValueInAnErrorCannotForgeALine) {
  EXPECT_EQ(Errors(LoadWeb({"--log-level=x\nleader-elector: \x1b[2J"})),
            "--log-level is \"x\\nleader-elector: \\u001b[2J\"; it must be "
            "debug, info, warn or error\n");
}

// Two replicas on one node share its loopback: one's main container could ask
// the other's sidecar.
TEST(ConfigValuesTest, ThePodOnTheNodesNetworkIsRefused) {
  EXPECT_EQ(
      Errors(LoadWeb({}, {{"POD_IP", "10.0.0.7"}, {"HOST_IP", "10.0.0.7"}})),
      "POD_IP and HOST_IP are both 10.0.0.7: the pod is on the node's network "
      "(hostNetwork), where all processes of the node share one loopback, so a "
      "replica could ask another one's sidecar and be told that it leads; give "
      "each replica of a node its own --http-address, then add "
      "--host-network\n");
}

TEST(ConfigValuesTest, ThePodOnTheNodesNetworkIsTakenWhenToldSo) {
  EXPECT_TRUE(LoadWeb({"--host-network"},
                      {{"POD_IP", "10.0.0.7"}, {"HOST_IP", "10.0.0.7"}}));
}

TEST(ConfigValuesTest, APodOnANetworkOfItsOwnIsTaken) {
  EXPECT_TRUE(LoadWeb({}, {{"POD_IP", "10.1.0.9"}, {"HOST_IP", "10.0.0.7"}}));
  EXPECT_TRUE(LoadWeb({}, {{"POD_IP", ""}, {"HOST_IP", ""}}));
  EXPECT_TRUE(LoadWeb({}, {{"HOST_IP", "10.0.0.7"}}));
}

}  // namespace
}  // namespace runtime
