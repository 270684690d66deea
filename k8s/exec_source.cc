#include "k8s/exec_source.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <utility>

#include "agent/base/check.h"

namespace k8s {
namespace {

using base::Duration;
using base::Error;
using base::Instant;
using base::MutexLock;
using base::Result;
using std::chrono::microseconds;
using std::chrono::seconds;
using Kind = TransportFailure::Kind;

// The slowest that people wait for: a cloud's token service over a bad line.
constexpr Duration kRunLimit = seconds(20);
// The plugin runs anew a fifth of the credential's life before its end, but no
// more than a minute.
constexpr Duration kRenewBefore = seconds(60);
// Between runs that bring nothing new.
constexpr Duration kFirstPause = seconds(1);
// How long a call waits for a new credential while there is an old one.
constexpr Duration kPatience = seconds(1);
constexpr Duration kLongestPause = seconds(10);

constexpr std::int64_t kCentury = 3'155'760'000'000'000;  // Microseconds.

Duration Read(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

ExecSource::Clocks SystemClocks() {
  return {[] { return Instant{Read(CLOCK_BOOTTIME)}; },
          [] {
            return MicroTime{
                std::chrono::duration_cast<microseconds>(Read(CLOCK_REALTIME))
                    .count()};
          }};
}

}  // namespace

// Shared by those who wait for it: `done_fd` is readable once it is over.
struct ExecSource::Job {
  const bool refused;
  const int done_fd = eventfd(0, EFD_CLOEXEC);

  explicit Job(bool was_refused) : refused(was_refused) { CHECK(done_fd >= 0); }
  ~Job() { close(done_fd); }
};

ExecSource::ExecSource(ExecPlugin plugin)
    : ExecSource(
          plugin.api_version,
          [plugin](Waiter& waiter) {
            return RunExecPlugin(plugin, waiter, waiter.Now() + kRunLimit);
          },
          SystemClocks()) {}

ExecSource::ExecSource(std::string api_version, Run run, Clocks clocks)
    : api_version_(std::move(api_version)),
      run_(std::move(run)),
      clocks_(std::move(clocks)),
      waiter_(clocks_.boot),
      pause_(kFirstPause) {}

ExecSource::~ExecSource() {
  waiter_.Cancel();
  std::thread last;
  {
    const MutexLock lock(mutex_);
    last = std::move(thread_);
  }
  if (last.joinable()) last.join();
}

std::shared_ptr<ExecSource::Job> ExecSource::Start(bool refused) {
  // The last one has nothing left to do but to end.
  if (thread_.joinable()) thread_.join();
  job_ = std::make_shared<Job>(refused);
  try {
    thread_ = std::thread([this, job = job_] { Work(job); });
  } catch (const std::system_error&) {
    job_ = nullptr;
    error_ = "no thread could be started for the exec plugin";
    next_run_ = clocks_.boot() + pause_;
  }
  return job_;
}

void ExecSource::Work(const std::shared_ptr<Job>& job) {
  pthread_setname_np(pthread_self(), "exec");
  const Result<std::string> printed = run_(waiter_);
  Result<ExecCredential> got =
      printed ? DecodeExecCredential(*printed, api_version_)
              : Result<ExecCredential>(printed.error());
  if (printed && !got) {
    got = Error{"the exec plugin is of no use: " + got.error().message};
  }
  const MutexLock lock(mutex_);
  Take(got, job->refused);
  job_ = nullptr;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = write(job->done_fd, &one, sizeof one);
}

void ExecSource::Take(const Result<ExecCredential>& got, bool refused) {
  const Instant now = clocks_.boot();
  Instant expires = Instant::Never();
  if (got && got->expires) {
    const std::int64_t left = *got->expires - clocks_.wall();
    expires = now + microseconds(std::clamp(left, -kCentury, kCentury));
  }
  const bool is_new = got && !(credential_ && credential_->IsSameAs(*got));
  const bool is_good = got && expires > now && (is_new || !refused);
  // A plugin whose credentials are refused one after the other must not run all
  // the time either.
  next_run_ = now + pause_;
  pause_ =
      is_good && !refused ? kFirstPause : std::min(2 * pause_, kLongestPause);
  error_ = got ? "the credential of the exec plugin has expired"
               : got.error().message;
  if (!got) return;
  if (is_new) credential_ = std::make_shared<ExecCredential>(*got);
  renew_at_ = expires;
  if (!expires.is_never()) {
    renew_at_ = expires - std::min(kRenewBefore, (expires - now) / 5);
  }
  // One that has expired already may be good: this clock may be wrong.
  use_until_ = std::max(expires, next_run_);
}

TransportFailure ExecSource::Failure() const {
  return {Kind::kCredentials, false, error_};
}

Result<ExecCredentialPtr, TransportFailure> ExecSource::Get(Waiter& waiter,
                                                            Instant deadline) {
  std::shared_ptr<Job> job;
  Instant until = deadline;
  {
    const MutexLock lock(mutex_);
    const Instant now = clocks_.boot();
    job = job_;
    const bool may_run = !job && now >= next_run_;
    if (credential_ && now < use_until_) {
      if (may_run && now >= renew_at_) Start(/*refused=*/false);
      return credential_;
    }
    if (may_run) job = Start(/*refused=*/false);
    if (!job) {
      if (credential_) return credential_;
      return Failure();
    }
    // One that looks expired may be good all the same: this clock, or the
    // plugin's, may be wrong. The server knows; a plugin that hangs must not
    // keep us from asking it.
    if (credential_) {
      const Duration quarter =
          deadline.is_never() ? kPatience : (deadline - now) / 4;
      until = now + std::min(kPatience, quarter);
    }
  }
  const auto outcome = waiter.Wait(job->done_fd, POLLIN, until);
  const MutexLock lock(mutex_);
  if (outcome == Waiter::Outcome::kCanceled) {
    return TransportFailure{Kind::kCanceled, false, "the call was canceled"};
  }
  if (credential_ &&
      (outcome == Waiter::Outcome::kTimeout || clocks_.boot() < use_until_)) {
    return credential_;
  }
  if (outcome == Waiter::Outcome::kTimeout) {
    return TransportFailure{Kind::kTimeout, false, "for the exec plugin"};
  }
  return Failure();
}

bool ExecSource::Renew(const ExecCredentialPtr& refused, Waiter& waiter,
                       Instant deadline) {
  std::shared_ptr<Job> job;
  {
    const MutexLock lock(mutex_);
    if (credential_ != refused) return true;
    job = job_;
    if (!job && clocks_.boot() >= next_run_) job = Start(/*refused=*/true);
    if (!job) return false;
  }
  waiter.Wait(job->done_fd, POLLIN, deadline);
  const MutexLock lock(mutex_);
  return credential_ != refused;
}

}  // namespace k8s
