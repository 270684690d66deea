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

TEST(ProxyUrlTest, TakesHostAndPort) {
  const auto proxy = ParseProxyUrl("http://proxy.example:3128/");
  ASSERT_TRUE(proxy) << proxy.error().message;
  EXPECT_EQ(proxy->host, "proxy.example");
  EXPECT_EQ(proxy->port, 3128);
  EXPECT_EQ(proxy->authorization, "");
  EXPECT_EQ(ParseProxyUrl("http://[fd00::1]")->port, 80);
}

TEST(ProxyUrlTest, TakesUserAndPassword) {
  // "me:p@ss".
  EXPECT_EQ(ParseProxyUrl("http://me:p%40ss@proxy")->authorization,
            "Basic bWU6cEBzcw==");
  EXPECT_EQ(ParseProxyUrl("http://me:p@ss@proxy")->authorization,
            "Basic bWU6cEBzcw==");
  // "me:".
  EXPECT_EQ(ParseProxyUrl("http://me@proxy")->authorization, "Basic bWU6");
}

TEST(ProxyUrlTest, OtherKindsAreRefused) {
  for (const char* url : {"https://proxy", "socks5://proxy", "proxy:3128"}) {
    EXPECT_EQ(ParseProxyUrl(url).error().message,
              "it must begin with http://; proxies that are spoken to with TLS "
              "or SOCKS are not supported")
        << url;
  }
}

TEST(ProxyUrlTest, NeverShowsThePassword) {
  for (const char* url :
       {"http://me:hunter2@", "http://me:hunter2%@proxy",
        "http://me:hunter2@proxy/x", "http://me:hunter2@proxy:0",
        "http://me:hunter2@pro xy", "http://me:hunter2@[proxy]"}) {
    const auto proxy = ParseProxyUrl(url);
    ASSERT_FALSE(proxy) << url;
    EXPECT_EQ(proxy.error().message.find("hunter2"), std::string::npos) << url;
  }
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
