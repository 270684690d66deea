// Which configuration is taken, and the one that a pod finds.
#include "k8s/cluster_config.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "tests/unit/k8s/temporary_folder.h"

namespace k8s {
namespace {

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

TEST_F(LoadClusterConfigTest, SeveralFilesAreRefused) {
  Set("KUBECONFIG", "/a:/b");
  EXPECT_EQ(LoadClusterConfig("", "").error().message,
            "KUBECONFIG is \"/a:/b\"; several files are not supported, it must "
            "name one");
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
