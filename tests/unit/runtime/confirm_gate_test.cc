// One confirmation out at a time, shared by who asked before, five a second.
#include "agent/runtime/confirm_gate.h"

#include <gtest/gtest.h>

#include <deque>

namespace runtime {
namespace {

using namespace std::chrono_literals;

class ConfirmGateTest : public testing::Test {
 protected:
  ~ConfirmGateTest() override { gate_->Close(); }

  bool Ask() {
    const std::size_t who = answers_.size();
    answers_.emplace_back();
    return gate_->Ask([this, who](const ConfirmResult& result) {
      answers_[who] = result.holder;
    });
  }
  // Answers the read that is out.
  void Answer(std::string holder) {
    const ConfirmDone done = std::move(sent_.front());
    sent_.pop_front();
    done({true, std::move(holder), ""});
  }

  base::Instant now_{1h};
  std::deque<ConfirmDone> sent_;
  std::deque<std::string> answers_;
  std::shared_ptr<ConfirmGate> gate_ = std::make_shared<ConfirmGate>(
      [this](ConfirmDone done) { sent_.push_back(std::move(done)); },
      [this] { return now_; });
};

TEST_F(ConfirmGateTest, SendsAtOnceAndPassesTheAnswerOn) {
  ASSERT_TRUE(Ask());
  ASSERT_EQ(sent_.size(), 1u);

  Answer("a");

  EXPECT_EQ(answers_[0], "a");
  EXPECT_TRUE(sent_.empty());
}

// An answer may be older than a question that came after the read was sent.
TEST_F(ConfirmGateTest, WhoeverAsksAfterTheReadWasSentGetsTheNextOne) {
  Ask();
  Ask();
  Ask();
  EXPECT_EQ(sent_.size(), 1u);

  Answer("a");
  EXPECT_EQ(answers_[0], "a");
  EXPECT_EQ(answers_[1], "");
  ASSERT_EQ(sent_.size(), 1u);
  Answer("b");

  EXPECT_EQ(answers_[1], "b");
  EXPECT_EQ(answers_[2], "b");
  EXPECT_TRUE(sent_.empty());
}

TEST_F(ConfirmGateTest, SendsAtMostFiveInAnySecond) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Ask());
    Answer("a");
    now_ = now_ + 10ms;
  }

  EXPECT_FALSE(Ask());
  now_ = now_ + 950ms - 1ns;
  EXPECT_FALSE(Ask());
  now_ = now_ + 1ns;  // One second after the first.
  EXPECT_TRUE(Ask());
  EXPECT_FALSE(Ask());
  EXPECT_EQ(sent_.size(), 1u);
}

TEST_F(ConfirmGateTest, AReadThatIsDueAnywayIsSharedBeyondTheLimit) {
  for (int i = 0; i < 4; ++i) {
    Ask();
    Answer("a");
  }
  ASSERT_TRUE(Ask());   // The fifth, out.
  EXPECT_FALSE(Ask());  // Would be the sixth.

  now_ = now_ + 1s;
  ASSERT_TRUE(Ask());  // Due when the fifth is back.
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Ask());
  Answer("b");
  Answer("c");

  EXPECT_EQ(answers_.back(), "c");
  EXPECT_TRUE(sent_.empty());
}

TEST_F(ConfirmGateTest, ClosedItSendsNothingAndCallsNobody) {
  Ask();
  Ask();

  gate_->Close();
  Answer("a");

  EXPECT_EQ(answers_[0], "");
  EXPECT_TRUE(sent_.empty());
  EXPECT_FALSE(Ask());
}

TEST(ConfirmGateAtOnceTest, AReadMayBeAnsweredWhileItIsSent) {
  const auto gate = std::make_shared<ConfirmGate>(
      [](const ConfirmDone& done) {
        done({true, "a", ""});
      },
      [] { return base::Instant{1h}; });
  std::string answer;

  EXPECT_TRUE(
      gate->Ask([&](const ConfirmResult& result) { answer = result.holder; }));

  EXPECT_EQ(answer, "a");
}

}  // namespace
}  // namespace runtime
