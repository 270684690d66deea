// Which configuration is taken, and the one that a pod finds.
#include "k8s/cluster_config.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "tests/unit/k8s/temporary_folder.h"

namespace k8s {
namespace {

// Of one host; `token` "" means no user.
std::string KubeconfigOf(const std::string& host, const std::string& token,
                         const std::string& more = "") {
  return "clusters: [{name: c, cluster: {server: 'https://" + host + "'}}]\n" +
         (token.empty()
              ? ""
              : "users: [{name: u, user: {token: " + token + "}}]\n") +
         more;
}

constexpr char kKubeconfig[] =
    "clusters: [{name: c, cluster: {server: 'https://h'}}]\n"
    "contexts: [{name: x, context: {cluster: c}}]\n"
    "current-context: x\n";

// The environment is put back after each test.
class LoadClusterConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    Set("KUBECONFIG", "");
    Set("KUBERNETES_SERVICE_HOST", "");
    Set("KUBERNETES_SERVICE_PORT", "443");
    Set("HOME", folder_.path());
  }
  void TearDown() override { unsetenv("KUBECONFIG"); }
  static void Set(const char* name, const std::string& value) {
    setenv(name, value.c_str(), 1);
  }

  TemporaryFolder folder_;
};

TEST_F(LoadClusterConfigTest, APathWinsOverTheEnvironment) {
  Set("KUBECONFIG", "/nowhere");
  const std::string file = folder_.Put("config", kKubeconfig);
  const auto config = LoadClusterConfig(file, "");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->origin, "kubeconfig " + file + ", context x");
}

TEST_F(LoadClusterConfigTest, KubeconfigWinsOverBeingInAPod) {
  Set("KUBECONFIG", folder_.Put("config", kKubeconfig));
  Set("KUBERNETES_SERVICE_HOST", "10.96.0.1");
  const auto config = LoadClusterConfig("", "");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->host, "h");
}

TEST_F(LoadClusterConfigTest, HomeComesLast) {
  std::filesystem::create_directory(folder_.path() + "/.kube");
  folder_.Put(".kube/config", kKubeconfig);
  const auto config = LoadClusterConfig("", "");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->host, "h");
}

constexpr char kContext[] =
    "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
    "current-context: x\n";

TEST_F(LoadClusterConfigTest, OfSeveralFilesTheFirstToNameAThingWins) {
  const std::string a = folder_.Put("a", KubeconfigOf("first", ""));
  const std::string b = folder_.Put("b", KubeconfigOf("b", "from-b", kContext));
  const std::string c =
      folder_.Put("c", KubeconfigOf("c", "from-c", "current-context: y\n"));
  Set("KUBECONFIG", a + ":" + b + ":" + c);

  const auto config = LoadClusterConfig("", "");

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->host, "first");
  EXPECT_EQ(config->token.data, "from-b");
  EXPECT_EQ(config->origin,
            "kubeconfig " + a + ":" + b + ":" + c + ", context x");
}

// As kubectl does it: entries of one name are not mixed.
TEST_F(LoadClusterConfigTest, AnEntryCountsWhole) {
  const std::string a = folder_.Put(
      "a", "clusters: [{name: c, cluster: {server: 'https://h'}}]\n");
  const std::string b = folder_.Put(
      "b",
      "clusters: [{name: c, cluster: {tls-server-name: other}}]\n"
      "contexts: [{name: x, context: {cluster: c}}]\ncurrent-context: x\n");
  Set("KUBECONFIG", a + ":" + b);

  const auto config = LoadClusterConfig("", "");

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->tls_server_name, "");
}

TEST_F(LoadClusterConfigTest, MissingEmptyAndRepeatedFilesAreSkipped) {
  const std::string file = folder_.Put("config", kKubeconfig);
  const std::string empty = folder_.Put("empty", "");
  Set("KUBECONFIG", "/nowhere::" + empty + ":" + file + ":" + file + ":");

  const auto config = LoadClusterConfig("", "");

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->origin, "kubeconfig " + file + ", context x");
}

TEST_F(LoadClusterConfigTest, RelativePathsStartAtTheirOwnFile) {
  std::filesystem::create_directory(folder_.path() + "/sub");
  const std::string a = folder_.Put("a", kKubeconfig);
  const std::string b =
      folder_.Put("sub/b",
                  "contexts: [{name: y, context: {cluster: d, user: u}}]\n"
                  "clusters: [{name: d, cluster: {server: 'https://h',"
                  " certificate-authority: ca.crt}}]\n"
                  "users: [{name: u, user: {tokenFile: token}}]\n");
  Set("KUBECONFIG", a + ":" + b);

  const auto config = LoadClusterConfig("", "y");

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->ca.file, folder_.path() + "/sub/ca.crt");
  EXPECT_EQ(config->token.file, folder_.path() + "/sub/token");
}

TEST_F(LoadClusterConfigTest, WhatNoFileHasIsToldWithAllOfThem) {
  const std::string a = folder_.Put("a", kKubeconfig);
  const std::string b = folder_.Put("b", KubeconfigOf("b", "t"));
  Set("KUBECONFIG", a + ":" + b);
  EXPECT_EQ(LoadClusterConfig("", "z").error().message,
            a + ":2: context \"z\" is not in the list in any file of " + a +
                ":" + b + "; it has: x");
}

TEST_F(LoadClusterConfigTest, ABrokenFileIsNamed) {
  const std::string a = folder_.Put("a", kKubeconfig);
  const std::string b = folder_.Put("b", "a: [\n");
  Set("KUBECONFIG", a + ":" + b);
  EXPECT_EQ(
      LoadClusterConfig("", "").error().message.find(b + ":2: it is not YAML"),
      0U);
}

TEST_F(LoadClusterConfigTest, AKubeconfigOfMissingFilesIsAnError) {
  Set("KUBECONFIG", "/a:/b");
  EXPECT_EQ(LoadClusterConfig("", "").error().message,
            "KUBECONFIG is \"/a:/b\"; no file of that name exists");
}

// It would be tried for ever, and never work.
TEST_F(LoadClusterConfigTest, WhatWasGivenInPlaceMustBeOfUse) {
  const std::string file =
      folder_.Put("config",
                  "clusters: [{name: c, cluster: {server: 'https://h',"
                  " certificate-authority-data: "
                  // "-----BEGIN CERTIFICATE-----\nAA==\n".
                  "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBPT0K}}]\n"
                  "contexts: [{name: x, context: {cluster: c}}]\n"
                  "current-context: x\n");
  EXPECT_EQ(LoadClusterConfig(file, "").error().message,
            "kubeconfig " + file +
                ", context x: the certificate authority holds no certificate "
                "in PEM form");
}

TEST(WarningsAboutTest, ASafeConnectionHasNone) {
  ClusterConfig config;
  config.host = "10.0.0.1";
  config.token.data = "s3cret";
  EXPECT_TRUE(WarningsAbout(config).empty());
}

TEST(WarningsAboutTest, AServerThatIsNotVerified) {
  ClusterConfig config;
  config.host = "10.0.0.1";
  config.insecure_skip_tls_verify = true;
  ASSERT_EQ(WarningsAbout(config).size(), 1U);
  EXPECT_EQ(WarningsAbout(config)[0],
            "insecure-skip-tls-verify is set: whoever answers at 10.0.0.1:443 "
            "is taken for the API server, gets our credentials and decides who "
            "leads; set certificate-authority instead");
}

TEST(WarningsAboutTest, ATokenOverPlainHttpToAnotherMachine) {
  ClusterConfig config;
  config.tls = false;
  config.token.data = "s3cret";
  for (const char* here : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
    config.host = here;
    EXPECT_TRUE(WarningsAbout(config).empty()) << here;
  }
  config.host = "fd00::1";
  ASSERT_EQ(WarningsAbout(config).size(), 1U);
  EXPECT_EQ(WarningsAbout(config)[0],
            "the token goes to [fd00::1]:443 over plain http, where everybody "
            "on the way can read and use it; use https");
}

TEST_F(LoadClusterConfigTest, SaysWhereItLooked) {
  const auto config = LoadClusterConfig("", "");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find(folder_.path() + "/.kube/config"),
            std::string::npos)
      << config.error().message;
}

TEST_F(LoadClusterConfigTest, AFileThatIsMissingIsNamed) {
  EXPECT_EQ(LoadClusterConfig("/nowhere", "").error().message,
            "kubeconfig /nowhere: No such file or directory");
}

TEST(InClusterConfigTest, TakesTheServiceAccount) {
  const TemporaryFolder folder;
  folder.Put("token", "t");
  folder.Put("ca.crt", "c");
  folder.Put("namespace", "shop\n");
  const auto config = InClusterConfig("fd00::1", "6443", folder.path());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->host, "fd00::1");
  EXPECT_EQ(config->port, 6443);
  EXPECT_TRUE(config->tls);
  EXPECT_EQ(config->token.file, folder.path() + "/token");
  EXPECT_EQ(config->ca.file, folder.path() + "/ca.crt");
  EXPECT_EQ(config->default_namespace, "shop");
  EXPECT_EQ(config->origin, "in-cluster");
}

TEST(InClusterConfigTest, SaysWhatAPodWithoutATokenNeeds) {
  const TemporaryFolder folder;
  const auto config = InClusterConfig("10.96.0.1", "443", folder.path());
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message,
            "in-cluster: " + folder.path() +
                "/token does not exist; the pod needs a service account with "
                "automountServiceAccountToken not false");
}

TEST(InClusterConfigTest, RefusesAPortThatIsNone) {
  for (const char* port : {"", "0", "65536", "tcp://10.0.0.1:443"}) {
    EXPECT_FALSE(InClusterConfig("10.96.0.1", port, "/nowhere")) << port;
  }
}

}  // namespace
}  // namespace k8s
