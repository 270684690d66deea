// How long a client may take, on a clock that the test moves.
#include <gtest/gtest.h>

#include "tests/unit/http/loop_driver.h"

namespace http {
namespace {

TEST(TimeLimitTest, ARequestHasTwoSecondsFromItsFirstByte) {
  LoopDriver driver;
  Client client = driver.Connect();
  driver.Pass(10s);  // Before the first byte nothing counts.
  client.Send("G");
  driver.Settle();

  driver.Pass(2s - 1ns);
  EXPECT_TRUE(driver.IsOpen(client));
  driver.Pass(1ns);

  EXPECT_TRUE(HasStatus(driver.Answer(client), 408));
  EXPECT_TRUE(driver.IsClosed(client));
}

TEST(TimeLimitTest, BytesThatDripInDoNotProlongARequest) {
  LoopDriver driver;
  Client client = driver.Connect();
  client.Send("GET / HTTP/1.1\r\nX: ");
  driver.Settle();

  for (int i = 0; i < 20; ++i) {
    client.Send("a");
    driver.Pass(100ms);
  }

  EXPECT_TRUE(HasStatus(driver.Answer(client), 408));
}

TEST(TimeLimitTest, TheNextRequestHasItsOwnTwoSeconds) {
  LoopDriver driver;
  Client client = driver.Connect();
  driver.Ask(client, kGet);
  driver.Pass(10s);
  client.Send("GET ");
  driver.Settle();

  driver.Pass(2s - 1ns);
  EXPECT_TRUE(HasStatus(driver.Ask(client, kGet.substr(4)), 200));
}

TEST(TimeLimitTest, APartSentWithTheLastRequestCountsFromThen) {
  LoopDriver driver;
  Client client = driver.Connect();
  client.Send("GET / HT");
  driver.Settle();
  driver.Pass(1s);
  EXPECT_TRUE(
      HasStatus(driver.Ask(client, "TP/1.1\r\nHost: a\r\n\r\nGET /b HT"), 200));

  driver.Pass(2s - 1ns);
  EXPECT_TRUE(driver.IsOpen(client));
  driver.Pass(1ns);

  EXPECT_TRUE(HasStatus(driver.Answer(client), 408));
}

TEST(TimeLimitTest, AnIdleConnectionEndsAfterTheIdleLimit) {
  LoopDriver driver(Echo, {.idle = 60s});
  Client client = driver.Connect();
  driver.Pass(59s);
  EXPECT_TRUE(HasStatus(driver.Ask(client, kGet), 200));

  driver.Pass(60s - 1ns);
  EXPECT_TRUE(driver.IsOpen(client));
  driver.Pass(1ns);

  EXPECT_TRUE(driver.IsClosed(client));
  EXPECT_EQ(client.received(), "");
}

TEST(TimeLimitTest, WhoeverDoesNotReadAnAnswerIsClosed) {
  LoopDriver driver(
      [](const Request&, Exchange&) {
        return Response{200, kText, std::string(1 << 20, 'x')};
      },
      {.write = 5s});
  Client client = driver.Connect();
  client.Send(kGet);
  driver.Settle();
  ASSERT_GT(driver.loop().buffered_bytes(), 0u);

  driver.Pass(5s - 1ns);
  EXPECT_EQ(driver.loop().connections(), 1u);
  driver.Pass(1ns);

  EXPECT_EQ(driver.loop().connections(), 0u);
  EXPECT_EQ(driver.loop().buffered_bytes(), 0u);
}

TEST(TimeLimitTest, WhoeverDoesNotCloseAfterARefusalIsClosed) {
  LoopDriver driver(Echo, {.linger = 500ms});
  Client client = driver.Connect();
  client.Send("GET / HTTP/9.9\r\n\r\n");
  driver.Answer(client);
  EXPECT_EQ(driver.loop().connections(), 1u);

  driver.Pass(500ms);

  EXPECT_EQ(driver.loop().connections(), 0u);
}

}  // namespace
}  // namespace http
