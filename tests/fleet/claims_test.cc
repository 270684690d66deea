// The judge is judged: made-up answers with two leaders in them must be found
// out, and answers that readers of honest agents can get must pass.
#include "tests/fleet/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fleet {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Instant kT0{seconds(1000)};

// An answer computed at `at`, seen by a reader 100 us away.
Told Yes(Instant at, Instant deadline, std::int64_t token) {
  return {.sent = at - std::chrono::microseconds(100),
          .received = at + std::chrono::microseconds(100),
          .leads = true,
          .token = token,
          .deadline = deadline,
          .valid_for = milliseconds(base::ToMs(deadline - at))};
}

Told No(Instant at) {
  return {.sent = at - std::chrono::microseconds(100),
          .received = at + std::chrono::microseconds(100)};
}

TEST(ClaimsTest, PassesOneLeaderAfterAnother) {
  Claims claims;
  claims.Hear("a", Yes(kT0, kT0 + seconds(2), 10));
  claims.Hear("b", No(kT0));
  claims.Hear("b", Yes(kT0 + seconds(2), kT0 + seconds(4), 11));

  EXPECT_THAT(claims.Violations(), IsEmpty());
  EXPECT_EQ(claims.Terms().size(), 2u);
}

TEST(ClaimsTest, FindsTwoAgentsThatSayYesInTurns) {
  Claims claims;
  claims.Hear("a", Yes(kT0, kT0 + seconds(2), 10));
  claims.Hear("b", Yes(kT0 + milliseconds(5), kT0 + seconds(2), 11));
  claims.Hear("a", Yes(kT0 + milliseconds(10), kT0 + seconds(2), 10));

  EXPECT_THAT(claims.Violations(), ElementsAre(HasSubstr("two leaders")));
}

TEST(ClaimsTest, FindsAnOverlapOfOneNanosecond) {
  const Told next = {.sent = kT0 + seconds(2) - nanoseconds(2),
                     .received = kT0 + seconds(2) - nanoseconds(1),
                     .leads = true,
                     .token = 11,
                     .deadline = kT0 + seconds(4),
                     .valid_for = milliseconds(2000)};
  Claims claims;
  claims.Hear("a", Yes(kT0, kT0 + seconds(2), 10));
  claims.Hear("b", next);

  EXPECT_THAT(claims.Violations(),
              ElementsAre(HasSubstr("two leaders for 1 ns: a")));
}

// A reader that does not ask again goes on until the deadline it was given.
TEST(ClaimsTest, CountsAPromiseInFullAlthoughTheAgentSaysNoBefore) {
  Claims claims;
  claims.Hear("a", Yes(kT0, kT0 + seconds(2), 10));
  claims.Hear("a", No(kT0 + milliseconds(500)));
  claims.Hear("b", Yes(kT0 + seconds(1), kT0 + seconds(3), 11));

  EXPECT_THAT(claims.Violations(), ElementsAre(HasSubstr("two leaders")));
}

TEST(ClaimsTest, EndsThePromiseWhenTheAgentIsAskedToStop) {
  Claims claims;
  claims.Hear("a", Yes(kT0, kT0 + seconds(2), 10));
  claims.Stopping("a", kT0 + milliseconds(500));
  claims.Hear("b", Yes(kT0 + milliseconds(510), kT0 + seconds(3), 11));

  EXPECT_THAT(claims.Violations(), IsEmpty());
}

TEST(ClaimsTest, FindsAStoppingAgentThatSaysYesBesideTheNextOne) {
  Claims claims;
  claims.Hear("a", Yes(kT0, kT0 + seconds(2), 10));
  claims.Stopping("a", kT0 + milliseconds(500));
  claims.Hear("b", Yes(kT0 + milliseconds(510), kT0 + seconds(3), 11));
  claims.Hear("a", Yes(kT0 + milliseconds(520), kT0 + seconds(2), 10));

  EXPECT_THAT(claims.Violations(), ElementsAre(HasSubstr("two leaders")));
}

TEST(ClaimsTest, FindsATokenThatDoesNotGrow) {
  Claims claims;
  claims.Hear("a", Yes(kT0, kT0 + seconds(2), 10));
  claims.Hear("b", Yes(kT0 + seconds(3), kT0 + seconds(5), 10));

  EXPECT_THAT(claims.Violations(), ElementsAre(HasSubstr("did not grow")));
}

TEST(ClaimsTest, FindsATermThatComesBackAfterItsEnd) {
  Claims claims;
  claims.Hear("a", Yes(kT0, kT0 + seconds(2), 10));
  claims.Hear("a", No(kT0 + seconds(2)));
  claims.Hear("a", Yes(kT0 + seconds(3), kT0 + seconds(5), 10));

  EXPECT_THAT(claims.Violations(), ElementsAre(HasSubstr("did not grow")));
}

TEST(ClaimsTest, FindsADeadlineThatMovesBack) {
  Claims claims;
  claims.Hear("a", Yes(kT0, kT0 + seconds(2), 10));
  claims.Hear("a",
              Yes(kT0 + seconds(1), kT0 + seconds(2) - nanoseconds(1), 10));

  EXPECT_THAT(claims.Violations(), ElementsAre(HasSubstr("took back")));
}

// A process that was stopped while it answered: the reader gets an old yes.
TEST(ClaimsTest, FindsAnAnswerThatWasComputedBeforeItWasAskedFor) {
  Told stale = Yes(kT0, kT0 + seconds(2), 10);
  stale.sent = kT0 + seconds(1);
  stale.received = kT0 + seconds(9);
  Claims claims;
  claims.Hear("a", stale);

  EXPECT_THAT(claims.Violations(), ElementsAre(HasSubstr("another time")));
}

TEST(ClaimsTest, FindsAYesAfterItsOwnDeadline) {
  Told late = Yes(kT0 + seconds(3), kT0 + seconds(2), 10);
  late.valid_for = Duration::zero();
  Claims claims;
  claims.Hear("a", late);

  EXPECT_THAT(claims.Violations(), ElementsAre(HasSubstr("another time")));
}

TEST(ClaimsTest, FindsMetricsThatContradictAYes) {
  Claims claims;
  claims.Hear("a", Yes(kT0, kT0 + seconds(2), 10));
  claims.Scrape("a", {.sent = kT0 + milliseconds(1),
                      .received = kT0 + milliseconds(2),
                      .leads = false});
  claims.Hear("a", Yes(kT0 + milliseconds(3), kT0 + seconds(2), 10));

  EXPECT_THAT(claims.Violations(), ElementsAre(HasSubstr("metrics 0")));
}

TEST(ClaimsTest, FindsMetricsThatContradictANo) {
  Claims claims;
  claims.Hear("a", No(kT0));
  claims.Scrape("a", {.sent = kT0 + milliseconds(1),
                      .received = kT0 + milliseconds(2),
                      .leads = true,
                      .left = seconds(2)});
  claims.Hear("a", No(kT0 + milliseconds(3)));

  EXPECT_THAT(claims.Violations(), ElementsAre(HasSubstr("metrics 1")));
}

TEST(ClaimsTest, PassesMetricsBetweenANoAndAYes) {
  Claims claims;
  claims.Hear("a", No(kT0));
  claims.Scrape("a", {.sent = kT0 + milliseconds(1),
                      .received = kT0 + milliseconds(2),
                      .leads = true,
                      .left = seconds(2)});
  claims.Hear("a", Yes(kT0 + milliseconds(3), kT0 + seconds(2), 10));

  EXPECT_THAT(claims.Violations(), IsEmpty());
}

}  // namespace
}  // namespace fleet
