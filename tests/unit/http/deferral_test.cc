// Answers that are given later, and what may happen in between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "tests/unit/http/loop_driver.h"

namespace http {
namespace {

using testing::EndsWith;

MakeResponse Says(std::string text) {
  return [text] { return Response{200, kText, text}; };
}

class DeferralTest : public testing::Test {
 protected:
  // "/later" is put off; everything else is answered at once.
  std::optional<Response> Handle(const Request& request, Exchange& exchange) {
    if (request.path != "/later") return Echo(request, exchange);
    laters_.push_back(exchange.Defer());
    return std::nullopt;
  }

  static constexpr std::string_view kLater =
      "GET /later HTTP/1.1\r\nHost: a\r\n\r\n";

  std::deque<Later> laters_;
  LoopDriver driver_{[this](const Request& request, Exchange& exchange) {
    return Handle(request, exchange);
  }};
};

TEST_F(DeferralTest, TheAnswerComesWhenItIsGiven) {
  Client client = driver_.Connect();
  client.Send(kLater);
  driver_.Settle();
  EXPECT_TRUE(driver_.IsOpen(client));

  laters_[0].Complete(Says("now"));

  EXPECT_THAT(driver_.Answer(client), EndsWith("now"));
  EXPECT_THAT(driver_.Ask(client, kGet), EndsWith("GET /leader"));
}

TEST_F(DeferralTest, OthersAreAnsweredMeanwhile) {
  Client waiting = driver_.Connect();
  waiting.Send(kLater);
  Client other = driver_.Connect();

  EXPECT_THAT(driver_.Ask(other, kGet), EndsWith("GET /leader"));
}

TEST_F(DeferralTest, PipelinedRequestsWaitForTheirTurn) {
  Client client = driver_.Connect();
  client.Send(std::string(kGet) + std::string(kLater) + std::string(kLater) +
              std::string(kGet));
  EXPECT_THAT(driver_.Answer(client), EndsWith("GET /leader"));
  EXPECT_TRUE(driver_.IsOpen(client));
  ASSERT_EQ(laters_.size(), 1u);

  laters_[0].Complete(Says("first"));
  EXPECT_THAT(driver_.Answer(client), EndsWith("first"));
  ASSERT_EQ(laters_.size(), 2u);
  laters_[1].Complete(Says("second"));

  EXPECT_THAT(driver_.Answer(client), EndsWith("second"));
  EXPECT_THAT(driver_.Answer(client), EndsWith("GET /leader"));
}

TEST_F(DeferralTest, OnlyTheFirstOfTwoAnswersCounts) {
  Client client = driver_.Connect();
  client.Send(kLater);
  driver_.Settle();

  laters_[0].Complete(Says("one"));
  laters_[0].Complete(Says("two"));

  EXPECT_THAT(driver_.Answer(client), EndsWith("one"));
  EXPECT_TRUE(driver_.IsOpen(client));
}

TEST_F(DeferralTest, AnAnswerOfTheRequestBeforeIsNotTakenForThisOne) {
  Client client = driver_.Connect();
  client.Send(kLater);
  driver_.Settle();
  laters_[0].Complete(Says("one"));
  driver_.Answer(client);
  client.Send(kLater);
  driver_.Settle();

  laters_[0].Complete(Says("one again"));
  EXPECT_TRUE(driver_.IsOpen(client));
  laters_[1].Complete(Says("two"));

  EXPECT_THAT(driver_.Answer(client), EndsWith("two"));
}

TEST_F(DeferralTest, NothingHappensWhenTheClientHasGone) {
  Client client = driver_.Connect();
  client.Send(kLater);
  driver_.Settle();
  // A reset, so that the server learns of it at once.
  const linger at_once{1, 0};
  setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  client.Close();
  EXPECT_TRUE(
      driver_.TurnUntil([&] { return driver_.loop().connections() == 0; }));
  Client next = driver_.Connect();

  laters_[0].Complete(Says("late"));
  driver_.Settle();

  EXPECT_TRUE(driver_.IsOpen(next));
}

TEST_F(DeferralTest, AClientThatSaysNoMoreStillGetsItsAnswer) {
  Client client = driver_.Connect();
  client.Send(kLater);
  client.SayNoMore();
  driver_.Settle();

  laters_[0].Complete(Says("now"));

  EXPECT_THAT(driver_.Answer(client), EndsWith("now"));
  EXPECT_TRUE(driver_.IsClosed(client));
}

TEST_F(DeferralTest, HeadAndConnectionCloseAreRemembered) {
  Client client = driver_.Connect();
  client.Send("HEAD /later HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  driver_.Settle();
  laters_[0].Complete(Says("body"));

  EXPECT_THAT(driver_.Answer(client, /*head_only=*/true),
              EndsWith("Connection: close\r\n\r\n"));
  EXPECT_TRUE(driver_.IsClosed(client));
  EXPECT_EQ(client.received(), "");
}

TEST_F(DeferralTest, WithoutAnAnswerTheClientIsToldSoAfterTheLimit) {
  Client client = driver_.Connect();
  client.Send(kLater);
  driver_.Settle();
  driver_.Pass(5s - 1ns);
  EXPECT_TRUE(driver_.IsOpen(client));

  driver_.Pass(1ns);
  EXPECT_TRUE(HasStatus(driver_.Answer(client), 504));

  laters_[0].Complete(Says("late"));
  EXPECT_TRUE(driver_.IsClosed(client));
}

TEST_F(DeferralTest, TheAnswerIsMadeWhenItIsSent) {
  Client client = driver_.Connect();
  client.Send(kLater);
  driver_.Settle();
  bool made = false;

  laters_[0].Complete([&made] {
    made = true;
    return Response{};
  });
  EXPECT_FALSE(made);
  driver_.Answer(client);

  EXPECT_TRUE(made);
}

TEST_F(DeferralTest, NothingHappensWhenTheServerHasGone) {
  Client client = driver_.Connect();
  client.Send(kLater);
  driver_.Settle();
  ASSERT_EQ(laters_.size(), 1u);

  driver_.DestroyLoop();
  laters_[0].Complete(Says("late"));  // ASan watches.

  client.Receive();
  EXPECT_TRUE(client.ended());
}

// The client does not take the answers before the deferred one: the connection
// waits for the client and for the answer at once.
TEST(DeferralBehindAnswersNotTakenTest, ArrivesAfterThem) {
  std::deque<Later> laters;
  LoopDriver driver(
      [&laters](const Request& request,
                Exchange& exchange) -> std::optional<Response> {
        if (request.path != "/later") {
          return Response{200, kText, std::string(15'000, 'x')};
        }
        laters.push_back(exchange.Defer());
        return std::nullopt;
      },
      {});
  Client client = driver.Connect();
  // Until the socket takes no more, right before a deferred answer.
  std::size_t asked = 0;
  while (driver.loop().buffered_bytes() == 0) {
    if (!laters.empty()) laters.back().Complete(Says("late"));
    client.Send(std::string(kGet) + "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    ++asked;
    ASSERT_TRUE(driver.TurnUntil([&] { return laters.size() == asked; }));
  }

  laters.back().Complete(Says("late"));
  driver.Settle();

  for (std::size_t i = 0; i < asked; ++i) {
    ASSERT_THAT(driver.Answer(client), EndsWith("xxx"));
    ASSERT_THAT(driver.Answer(client), EndsWith("late"));
  }
  EXPECT_TRUE(driver.IsOpen(client));
  EXPECT_EQ(driver.loop().buffered_bytes(), 0u);
}

}  // namespace
}  // namespace http
