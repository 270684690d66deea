// What the main container is told. Without a socket: that is tests/unit/http.
#include "agent/runtime/local_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <nlohmann/json.hpp>

namespace runtime {
namespace {

using namespace std::chrono_literals;
using election::State;
using nlohmann::json;
using testing::HasSubstr;

constexpr base::Instant kT0{1h};

// As after a renewal at kT0: we lead for 10 s.
election::View Leading() {
  election::View view;
  view.state = State::kLeading;
  view.leads = true;
  view.valid_until = kT0 + 10s;
  view.fencing_token = 183204;
  view.jeopardy_at = kT0 + 4s;
  view.lease_exists = true;
  view.lease.holder = "web-7c9_k3f9q2x0ab";
  view.lease.acquire_time = 1'787'307'302'123'456;
  view.lease.renew_time = 1'787'307'312'000'000;
  view.lease.transitions = 7;
  view.lease_expires_at = kT0 + 15s;
  return view;
}

election::View Following() {
  election::View view = Leading();
  view.state = State::kFollowing;
  view.leads = false;
  view.lease.holder = "web-abc_0123456789";
  return view;
}

class LocalApiTest : public testing::Test {
 protected:
  struct Answer {
    int status = 0;
    std::string text;
    json body;
  };

  // Of /leader, after `view` has been published.
  Answer LeaderOf(const election::View& view) {
    leadership_.Publish(view);
    return Ask("/leader");
  }
  Answer Ask(std::string_view path, std::string_view query = "",
             std::string_view method = "GET") {
    http::Request request;
    request.method = method;
    request.path = path;
    request.query = query;
    http::Exchange exchange(mailbox_, 1);
    const auto response = api_.Answer(request, exchange);
    return response ? Read(*response) : Answer();
  }
  // What was deferred and is due.
  Answer Deferred() {
    auto letters = mailbox_->Take();
    return letters.size() == 1 ? Read(letters[0].make()) : Answer();
  }
  static Answer Read(const http::Response& response) {
    return {response.status, response.body,
            json::parse(response.body, nullptr, /*allow_exceptions=*/false)};
  }

  base::Instant now_ = kT0;
  std::deque<ConfirmDone> sent_;
  std::shared_ptr<http::Mailbox> mailbox_ = std::make_shared<http::Mailbox>();
  Leadership leadership_{{"web-7c9", "web-7c9_k3f9q2x0ab", "shop", "web"}};
  OpsApi ops_{{[] { return std::string("up 1\n"); },
               [] { return std::nullopt; }, [] { return std::nullopt; }}};
  LocalApi api_{&leadership_, &ops_,
                [this](ConfirmDone done) { sent_.push_back(std::move(done)); },
                [this] { return now_; }};
};

TEST_F(LocalApiTest, TheLeaderIsToldAllItMayRelyOn) {
  now_ = kT0 + 66ms;
  const Answer answer = LeaderOf(Leading());

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(
      answer.text,
      "{\"isLeader\":true,\"state\":\"leading\",\"identity\":\"web-7c9\","
      "\"incarnation\":\"web-7c9_k3f9q2x0ab\","
      "\"leader\":\"web-7c9_k3f9q2x0ab\",\"lease\":\"shop/web\","
      "\"fencingToken\":183204,\"validForMs\":9934,"
      "\"deadlineBoottimeNs\":3610000000000,\"jeopardy\":false,"
      "\"leaseTransitions\":7,\"acquireTime\":\"2026-08-21T10:15:02.123456Z\""
      "}\n");
}

TEST_F(LocalApiTest, AFollowerIsToldWhoLeadsAndWhyItDoesNot) {
  const Answer answer = LeaderOf(Following());

  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(
      answer.text,
      "{\"isLeader\":false,\"state\":\"following\",\"identity\":\"web-7c9\","
      "\"incarnation\":\"web-7c9_k3f9q2x0ab\","
      "\"leader\":\"web-abc_0123456789\",\"lease\":\"shop/web\","
      "\"validForMs\":0,\"jeopardy\":false,\"leaseTransitions\":7,"
      "\"acquireTime\":\"2026-08-21T10:15:02.123456Z\","
      "\"reason\":\"another holds the lease\"}\n");
}

TEST_F(LocalApiTest, BeforeAnythingWasSeenThereIsNoLeaseToTellOf) {
  const Answer answer = Ask("/leader");

  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body["state"], "starting");
  EXPECT_EQ(answer.body["leader"], "");
  EXPECT_FALSE(answer.body.contains("leaseTransitions"));
  EXPECT_FALSE(answer.body.contains("acquireTime"));
  EXPECT_EQ(answer.body["reason"], "nothing has been seen of the lease yet");
}

TEST_F(LocalApiTest, LeadershipEndsExactlyAtTheDeadline) {
  leadership_.Publish(Leading());

  now_ = kT0 + 10s - 1ns;
  EXPECT_EQ(Ask("/leader").status, 200);
  EXPECT_EQ(Ask("/leader").body["validForMs"], 0);  // Rounded down.
  now_ = kT0 + 10s;
  EXPECT_EQ(Ask("/leader").status, 503);
}

// The election thread is frozen: no Publish comes any more.
TEST_F(LocalApiTest, AnOldSnapshotStopsSayingLeaderByItself) {
  leadership_.Publish(Leading());
  ASSERT_EQ(Ask("/leader").status, 200);

  now_ = kT0 + 12s;
  const Answer answer = Ask("/leader");

  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body["isLeader"], false);
  EXPECT_EQ(answer.body["state"], "following");
  EXPECT_EQ(answer.body["validForMs"], 0);
  EXPECT_FALSE(answer.body.contains("fencingToken"));
  EXPECT_FALSE(answer.body.contains("deadlineBoottimeNs"));
  EXPECT_EQ(answer.body["reason"],
            "our term has ended and was not renewed in time");
}

TEST_F(LocalApiTest, ANewSnapshotShowsAtOnce) {
  ASSERT_EQ(LeaderOf(Following()).status, 503);
  ASSERT_EQ(LeaderOf(Leading()).status, 200);
  election::View renewed = Leading();
  renewed.valid_until = kT0 + 12s;
  renewed.lease.transitions = 8;

  const Answer answer = LeaderOf(renewed);

  EXPECT_EQ(answer.body["validForMs"], 12'000);
  EXPECT_EQ(answer.body["leaseTransitions"], 8);
}

TEST_F(LocalApiTest, WithoutTheRoleADeadlineAheadMeansNothing) {
  election::View view = Leading();
  view.state = State::kDraining;
  view.leads = false;

  const Answer answer = LeaderOf(view);

  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body["state"], "draining");
  EXPECT_EQ(answer.body["validForMs"], 0);
}

TEST_F(LocalApiTest, JeopardyBeginsAtItsInstant) {
  leadership_.Publish(Leading());

  now_ = kT0 + 4s - 1ns;
  EXPECT_EQ(Ask("/leader").body["jeopardy"], false);
  now_ = kT0 + 4s;
  EXPECT_EQ(Ask("/leader").body["jeopardy"], true);
  EXPECT_EQ(Ask("/leader").status, 200);
  now_ = kT0 + 10s;
  EXPECT_EQ(Ask("/leader").body["jeopardy"], false);  // Nothing left to lose.
}

TEST_F(LocalApiTest, EveryStateHasItsNameAndReason) {
  for (const State state :
       {State::kStarting, State::kFollowing, State::kDraining, State::kPaused,
        State::kUnhealthy, State::kRefusing, State::kStopped}) {
    election::View view = Following();
    view.state = state;

    const Answer answer = LeaderOf(view);

    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.body["state"], ToString(state));
    EXPECT_NE(answer.body["reason"], "");
  }
}

TEST_F(LocalApiTest, AFollowerKnowsWhetherTheLeaseIsFree) {
  election::View view = Following();
  view.lease_expires_at = kT0;
  EXPECT_EQ(LeaderOf(view).body["reason"], "the holder's lease has run out");
  view.lease.holder = "";
  EXPECT_EQ(LeaderOf(view).body["reason"], "nobody holds the lease");
  view.lease_exists = false;
  EXPECT_EQ(LeaderOf(view).body["reason"], "the lease does not exist yet");
}

TEST_F(LocalApiTest, StrangeHoldersStayOneJsonString) {
  election::View view = Following();
  view.lease.holder = "a\"},\n\\\xff";

  const Answer answer = LeaderOf(view);

  EXPECT_EQ(answer.body["leader"], "a\"},\n\\\xEF\xBF\xBD");
  EXPECT_EQ(Ask("/").body["name"], "a\"},\n\\\xEF\xBF\xBD");
}

TEST_F(LocalApiTest, TheOldSidecarsAnswerNamesTheBareIdentity) {
  leadership_.Publish(Leading());

  const Answer answer = Ask("/");

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text,
            "{\"name\":\"web-7c9\","
            "\"last_update\":\"2026-08-21T10:15:12.000000Z\"}\n");
}

TEST_F(LocalApiTest, TheOldSidecarsAnswerNamesNobodyOnceTheLeaseHasExpired) {
  leadership_.Publish(Following());

  now_ = kT0 + 15s - 1ns;
  EXPECT_EQ(Ask("/").body["name"], "web-abc");
  now_ = kT0 + 15s;
  EXPECT_EQ(Ask("/").body["name"], "");
  EXPECT_EQ(Ask("/").status, 200);
}

// A client of the old sidecar takes its own name for "I lead".
TEST_F(LocalApiTest, TheOldSidecarsAnswerNamesUsOnlyWhileWeLead) {
  leadership_.Publish(Leading());
  now_ = kT0 + 10s - 1ns;
  EXPECT_EQ(Ask("/").body["name"], "web-7c9");
  now_ = kT0 + 10s;  // Our term is over; the lease as seen is not.
  EXPECT_EQ(Ask("/").body["name"], "");
}

TEST_F(LocalApiTest, TheOldSidecarsAnswerNamesNoFormerLifeOfOurs) {
  election::View view = Following();
  view.lease.holder = "web-7c9_0000000000";
  leadership_.Publish(view);
  EXPECT_EQ(Ask("/").body["name"], "");
}

TEST_F(LocalApiTest, TheOldSidecarsAnswerNamesNobodyBeforeALeaseWasSeen) {
  EXPECT_EQ(Ask("/").text,
            "{\"name\":\"\",\"last_update\":\"0001-01-01T00:00:00Z\"}\n");
}

TEST_F(LocalApiTest, OtherPathsAre404WithAHint) {
  for (const char* path : {"/leader/", "/Leader", "//leader", "/status", "*"}) {
    const Answer answer = Ask(path);

    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_THAT(std::string(answer.body["hint"]), HasSubstr("/leader"));
    EXPECT_TRUE(answer.body.contains("error"));
  }
}

TEST_F(LocalApiTest, OtherMethodsAre405) {
  leadership_.Publish(Leading());

  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
    EXPECT_EQ(Ask("/leader", "", method).status, 405) << method;
    EXPECT_EQ(Ask("/", "", method).status, 405) << method;
  }
  EXPECT_EQ(Ask("/leader", "", "HEAD").status, 200);
}

TEST_F(LocalApiTest, ServesMetricsAndHealthAsWell) {
  EXPECT_EQ(Ask("/metrics").text, "up 1\n");
  EXPECT_EQ(Ask("/livez").text, "ok");
}

TEST_F(LocalApiTest, ConfirmWaitsForTheApiServer) {
  leadership_.Publish(Leading());

  EXPECT_EQ(Ask("/leader", "confirm=1").status, 0);  // Deferred.
  EXPECT_EQ(Deferred().status, 0);
  sent_[0]({true, "web-7c9_k3f9q2x0ab", ""});
  const Answer answer = Deferred();

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body["confirmed"], true);
  EXPECT_EQ(answer.body["validForMs"], 10'000);
}

TEST_F(LocalApiTest, ConfirmedOrNotTheDeadlineCounts) {
  leadership_.Publish(Leading());
  Ask("/leader", "confirm=1");

  sent_[0]({true, "web-7c9_k3f9q2x0ab", ""});
  now_ = kT0 + 10s;  // Before the answer was made.
  const Answer answer = Deferred();

  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body["confirmed"], true);
  EXPECT_EQ(answer.body["isLeader"], false);
}

TEST_F(LocalApiTest, WhomTheApiServerDoesNotNameIsNotTheLeader) {
  leadership_.Publish(Leading());
  Ask("/leader", "confirm=1");

  // Another life of the same pod.
  sent_[0]({true, "web-7c9_aaaaaaaaaa", ""});
  const Answer answer = Deferred();

  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body["confirmed"], false);
  EXPECT_EQ(answer.body["isLeader"], false);
  EXPECT_EQ(answer.body["validForMs"], 0);
  EXPECT_FALSE(answer.body.contains("fencingToken"));
  EXPECT_EQ(answer.body["reason"], "the API server names another holder");
}

TEST_F(LocalApiTest, WithoutAnAnswerNothingIsConfirmed) {
  leadership_.Publish(Leading());
  Ask("/leader", "confirm=1");

  sent_[0]({false, "", "no answer in 2 s"});
  const Answer answer = Deferred();

  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body["reason"], "not confirmed: no answer in 2 s");
}

TEST_F(LocalApiTest, TooManyConfirmationsAreToldToWait) {
  for (int i = 0; i < 5; ++i) {
    Ask("/leader", "confirm=1");
    sent_.back()({true, "", ""});
    EXPECT_EQ(Deferred().status, 503);
  }

  Ask("/leader", "confirm=1");

  EXPECT_EQ(Deferred().status, 429);
  EXPECT_EQ(sent_.size(), 5u);
}

TEST_F(LocalApiTest, ConfirmTakesZeroAndOneOnly) {
  EXPECT_EQ(Ask("/leader", "confirm=0").status, 503);
  EXPECT_EQ(Ask("/leader", "confirm=").status, 400);
  EXPECT_EQ(Ask("/leader", "confirm=true").status, 400);
  EXPECT_EQ(Ask("/leader", "confrm=1").status, 400);
  EXPECT_EQ(Ask("/leader", "confirm=0&x").status, 400);
  EXPECT_TRUE(sent_.empty());
}

}  // namespace
}  // namespace runtime
