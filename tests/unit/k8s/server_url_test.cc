// The server address of a kubeconfig.
#include "k8s/server_url.h"

#include <gtest/gtest.h>

namespace k8s {
namespace {

TEST(ServerUrlTest, DefaultsThePortByScheme) {
  const auto https = ParseServerUrl("https://api.example.com");
  ASSERT_TRUE(https);
  EXPECT_TRUE(https->tls);
  EXPECT_EQ(https->host, "api.example.com");
  EXPECT_EQ(https->port, 443);
  EXPECT_EQ(https->base_path, "");
  const auto http = ParseServerUrl("http://localhost");
  ASSERT_TRUE(http);
  EXPECT_FALSE(http->tls);
  EXPECT_EQ(http->port, 80);
}

TEST(ServerUrlTest, TakesIpv6InBrackets) {
  const auto url = ParseServerUrl("https://[fd00::1]:6443");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "fd00::1");
  EXPECT_EQ(url->port, 6443);
  EXPECT_EQ(HostAndPort(url->host, url->port), "[fd00::1]:6443");
}

TEST(ServerUrlTest, KeepsTheBasePathWithoutItsLastSlash) {
  const auto url = ParseServerUrl("https://rancher/k8s/clusters/c-1/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->base_path, "/k8s/clusters/c-1");
  EXPECT_EQ(ParseServerUrl("https://host/")->base_path, "");
}

TEST(ServerUrlTest, DoesNotShowAPasswordInTheAddress) {
  const auto url = ParseServerUrl("https://me:hunter2@host");
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().message.find("hunter2"), std::string::npos);
}

class BadServerUrlTest : public testing::TestWithParam<const char*> {};

TEST_P(BadServerUrlTest, IsRefused) {
  EXPECT_FALSE(ParseServerUrl(GetParam())) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(
    Texts, BadServerUrlTest,
    testing::Values("", "host:6443", "ftp://host", "https://", "https://:443",
                    "https://host:0", "https://host:65536", "https://host:x",
                    "https://host:", "https://[fd00::1", "https://[fd00::1]x",
                    "https://[fd00::g]", "https://fd00::1", "https://a b",
                    "https://host/a b", "https://host?x=1", "https://host#x",
                    "https://host\r\nX: y"));

}  // namespace
}  // namespace k8s
