// What clients get: keep-alive, pipelining, HEAD, refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/http/loop_driver.h"

namespace http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

TEST(ExchangeTest, AnswersAGetAndKeepsTheConnection) {
  LoopDriver driver;
  Client client = driver.Connect();

  EXPECT_THAT(driver.Ask(client, kGet), EndsWith("\r\n\r\nGET /leader"));
  EXPECT_THAT(driver.Ask(client, kGet), EndsWith("\r\n\r\nGET /leader"));
  EXPECT_TRUE(driver.IsOpen(client));
}

TEST(ExchangeTest, AnswersARequestCutAtEveryByte) {
  LoopDriver driver;
  Client client = driver.Connect();
  for (std::size_t cut = 1; cut < kGet.size(); ++cut) {
    client.Send(kGet.substr(0, cut));
    driver.Settle();

    EXPECT_TRUE(HasStatus(driver.Ask(client, kGet.substr(cut)), 200)) << cut;
    EXPECT_EQ(driver.loop().buffered_bytes(), 0u);
  }
}

TEST(ExchangeTest, HeadHasTheLengthButNoBody) {
  LoopDriver driver;
  Client client = driver.Connect();

  client.Send("HEAD /leader HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = driver.Answer(client, /*head_only=*/true);

  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 12\r\n"));
  EXPECT_TRUE(driver.IsOpen(client));  // And nothing more came.
}

TEST(ExchangeTest, OtherMethodsReachTheHandler) {
  LoopDriver driver;
  Client client = driver.Connect();

  EXPECT_THAT(driver.Ask(client, "DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n"),
              EndsWith("DELETE /x"));
}

TEST(ExchangeTest, PipelinedRequestsAreAnsweredInOrder) {
  LoopDriver driver;
  Client client = driver.Connect();
  std::string all;
  for (int i = 0; i < 100; ++i) {
    all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }

  // Cut inside a request, so that a part of it has to be kept.
  client.Send(all.substr(0, 1001));
  driver.Settle();
  client.Send(all.substr(1001));

  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(driver.Answer(client), EndsWith("GET /" + std::to_string(i)));
  }
  EXPECT_TRUE(driver.IsOpen(client));
  EXPECT_EQ(driver.loop().buffered_bytes(), 0u);
}

TEST(ExchangeTest, ManyLargePipelinedAnswersAllArrive) {
  LoopDriver driver([](const Request&, Exchange&) {
    return Response{200, kText, std::string(50'000, 'x')};
  });
  Client client = driver.Connect();
  std::string all;
  for (int i = 0; i < 200; ++i) all += kGet;

  client.Send(all);

  for (int i = 0; i < 200; ++i)
    ASSERT_GT(driver.Answer(client).size(), 50'000u);
  EXPECT_TRUE(driver.IsOpen(client));
}

TEST(ExchangeTest, ConnectionCloseEndsAfterTheAnswer) {
  LoopDriver driver;
  Client client = driver.Connect();

  const std::string answer = driver.Ask(
      client, "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(driver.IsClosed(client));
  EXPECT_FALSE(client.reset());
}

TEST(ExchangeTest, NothingIsAnsweredAfterTheLastRequest) {
  LoopDriver driver;
  Client client = driver.Connect();

  driver.Ask(client, "GET /a HTTP/1.0\r\n\r\nGET /b HTTP/1.0\r\n\r\n");

  EXPECT_TRUE(driver.IsClosed(client));
  EXPECT_EQ(client.received(), "");
}

TEST(ExchangeTest, RequestsBeforeTheClientsEndAreAnswered) {
  LoopDriver driver;
  Client client = driver.Connect();

  client.Send(kGet);
  client.SayNoMore();

  EXPECT_TRUE(HasStatus(driver.Answer(client), 200));
  EXPECT_TRUE(driver.IsClosed(client));
}

TEST(ExchangeTest, ABodyIsRefusedAndTheConnectionEnds) {
  LoopDriver driver;
  Client client = driver.Connect();

  const std::string answer = driver.Ask(
      client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");

  EXPECT_TRUE(HasStatus(answer, 413));
  EXPECT_THAT(answer, HasSubstr("{\"error\":"));
  EXPECT_TRUE(driver.IsClosed(client));
}

TEST(ExchangeTest, ARefusalIsReadableWhileMoreIsSent) {
  LoopDriver driver;
  Client client = driver.Connect();
  const std::string headers(9'000, 'a');

  client.Send("GET / HTTP/1.1\r\nHost: a\r\nX: " + headers);
  driver.Settle();
  client.Send(headers);
  driver.Settle();
  client.Send(headers);

  EXPECT_TRUE(HasStatus(driver.Answer(client), 431));
  EXPECT_TRUE(driver.IsClosed(client));
  EXPECT_FALSE(client.reset());
}

TEST(ExchangeTest, WhoeverGoesOnAfterARefusalIsCutOff) {
  LoopDriver driver;
  Client client = driver.Connect();
  client.Send("GET / HTTP/9.9\r\n\r\n");
  EXPECT_TRUE(HasStatus(driver.Answer(client), 505));
  ASSERT_EQ(driver.loop().connections(), 1u);

  EXPECT_TRUE(driver.TurnUntil([&] {
    client.Send(std::string(8'000, 'a'));
    return driver.loop().connections() == 0;
  }));
}

TEST(ExchangeTest, TheLoopbackRuleHoldsForItsEndpointOnly) {
  LoopDriver driver({{{Loopback()}, HostRule::kLoopback, Echo},
                     {{Loopback()}, HostRule::kAny, Echo}},
                    {});
  Client local = driver.Connect(0);
  Client other = driver.Connect(1);
  const std::string rebound = "GET / HTTP/1.1\r\nHost: evil.example:80\r\n\r\n";
  const std::string right = "GET / HTTP/1.1\r\nHost: localhost:" +
                            std::to_string(driver.loop().bound(0)[0].port()) +
                            "\r\n\r\n";

  EXPECT_TRUE(HasStatus(driver.Ask(local, rebound), 421));
  EXPECT_TRUE(HasStatus(driver.Ask(local, right), 200));
  EXPECT_TRUE(HasStatus(driver.Ask(local, "GET / HTTP/1.0\r\n\r\n"), 200));
  EXPECT_TRUE(HasStatus(driver.Ask(other, rebound), 200));
}

TEST(ExchangeTest, ServesIPv6) {
  const Address address = *MakeAddress("::1", 0);
  if (!Listen(address)) GTEST_SKIP() << "this machine has no [::1]";
  LoopDriver driver({{{address}, HostRule::kLoopback, Echo}}, {});
  Client client = driver.Connect();
  const std::string port = std::to_string(driver.loop().bound(0)[0].port());

  EXPECT_TRUE(HasStatus(
      driver.Ask(client, "GET / HTTP/1.1\r\nHost: [::1]:" + port + "\r\n\r\n"),
      200));
}

}  // namespace
}  // namespace http
