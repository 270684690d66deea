// Faults that a working API server answers with: slow writes, webhooks, 429,
// 5xx, watches that skip, repeat or end. Rows 2, 14, 15, 16 and 17 of the table
// of faults.
#include <atomic>
#include <memory>

#include "tests/integration/fault_fixture.h"

namespace fleet {
namespace {

using base::Duration;
using base::Instant;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::ApiGateway;
using support::BootNow;
using support::Eventually;
using support::HttpFault;
using support::RequestKind;
using support::SleepingWebhook;
using support::StatusBody;
using testing::HasSubstr;

class FaultAnswerTest : public FaultTest {
 protected:
  void SetUp() override {
    FaultTest::SetUp();
    if (IsSkipped() || HasFailure()) return;
    gateway_ = NewGateway();
  }

  // All of them reach the API server by the gateway.
  Agent& Leader(const Timing& timing, int standbys) {
    NewFleet({kAtOnce}, timing);
    Agent& leader = AddBy(gateway().port());
    fleet().WaitForLeader();
    for (int i = 0; i < standbys; ++i) AddBy(gateway().port());
    fleet().WaitForAll();
    fleet().WaitForRenewal(leader);
    return leader;
  }
  ApiGateway& gateway() { return *gateway_; }

  static HttpFault TooMany(const std::string& retry_after, int times = -1) {
    return {.status = 429,
            .body = StatusBody(429, "TooManyRequests",
                               "Too many requests, please try again later."),
            .retry_after = retry_after,
            .times = times};
  }

  // Longer than one renew deadline: not by one lucky renewal.
  void ExpectToKeepRenewing(Agent& leader, const std::string& what) {
    const Instant start = BootNow();
    int renewals = 0;
    for (; BootNow() - start < fleet().timing().renew_deadline + seconds(4);
         ++renewals) {
      fleet().WaitForRenewal(leader);
    }
    Figure(what + ", from renewal to renewal, R = 2 s",
           (BootNow() - start) / renewals);
    ExpectOneTerm();
  }

  // The term of a killed leader ends as if nothing were wrong.
  void ExpectReplacementInTime(Agent& leader) {
    ExpectOneTerm();
    const Instant killed = BootNow();
    leader.process().Kill();
    const Term next = fleet().WaitForTerm(killed);
    EXPECT_LT(next.first_yes - killed,
              fleet().timing().lease_duration + seconds(5));
    Figure("SIGKILL to the next leader, L = 6 s", next.first_yes - killed);
  }

 private:
  std::unique_ptr<ApiGateway> gateway_;
};

// Stored at once, answered late: each first attempt ends unanswered (T9).
TEST_F(FaultAnswerTest, Fault02_WritesAnsweredThreeSecondsLateKeepTheLeader) {
  Agent& leader = Leader(kDefaults, 1);
  gateway().Set(RequestKind::kWrite, {.after = seconds(3)});
  ExpectToKeepRenewing(leader, "writes answered 3 s late");
  EXPECT_GE(gateway().struck(RequestKind::kWrite), 2);
}

// Stored late, when the next attempt may already be on its way.
TEST_F(FaultAnswerTest, Fault02_WritesStoredThreeSecondsLateKeepTheLeader) {
  Agent& leader = Leader(kDefaults, 1);
  gateway().Set(RequestKind::kWrite, {.before = seconds(3)});
  ExpectToKeepRenewing(leader, "writes stored 3 s late");
  EXPECT_GE(gateway().struck(RequestKind::kWrite), 2);
}

TEST_F(FaultAnswerTest, Fault14_ErrorsOfTheServerMoveNothing) {
  const HttpFault kErrors[] = {
      {.status = 500,
       .body = StatusBody(500, "", "etcdserver: leader changed")},
      {.status = 500,
       .body = StatusBody(500, "", "etcdserver: request timed out")},
      {.status = 503,
       .body = StatusBody(503, "ServiceUnavailable",
                          "the server is currently unable to handle the "
                          "request")},
      {.status = 504,
       .body = StatusBody(504, "Timeout",
                          "Timeout: request did not complete within requested "
                          "timeout - context deadline exceeded")},
      // Of a server that shuts down.
      {.status = 429,
       .body = "The apiserver is shutting down, please try again later.\n",
       .content_type = "text/plain; charset=utf-8",
       .retry_after = "5"},
      // Of what stands in front of it.
      {.status = 502,
       .body = "<html><body><h1>502 Bad Gateway</h1></body></html>",
       .content_type = "text/html"}};
  Agent& leader = Leader(kDefaults, 1);

  for (HttpFault error : kErrors) {
    const std::string code = std::to_string(error.status);
    const int before = Answers(leader, "update", code);
    error.times = 2;
    gateway().Set(RequestKind::kRead, error);
    gateway().Set(RequestKind::kWrite, error);
    ASSERT_TRUE(Eventually(kLong, [&] {
      return Answers(leader, "update", code) > before;
    })) << code;
    fleet().WaitForRenewal(leader);
  }

  EXPECT_THAT(leader.Log(), HasSubstr("leader changed"));
  ExpectOneTerm();
}

// Asked to wait for 30 s, it does not wait so long that it loses the lease.
TEST_F(FaultAnswerTest, Fault16_ALongRetryAfterDoesNotCostTheLease) {
  Agent& leader = Leader(kDefaults, 0);
  gateway().Set(RequestKind::kWrite, TooMany("30", 2));

  const Instant before = BootNow();
  fleet().WaitForRenewal(leader);
  fleet().WaitForRenewal(leader);

  EXPECT_EQ(Answers(leader, "update", "429"), 2);
  Figure("two renewals past two 429 of 30 s, D = 10 s", BootNow() - before);
  ExpectOneTerm();
}

// For longer than the lease: the role ends in time, nobody asks much more often
// than the server wants, and then it goes on.
TEST_F(FaultAnswerTest, Fault16_RefusedForLongerThanTheLease) {
  Agent& leader = Leader(kCalm, 1);
  for (const RequestKind kind :
       {RequestKind::kRead, RequestKind::kWrite, RequestKind::kWatch}) {
    gateway().Set(kind, TooMany("1"));
  }
  const Instant poor = BootNow();
  fleet().WaitForNo(leader, poor);
  const int refused = Answers(leader, "get", "429");
  LetPass(seconds(5));
  EXPECT_LE(Answers(leader, "get", "429") - refused, 7);
  ExpectOneTerm();

  for (const RequestKind kind :
       {RequestKind::kRead, RequestKind::kWrite, RequestKind::kWatch}) {
    gateway().Heal(kind);
  }
  const Instant rich = BootNow();
  const Term next = fleet().WaitForTerm(rich);
  Figure("429 over to the next leader, L = 6 s", next.first_yes - rich);
}

// T10: there is time left, so a release is not given up with the first 429.
TEST_F(FaultAnswerTest, Fault16_AReleaseRefusedOnceIsMadeAgain) {
  NewFleet({kAtOnce, "--stop-order=sidecar-last"}, kPatient);
  Agent& leader = AddBy(gateway().port());
  fleet().WaitForLeader();
  Agent& next = fleet().Add();
  fleet().WaitForAll();
  fleet().WaitForRenewal(leader);

  gateway().Set(RequestKind::kWrite, TooMany("1", 1));
  const Instant asked = BootNow();
  fleet().Stop(leader);
  const Term term = fleet().WaitForTerm(asked);

  EXPECT_EQ(term.agent, next.name());
  EXPECT_EQ(gateway().struck(RequestKind::kWrite), 1);
  Figure("SIGTERM to the next leader, the release refused once",
         term.first_yes - asked);
}

class FaultWebhookTest : public FaultAnswerTest {
 protected:
  void SetUp() override {
    FaultAnswerTest::SetUp();
    if (IsSkipped() || HasFailure()) return;
    webhook_ = std::make_unique<SleepingWebhook>(
        cluster().ServerCertificate("webhook"));
  }
  void TearDown() override {
    if (webhook_) cluster().Request("DELETE", kPath + ("/" + name()));
    FaultAnswerTest::TearDown();
  }

  // Asked before each change of a lease, for 5 s at most; then it is refused.
  void Install() {
    cluster().Must(
        "POST", kPath,
        {{"metadata", {{"name", name()}}},
         {"webhooks",
          {{{"name", "late.example.com"},
            {"admissionReviewVersions", {"v1"}},
            {"sideEffects", "None"},
            {"failurePolicy", "Fail"},
            {"timeoutSeconds", 5},
            {"clientConfig",
             {{"url", webhook().url()},
              {"caBundle", support::Base64(cluster().authority_pem())}}},
            {"rules",
             {{{"apiGroups", {"coordination.k8s.io"}},
               {"apiVersions", {"v1"}},
               {"operations", {"CREATE", "UPDATE"}},
               {"resources", {"leases"}}}}}}}}});
    ASSERT_TRUE(Eventually(kLong, [&] { return webhook().calls() > 0; }));
  }
  SleepingWebhook& webhook() { return *webhook_; }

 private:
  static constexpr const char* kPath =
      "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
  std::string name() const { return "late-" + std::to_string(gateway_port_); }

  const int gateway_port_ = support::FreePort().number();
  std::unique_ptr<SleepingWebhook> webhook_;
};

TEST_F(FaultWebhookTest, Fault17_AWebhookOfThreeSecondsKeepsTheLeader) {
  NewFleet({kAtOnce}, kDefaults).Start(2);
  fleet().WaitForAll();
  Agent& leader = fleet().WaitForLeader();
  Install();

  webhook().SetSleep(seconds(3));
  const int calls = webhook().calls();
  ExpectToKeepRenewing(leader, "a webhook of 3 s");
  EXPECT_GE(webhook().calls() - calls, 2);
}

TEST_F(FaultWebhookTest, Fault17_AWebhookThatNeverAnswersEndsTheRoleInTime) {
  NewFleet({kAtOnce}, kCalm).Start(2);
  fleet().WaitForAll();
  Agent& leader = fleet().WaitForLeader();
  Install();

  webhook().SetSleep(seconds(600));
  const Instant slow = BootNow();
  const LeaderAnswer no = fleet().WaitForNo(leader, slow);
  Figure("webhook hangs to /leader's no, D = 4 s", no.told.received - slow);
  LetPass(fleet().timing().lease_duration + seconds(6));
  ExpectOneTerm();

  webhook().SetSleep(seconds(0));
  const Instant fast = BootNow();
  const Term next = fleet().WaitForTerm(slow);
  Figure("webhook answers again to the next leader", next.first_yes - fast);
}

class FaultWatchTest : public FaultAnswerTest {
 protected:
  // For filters, which run on the gateway's threads, and after a test's end.
  static std::shared_ptr<std::atomic<int>> NewCount() {
    return std::make_shared<std::atomic<int>>(0);
  }
};

TEST_F(FaultWatchTest, Fault15_RepeatedAndOldEventsMakeNoLeader) {
  Agent& leader = Leader(kCalm, 2);
  const auto repeated = NewCount();
  const json oldest = {{"type", "MODIFIED"}, {"object", ReadLease()}};
  gateway().SetWatchFilter([=](const json& event) {
    ++*repeated;
    return std::vector<json>{event, oldest, event, oldest};
  });

  LetPass(2 * fleet().timing().lease_duration);
  EXPECT_GT(*repeated, 10);
  ExpectReplacementInTime(leader);
}

// A watch that loses events, and one that is open and says nothing at all.
TEST_F(FaultWatchTest, Fault15_AWatchWithGapsMakesNoLeader) {
  Agent& leader = Leader(kCalm, 2);
  const auto seen = NewCount();
  for (const int kept : {3, 1'000'000}) {
    gateway().SetWatchFilter([=](const json& event) {
      return ++*seen % kept == 0 ? std::vector<json>{event}
                                 : std::vector<json>{};
    });
    LetPass(2 * fleet().timing().lease_duration);
    ExpectOneTerm();
  }
  EXPECT_GT(*seen, 20);
  ExpectReplacementInTime(leader);
}

TEST_F(FaultWatchTest, Fault15_AWatchThatIsGoneIsTakenUpAgain) {
  Agent& leader = Leader(kCalm, 2);
  const int opened = gateway().requests(RequestKind::kWatch);
  const auto seen = NewCount();
  gateway().SetWatchFilter([=](const json& event) -> std::vector<json> {
    if (++*seen % 5 != 0) return {event};
    return {
        {{"type", "ERROR"},
         {"object", json::parse(StatusBody(
                        410, "Expired", "too old resource version: 1 (2)"))}}};
  });

  LetPass(2 * fleet().timing().lease_duration);
  EXPECT_GT(gateway().requests(RequestKind::kWatch) - opened, 5);
  ExpectReplacementInTime(leader);
}

// Refused from the start, and with the status of HTTP: the polls do it.
TEST_F(FaultWatchTest, Fault15_WithoutAnyWatchThePollsAreEnough) {
  Agent& leader = Leader(kCalm, 2);
  gateway().Set(
      RequestKind::kWatch,
      {.status = 410,
       .body = StatusBody(410, "Expired", "too old resource version: 1 (2)")});
  gateway().watch_road().EndAll(support::Ending::kFin);
  ASSERT_TRUE(Eventually(
      kLong, [&] { return gateway().struck(RequestKind::kWatch) > 3; }));

  LetPass(2 * fleet().timing().lease_duration);
  ExpectReplacementInTime(leader);
}

}  // namespace
}  // namespace fleet
