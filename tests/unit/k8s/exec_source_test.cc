// When the plugin runs, and who waits for it. The test is the plugin, and time
// is a number that it moves.
#include "k8s/exec_source.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <string>

#include "k8s/micro_time.h"

namespace k8s {
namespace {

using base::Error;
using base::Instant;
using base::MutexLock;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kVersion[] = "client.authentication.k8s.io/v1";
constexpr Instant kT0{hours(1)};
// The wall clock at kT0: 2026-08-21T10:15:02Z.
constexpr MicroTime kWallT0 = 1'787'307'302'000'000;

class ExecSourceTest : public testing::Test {
 protected:
  // What the next runs print: a token that expires so long after kT0.
  void Print(const std::string& token, base::Duration expires) {
    const MicroTime at =
        kWallT0 +
        std::chrono::duration_cast<std::chrono::microseconds>(expires).count();
    SetAnswer(Json(token, FormatMicroTime(at)));
  }
  void PrintForEver(const std::string& token) { SetAnswer(Json(token, "")); }
  void Fail(const std::string& why) { SetAnswer(Error{why}); }
  // Runs that begin from now on wait for LetGo() or their end.
  void Hang() { hangs_ = true; }
  void LetGo() {
    hangs_ = false;
    gate_.set_value();
  }

  // The token at hand, or the failure.
  std::string Get(Instant deadline = Instant::Never()) {
    const auto got = source_.Get(waiter_, deadline);
    if (!got) return got.error().detail;
    return (*got)->token;
  }
  bool Renew(const std::string& refused, Instant deadline = Instant::Never()) {
    const auto got = source_.Get(waiter_, deadline);
    if (!got || (*got)->token != refused) return true;
    return source_.Renew(*got, waiter_, deadline);
  }
  Instant NoTime() const { return kT0; }
  void Pass(base::Duration time) { passed_ns_ += time.count(); }
  void AwaitRuns(int runs) {
    while (runs_ < runs) std::this_thread::yield();
  }

 private:
  static std::string Json(const std::string& token,
                          const std::string& expires) {
    return std::string(R"({"kind":"ExecCredential","apiVersion":")") +
           kVersion + R"(","status":{"token":")" + token +
           R"(","expirationTimestamp":")" + expires + "\"}}";
  }
  void SetAnswer(base::Result<std::string> answer) {
    const MutexLock lock(mutex_);
    answer_ = std::move(answer);
  }
  base::Result<std::string> RunPlugin() {
    ++runs_;
    if (hangs_) opened_.wait();
    const MutexLock lock(mutex_);
    return answer_;
  }
  Instant Boot() const { return kT0 + base::Duration(passed_ns_.load()); }

  base::Mutex mutex_;
  base::Result<std::string> answer_ GUARDED_BY(mutex_) = Error{"none"};
  std::atomic<std::int64_t> passed_ns_ = 0;
  std::atomic<bool> hangs_ = false;
  std::promise<void> gate_;
  const std::shared_future<void> opened_ = gate_.get_future().share();

 protected:
  std::atomic<int> runs_ = 0;
  Waiter waiter_{[this] { return Boot(); }};
  ExecSource source_{kVersion,
                     [this](Waiter&) { return RunPlugin(); },
                     {[this] { return Boot(); },
                      [this] { return kWallT0 + passed_ns_ / 1000; }}};
};

TEST_F(ExecSourceTest, RunsOnceForACredentialThatNeverExpires) {
  PrintForEver("one");
  EXPECT_EQ(Get(), "one");
  Pass(hours(1000));
  EXPECT_EQ(Get(), "one");
  EXPECT_EQ(runs_, 1);
}

TEST_F(ExecSourceTest, RunsBesideShortlyBeforeTheCredentialExpires) {
  Print("one", hours(1));
  EXPECT_EQ(Get(), "one");
  Pass(hours(1) - seconds(61));
  EXPECT_EQ(Get(), "one");
  EXPECT_EQ(runs_, 1);

  Print("two", hours(2));
  Pass(seconds(1));
  EXPECT_EQ(Get(NoTime()), "one");
  while (Get(NoTime()) != "two") std::this_thread::yield();
  EXPECT_EQ(runs_, 2);
}

// A hung plugin must not cost a lease that the credential at hand can keep.
TEST_F(ExecSourceTest, AHungPluginIsNotWaitedForWhileThereIsACredential) {
  Print("one", hours(1));
  EXPECT_EQ(Get(), "one");
  Hang();
  Pass(hours(1) - seconds(1));
  EXPECT_EQ(Get(), "one");
  AwaitRuns(2);
  EXPECT_EQ(Get(), "one");
  Pass(seconds(1));
  // By our clock it has expired; the server's may say otherwise.
  EXPECT_EQ(Get(NoTime()), "one");
  Print("two", hours(2));
  LetGo();
  EXPECT_EQ(Get(), "two");
  EXPECT_EQ(runs_, 2);
}

TEST_F(ExecSourceTest, AFailedRunBesideCostsNothingAndIsTriedAgain) {
  Print("one", hours(1));
  EXPECT_EQ(Get(), "one");
  Fail("no network");
  Pass(hours(1) - seconds(30));
  EXPECT_EQ(Get(), "one");
  AwaitRuns(2);
  Print("two", hours(2));
  // The pause counts from the end of the failed run, whenever that comes.
  while (Get() != "two") {
    Pass(milliseconds(1));
    std::this_thread::yield();
  }
}

TEST_F(ExecSourceTest, AFailureIsToldAndNotRepeatedAtOnce) {
  Fail("no network");
  EXPECT_EQ(Get(), "no network");
  EXPECT_EQ(Get(), "no network");
  EXPECT_EQ(runs_, 1);
  PrintForEver("one");
  Pass(seconds(1));
  EXPECT_EQ(Get(), "one");
}

TEST_F(ExecSourceTest, ARefusedCredentialIsReplaced) {
  PrintForEver("one");
  EXPECT_EQ(Get(), "one");
  Pass(seconds(1));
  PrintForEver("two");
  EXPECT_TRUE(Renew("one"));
  EXPECT_EQ(Get(), "two");
  EXPECT_EQ(runs_, 2);
}

TEST_F(ExecSourceTest, ARefusedCredentialStaysAtHandWhileThePluginHangs) {
  PrintForEver("one");
  EXPECT_EQ(Get(), "one");
  Pass(seconds(1));
  Hang();
  EXPECT_FALSE(Renew("one", NoTime()));
  EXPECT_EQ(Get(NoTime()), "one");
  LetGo();
}

// The server refuses all that it prints: it does not run all the time.
TEST_F(ExecSourceTest, APluginThatCannotHelpRunsSeldom) {
  PrintForEver("one");
  EXPECT_EQ(Get(), "one");
  for (int i = 0; i < 600; ++i) {
    Pass(milliseconds(100));
    EXPECT_FALSE(Renew("one"));
  }
  EXPECT_GE(runs_, 6);
  EXPECT_LE(runs_, 12);
}

// Our clock may be wrong; the server's is what counts.
TEST_F(ExecSourceTest, ACredentialThatSeemsExpiredIsTriedAllTheSame) {
  Print("one", -hours(1));
  EXPECT_EQ(Get(), "one");
  Print("two", -hours(1));
  Pass(seconds(1));
  EXPECT_EQ(Get(), "two");
}

TEST_F(ExecSourceTest, AnExpiryFarAwayIsNever) {
  Print("one", hours(24 * 365 * 200));
  EXPECT_EQ(Get(), "one");
}

TEST_F(ExecSourceTest, ACancelEndsTheWait) {
  Hang();
  waiter_.Cancel();
  EXPECT_EQ(Get(), "the call was canceled");
  LetGo();
}

struct Bad {
  const char* printed;
  const char* error;
};

class BadCredentialTest : public testing::TestWithParam<Bad> {};

TEST_P(BadCredentialTest, IsToldWithoutWhatWasPrinted) {
  const auto got = DecodeExecCredential(GetParam().printed, kVersion);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message, GetParam().error);
}

#define CREDENTIAL(status)       \
  R"({"kind":"ExecCredential",)" \
  R"("apiVersion":"client.authentication.k8s.io/v1","status":)" status "}"

INSTANTIATE_TEST_SUITE_P(
    Printed, BadCredentialTest,
    testing::Values(
        Bad{"s3cret", "what it printed is not JSON"},
        Bad{"[]", "what it printed is not an ExecCredential"},
        Bad{R"({"kind":"ExecCredential","apiVersion":"v0"})",
            "it printed apiVersion v0; the kubeconfig says "
            "client.authentication.k8s.io/v1"},
        Bad{CREDENTIAL("null"),
            "it printed neither a token nor a client certificate"},
        Bad{CREDENTIAL("{}"),
            "it printed neither a token nor a client certificate"},
        Bad{CREDENTIAL(R"({"clientKeyData":"s3cret"})"),
            "it printed a client certificate or a key, not both"},
        Bad{CREDENTIAL(R"({"token":"s3cret\r\nX: y"})"),
            "its token has a character that no token has"},
        Bad{CREDENTIAL(R"({"token":"t","expirationTimestamp":"soon"})"),
            "its expirationTimestamp is not a time"},
        Bad{CREDENTIAL(
                R"({"clientCertificateData":"s3cret","clientKeyData":"k"})"),
            "the client certificate is not a certificate in PEM form"}));

TEST(ExecCredentialTest, TakesATokenAndItsEnd) {
  const auto got = DecodeExecCredential(
      CREDENTIAL(
          R"({"token":"t","expirationTimestamp":"2026-08-21T10:15:02Z"})"),
      kVersion);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->token, "t");
  EXPECT_EQ(got->expires, kWallT0);
}

}  // namespace
}  // namespace k8s
