// Requests and responses as values.
#include "agent/http/message.h"

#include <gtest/gtest.h>

namespace http {
namespace {

Request WithQuery(std::string_view query) {
  Request request;
  request.query = query;
  return request;
}

TEST(RequestTest, FindsQueryValuesByTheirWholeKey) {
  EXPECT_EQ(WithQuery("confirm=1").QueryValue("confirm"), "1");
  EXPECT_EQ(WithQuery("a=b&confirm=0&c").QueryValue("confirm"), "0");
  EXPECT_EQ(WithQuery("verbose").QueryValue("verbose"), "");
  EXPECT_EQ(WithQuery("verbose=").QueryValue("verbose"), "");
  EXPECT_EQ(WithQuery("xconfirm=1&confirmx=1").QueryValue("confirm"),
            std::nullopt);
  EXPECT_EQ(WithQuery("").QueryValue("confirm"), std::nullopt);
}

TEST(ResponseTest, CarriesLengthAndForbidsCaching) {
  std::string out;

  AppendResponse({200, kJson, "{}\n"}, {}, out);

  EXPECT_EQ(out,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            "Content-Length: 3\r\nCache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\n\r\n{}\n");
}

TEST(ResponseTest, SaysWhatBecomesOfTheConnection) {
  std::string closes;
  std::string keeps_1_0;

  AppendResponse({}, {.keep_alive = false}, closes);
  AppendResponse({}, {.http_1_0 = true}, keeps_1_0);

  EXPECT_NE(closes.find("\r\nConnection: close\r\n\r\n"), closes.npos);
  EXPECT_NE(keeps_1_0.find("\r\nConnection: keep-alive\r\n\r\n"),
            keeps_1_0.npos);
}

TEST(ResponseTest, ErrorsAreJsonWithAHint) {
  const Response response = ErrorResponse(404, "no such path", "try /leader");

  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, kJson);
  EXPECT_EQ(response.body,
            "{\"error\":\"no such path\",\"hint\":\"try /leader\"}\n");
}

}  // namespace
}  // namespace http
