// client-go's checks of its settings, and its table of health, asked of ours.
// Source: k8s.io/client-go@v0.36.3 tools/leaderelection: leaderelection.go,
// leaderelection_test.go, healthzadaptor_test.go.
#include <gtest/gtest.h>

#include "agent/runtime/leadership.h"
#include "agent/runtime/local_api.h"
#include "agent/runtime/ops_api.h"
#include "tests/unit/runtime/config_loading.h"

namespace runtime {
namespace {

using namespace std::chrono_literals;

struct Timing {
  const char* name;
  const char* lease;
  const char* renew;
  const char* retry;
  bool client_go_takes_it;
  bool we_take_it;
};

void PrintTo(const Timing& t, std::ostream* out) { *out << t.name; }

class ClientGoTimingTest : public testing::TestWithParam<Timing> {};

TEST_P(ClientGoTimingTest, IsTakenOrRefusedAtStart) {
  const Timing& t = GetParam();

  const auto loaded = LoadWeb({std::string("--lease-duration=") + t.lease,
                               std::string("--renew-deadline=") + t.renew,
                               std::string("--retry-period=") + t.retry});

  EXPECT_EQ(static_cast<bool>(loaded), t.we_take_it) << Errors(loaded);
  // What client-go refuses, ours refuses.
  EXPECT_TRUE(t.client_go_takes_it || !t.we_take_it);
}

INSTANTIATE_TEST_SUITE_P(
    ClientGo, ClientGoTimingTest,
    testing::Values(
        Timing{"CoreComponents", "15s", "10s", "2s", true, true},
        Timing{"OpenshiftsLong", "137s", "107s", "26s", true, true},
        Timing{"CsiSidecars", "15s", "10s", "5s", true, true},
        Timing{"LeaseEqualsDeadline", "10s", "10s", "2s", false, false},
        Timing{"LeaseBelowDeadline", "9s", "10s", "2s", false, false},
        Timing{"DeadlineEqualsRetryTimesJitter", "15s", "12s", "10s", false,
               false},
        Timing{"LeaseIsZero", "0s", "10s", "2s", false, false},
        Timing{"DeadlineIsZero", "15s", "0s", "2s", false, false},
        Timing{"RetryIsZero", "15s", "10s", "0s", false, false},
        // client-go takes these and leads on beside the next leader: it gives
        // up after retry + deadline (16.9 s of 15 s), or writes a duration of 0
        // or 1 s for others to wait.
        Timing{"DeadlineJustBelowLease", "15s", "14.9s", "2s", true, false},
        Timing{"LeaseBelowASecond", "900ms", "600ms", "200ms", true, false},
        Timing{"LeaseOfPartsOfASecond", "1900ms", "1200ms", "300ms", true,
               false}),
    [](const auto& test) { return std::string(test.param.name); });

// "Lock identity is empty" in both. Of ours it cannot stay empty by chance: the
// host's name stands in.
TEST(ClientGoIdentityTest, AnEmptyIdentityIsRefused) {
  EXPECT_FALSE(LoadWeb({"--identity="}));
  EXPECT_EQ(LoadWeb({})->identity, "node-1");
}

// client-go's answer to "do I lead" (IsLeader) never expires, so it needs a
// watchdog that fails liveness when a leader has not renewed for L. Of ours the
// answer itself expires; liveness is about the loop alone. Its five cases:
class HealthTest : public testing::Test {
 protected:
  static constexpr base::Instant kT0{1h};

  // A holder whose last renewal was sent at kT0, L/D = 15/10 s.
  void Hold(const std::string& incarnation) {
    election::View view;
    view.leads = incarnation == "web-1_a";
    view.state =
        view.leads ? election::State::kLeading : election::State::kFollowing;
    view.valid_until = view.leads ? kT0 + 10s : base::Instant{};
    view.lease_exists = true;
    view.lease.holder = incarnation;
    view.lease_expires_at = kT0 + 15s;
    leadership.Publish(view);
  }
  int Ask(std::string_view path, base::Duration after) {
    now = kT0 + after;
    http::Request request;
    request.method = "GET";
    request.path = path;
    http::Exchange exchange(std::make_shared<http::Mailbox>(), 1);
    return api.handler()(request, exchange)->status;
  }

  base::Instant now = kT0;
  Leadership leadership{{"web-1", "web-1_a", "shop", "web"}};
  OpsApi ops{{[] { return std::string(); }, [] { return std::nullopt; },
              [] { return std::nullopt; }}};
  LocalApi api{&leadership, &ops, [](const auto&) {}, [this] { return now; }};
};

TEST_F(HealthTest, NoElectionYetIsAlive) {
  EXPECT_EQ(Ask("/livez", 0s), 200);
  EXPECT_EQ(Ask("/leader", 0s), 503);
}

TEST_F(HealthTest, AFreshLeaderIsAlive) {
  Hold("web-1_a");
  EXPECT_EQ(Ask("/livez", 1s), 200);
  EXPECT_EQ(Ask("/leader", 1s), 200);
}

// client-go: an error, so that the kubelet restarts it. Ours has said no since.
TEST_F(HealthTest, ALeaderLongExpiredIsNoLeaderAndAlive) {
  Hold("web-1_a");
  EXPECT_EQ(Ask("/leader", 60s), 503);
  EXPECT_EQ(Ask("/livez", 60s), 200);
}

// client-go: well, for it does not lead.
TEST_F(HealthTest, AnothersExpiredLeaseIsNotOurIllness) {
  Hold("web-2_b");
  EXPECT_EQ(Ask("/livez", 60s), 200);
  EXPECT_EQ(Ask("/leader", 60s), 503);
}

// client-go: well within L + 20 s, and IsLeader says yes all that time.
TEST_F(HealthTest, TheEndOfTheTermHasNoTolerance) {
  Hold("web-1_a");
  EXPECT_EQ(Ask("/leader", 10s - 1ns), 200);
  EXPECT_EQ(Ask("/leader", 10s), 503);
}

}  // namespace
}  // namespace runtime
