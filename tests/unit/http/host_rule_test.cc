// Which Host a loopback listener answers to.
#include "agent/http/host_rule.h"

#include <gtest/gtest.h>

namespace http {
namespace {

TEST(HostRuleTest, TakesLoopbackNamesAndAddressesWithThePort) {
  EXPECT_TRUE(IsLoopbackHost("localhost:4040", 4040));
  EXPECT_TRUE(IsLoopbackHost("LocalHost:4040", 4040));
  EXPECT_TRUE(IsLoopbackHost("127.0.0.1:4040", 4040));
  EXPECT_TRUE(IsLoopbackHost("127.8.9.1:4040", 4040));
  EXPECT_TRUE(IsLoopbackHost("[::1]:4040", 4040));
  EXPECT_TRUE(IsLoopbackHost("[0:0:0:0:0:0:0:1]:4040", 4040));
}

TEST(HostRuleTest, RefusesAnotherPortOrNone) {
  EXPECT_FALSE(IsLoopbackHost("localhost:4041", 4040));
  EXPECT_FALSE(IsLoopbackHost("localhost", 4040));
  EXPECT_FALSE(IsLoopbackHost("localhost:", 4040));
  EXPECT_FALSE(IsLoopbackHost("[::1]", 4040));
  EXPECT_FALSE(IsLoopbackHost("127.0.0.1:4040x", 4040));
  EXPECT_FALSE(IsLoopbackHost("127.0.0.1:+4040", 4040));
  EXPECT_FALSE(IsLoopbackHost("127.0.0.1:69576", 4040));  // 4040 + 65536
}

TEST(HostRuleTest, RefusesNamesThatOnlyPointHere) {
  EXPECT_FALSE(IsLoopbackHost("evil.example:4040", 4040));
  EXPECT_FALSE(IsLoopbackHost("localhost.evil.example:4040", 4040));
  EXPECT_FALSE(IsLoopbackHost("127.0.0.1.evil.example:4040", 4040));
  EXPECT_FALSE(IsLoopbackHost("evil.example:80@127.0.0.1:4040", 4040));
  EXPECT_FALSE(IsLoopbackHost("0.0.0.0:4040", 4040));
  EXPECT_FALSE(IsLoopbackHost("10.0.0.1:4040", 4040));
  EXPECT_FALSE(IsLoopbackHost("127.1:4040", 4040));
  EXPECT_FALSE(IsLoopbackHost("[::2]:4040", 4040));
  EXPECT_FALSE(IsLoopbackHost("[::1:4040", 4040));
  EXPECT_FALSE(IsLoopbackHost("[:4040", 4040));
  EXPECT_FALSE(IsLoopbackHost("", 4040));
  EXPECT_FALSE(IsLoopbackHost(":4040", 4040));
}

Request Asked(std::vector<Field> fields) {
  Request request;
  request.host = "localhost:4040";
  request.fields = std::move(fields);
  return request;
}

TEST(HostRuleTest, AnswersWhatIsWrongWithTheHost) {
  Request rebound = Asked({});
  rebound.host = "evil.example:4040";

  EXPECT_EQ(CheckLoopbackRequest(rebound, 4040)->status, 421);
  EXPECT_FALSE(CheckLoopbackRequest(Asked({}), 4040));
}

TEST(HostRuleTest, Http10MayLeaveHostOut) {
  Request request;
  request.http_1_0 = true;

  EXPECT_FALSE(CheckLoopbackRequest(request, 4040));
}

TEST(HostRuleTest, RefusesRequestsOfWebPages) {
  EXPECT_EQ(CheckLoopbackRequest(Asked({{"oRIGIN", "null"}}), 4040)->status,
            403);
  EXPECT_EQ(
      CheckLoopbackRequest(Asked({{"Sec-Fetch-Site", "cross-site"}}), 4040)
          ->status,
      403);
  EXPECT_FALSE(CheckLoopbackRequest(Asked({{"Sec-Fetch-Site", "none"}}), 4040));
}

}  // namespace
}  // namespace http
