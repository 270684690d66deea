// HTTP answers, cut at every byte.
#include "k8s/http_response.h"

#include <gtest/gtest.h>

#include <string>

namespace k8s {
namespace {

using State = HttpResponse::State;

State Feed(HttpResponse& response, const std::string& text) {
  std::string body;
  return response.Feed(text, body);
}

// The body of an answer that is whole, wherever the network cuts it.
void ExpectBody(const std::string& text, const std::string& wanted) {
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    HttpResponse response;
    std::string body;
    response.Feed(text.substr(0, cut), body);
    EXPECT_EQ(response.Feed(text.substr(cut), body), State::kDone) << cut;
    EXPECT_EQ(response.status(), 200);
    EXPECT_EQ(body, wanted) << cut;
    EXPECT_TRUE(response.keeps_connection()) << cut;
  }
}

TEST(HttpResponseTest, ReadsABodyOfGivenLength) {
  ExpectBody("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello");
}

TEST(HttpResponseTest, ReadsChunks) {
  ExpectBody(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\nA;x=y\r\n, whatever\r\n0\r\nTrailer: x\r\n\r\n",
      "hello, whatever");
}

TEST(HttpResponseTest, SkipsInformationalAnswers) {
  ExpectBody(
      "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nok",
      "ok");
}

TEST(HttpResponseTest, ReadsABodyThatEndsWithTheConnection) {
  HttpResponse response;
  std::string body;
  response.Feed("HTTP/1.1 200 OK\r\n\r\nhel", body);
  EXPECT_EQ(response.Feed("lo", body), State::kBody);
  EXPECT_EQ(response.Close(), State::kDone);
  EXPECT_EQ(body, "hello");
  EXPECT_FALSE(response.keeps_connection());
}

TEST(HttpResponseTest, CallsABodyThatIsCutOffBad) {
  HttpResponse fixed;
  Feed(fixed, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell");
  EXPECT_EQ(fixed.Close(), State::kBad);
  HttpResponse chunked;
  Feed(chunked,
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
       "5\r\nhello\r\n");
  EXPECT_EQ(chunked.Close(), State::kBad);
}

TEST(HttpResponseTest, KeepsRetryAfter) {
  HttpResponse response;
  Feed(response,
       "HTTP/1.1 429 Too Many Requests\r\nRetry-After:  7 \r\n"
       "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(response.status(), 429);
  EXPECT_EQ(response.retry_after(), "7");
}

TEST(HttpResponseTest, DoesNotKeepAConnectionThatTheServerCloses) {
  HttpResponse response;
  Feed(response,
       "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(response.state(), State::kDone);
  EXPECT_FALSE(response.keeps_connection());
}

// They would be taken for the answer to the next request.
TEST(HttpResponseTest, DoesNotKeepAConnectionWithBytesAfterTheAnswer) {
  HttpResponse response;
  Feed(response, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200");
  EXPECT_EQ(response.state(), State::kDone);
  EXPECT_FALSE(response.keeps_connection());
}

TEST(HttpResponseTest, BoundsTheHeader) {
  HttpResponse response;
  std::string body;
  State state = response.Feed("HTTP/1.1 200 OK\r\n", body);
  int lines = 0;
  while (state == State::kHead && lines < 10'000) {
    state = response.Feed("X-Endless: header\r\n", body);
    ++lines;
  }
  EXPECT_EQ(state, State::kBad);
}

class BadHttpResponseTest : public testing::TestWithParam<const char*> {};

TEST_P(BadHttpResponseTest, IsRefused) {
  HttpResponse response;
  EXPECT_EQ(Feed(response, GetParam()), State::kBad) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(
    Texts, BadHttpResponseTest,
    testing::Values(
        "SSH-2.0-OpenSSH\r\n", "HTTP/2 200 OK\r\n", "HTTP/1.1 2000 OK\r\n",
        "HTTP/1.1 200 OK\n", "HTTP/1.1 200 OK\r\nno colon\r\n",
        "HTTP/1.1 200 OK\r\nspace : x\r\n", "HTTP/1.1 200 OK\r\n folded\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        "Content-Length: 1\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\r\nxx\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "ffffffffffffffff\r\n"));

}  // namespace
}  // namespace k8s
