#include "k8s/lease_watch.h"

#include <pthread.h>

#include <chrono>
#include <optional>
#include <random>
#include <string_view>
#include <thread>
#include <utility>

#include "agent/base/check.h"
#include "agent/base/mutex.h"
#include "k8s/lease_path.h"
#include "k8s/status.h"
#include "k8s/transport.h"
#include "k8s/watch_decoder.h"
#include "k8s/watch_session.h"

namespace k8s {
namespace {

using base::Duration;
using base::Instant;
using base::MutexLock;
using std::chrono::seconds;

// The server answers a watch with its header at once.
constexpr Duration kOpenWithin = seconds(5);
// How long after the end that we asked for a stream may still be open.
constexpr Duration kOverdue = seconds(60);
// The watch whose thread this is. Stop() must not join itself.
thread_local const void* this_threads_watch = nullptr;

}  // namespace

class LeaseWatch::Impl {
 public:
  Impl(ClusterConfig config, LeaseName name, std::string user_agent,
       BootClock clock, RequestObserver observer, LeaseWatchEvents events)
      : name_(std::move(name)),
        observer_(std::move(observer)),
        events_(std::move(events)),
        transport_(std::move(config), std::move(user_agent), std::move(clock)),
        thread_([this] { Run(); }) {}

  ~Impl() {
    CHECK(this_threads_watch != this);
    Stop();
  }

  void Follow(std::int64_t resource_version) {
    const MutexLock lock(mutex_);
    follow_ = resource_version;
    ++generation_;
    transport_.Cancel();
    changed_.notify_all();
  }

  void Stop() {
    {
      const MutexLock lock(mutex_);
      stop_ = true;
      ++generation_;
      transport_.Cancel();
      changed_.notify_all();
    }
    if (this_threads_watch == this) return;
    const MutexLock lock(join_mutex_);
    if (thread_.joinable()) thread_.join();
  }

 private:
  // One Follow().
  struct Session {
    std::uint64_t generation = 0;
    WatchSession watch;
  };

  void Run();
  std::optional<Session> NextSession();
  bool IsCurrent(const Session& session);
  void Watch(Session& session);
  void Stream(Session& session);
  HttpRequest RequestFor(const WatchSession& watch, seconds timeout) const;
  // Between half of `longest` and all of it.
  void PauseUpTo(Duration longest);
  std::int64_t Random(std::int64_t low, std::int64_t high);
  LeaseAction Action() const { return {"watch", name_}; }

  const LeaseName name_;
  const RequestObserver observer_;
  const LeaseWatchEvents events_;
  std::mt19937_64 random_{std::random_device{}()};
  Transport transport_;  // Thread: watch, but for Cancel().

  base::Mutex mutex_;
  base::ConditionVariable changed_;
  std::int64_t follow_ GUARDED_BY(mutex_) = 0;
  // Counts Follow() and Stop(); what the watch thread has taken up of them.
  std::uint64_t generation_ GUARDED_BY(mutex_) = 0;
  std::uint64_t taken_ GUARDED_BY(mutex_) = 0;
  bool stop_ GUARDED_BY(mutex_) = false;

  base::Mutex join_mutex_;
  std::thread thread_ GUARDED_BY(join_mutex_);  // Last: it uses all the rest.
};

void LeaseWatch::Impl::Run() {
  this_threads_watch = this;
  pthread_setname_np(pthread_self(), "watch");
  while (std::optional<Session> session = NextSession()) Watch(*session);
}

// Waits for a Follow(). Empty after Stop().
std::optional<LeaseWatch::Impl::Session> LeaseWatch::Impl::NextSession() {
  const MutexLock lock(mutex_);
  while (!stop_ && taken_ == generation_) changed_.wait(mutex_);
  if (stop_) return std::nullopt;
  taken_ = generation_;
  // Under the lock, so that the next Follow() or Stop() cancels this session.
  transport_.Reset();
  return Session{generation_, WatchSession({"watch", name_}, follow_)};
}

bool LeaseWatch::Impl::IsCurrent(const Session& session) {
  const MutexLock lock(mutex_);
  return session.generation == generation_;
}

void LeaseWatch::Impl::Watch(Session& session) {
  for (;;) {
    const Instant started = transport_.Now();
    Stream(session);
    if (!IsCurrent(session)) return;
    const WatchNext next = session.watch.OnEnd(transport_.Now() - started);
    if (next.lost) return events_.on_lost(*next.lost);
    if (next.pause_up_to > Duration::zero()) PauseUpTo(next.pause_up_to);
  }
}

void LeaseWatch::Impl::Stream(Session& session) {
  WatchSession& watch = session.watch;
  WatchDecoder decoder(name_.name);
  // Long, and never the same, so that watchers do not return all at once.
  const seconds timeout(Random(1800, 3600));
  const Instant started = transport_.Now();
  const auto observe = [&](const std::string& code) {
    if (observer_) observer_("watch", code, transport_.Now() - started);
  };
  bool opened = false;
  HttpStream stream;
  stream.open_by = started + kOpenWithin;
  const Instant overdue = started + timeout + kOverdue;
  // Without a version the first event must come at once.
  stream.end_by = watch.OpenFrom() ? overdue : stream.open_by;
  stream.on_open = [&] {
    opened = true;
    observe("200");
    if (IsCurrent(session) && watch.OnOpen()) events_.on_live();
  };
  stream.on_bytes = [&](std::string_view bytes) {
    const bool goes_on = decoder.Feed(bytes, [&](const WatchFrame& frame) {
      return IsCurrent(session) && watch.OnFrame(frame, events_.on_change);
    });
    if (watch.OpenFrom()) stream.end_by = overdue;
    return goes_on;
  };
  const HttpOutcome outcome =
      transport_.Follow(RequestFor(watch, timeout), stream);
  if (!opened) observe(CodeOf(outcome));
  if (!decoder.problem().empty()) {
    watch.OnFailure(ErrorFromContent(Action(), 200, decoder.problem()));
  } else if (!outcome) {
    watch.OnFailure(ErrorFromFailure(Action(), outcome.error()));
  } else if (outcome->status != 200) {
    watch.OnFailure(ErrorFromAnswer(Action(), *outcome));
  }
}

HttpRequest LeaseWatch::Impl::RequestFor(const WatchSession& watch,
                                         seconds timeout) const {
  HttpRequest request;
  request.method = "GET";
  request.target = LeasesPath(name_) + "?watch=true&allowWatchBookmarks=true" +
                   "&fieldSelector=metadata.name%3D" +
                   PercentEncode(name_.name) +
                   "&timeoutSeconds=" + std::to_string(timeout.count());
  if (const auto version = watch.OpenFrom()) {
    request.target += "&resourceVersion=" + std::to_string(*version);
  }
  return request;
}

void LeaseWatch::Impl::PauseUpTo(Duration longest) {
  const Duration pause(Random(longest.count() / 2, longest.count()));
  transport_.Pause(transport_.Now() + pause);
}

std::int64_t LeaseWatch::Impl::Random(std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
}

LeaseWatch::LeaseWatch(ClusterConfig config, LeaseName name,
                       std::string user_agent, BootClock clock,
                       RequestObserver observer, LeaseWatchEvents events)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(name),
                                   std::move(user_agent), std::move(clock),
                                   std::move(observer), std::move(events))) {}

LeaseWatch::~LeaseWatch() = default;

void LeaseWatch::Follow(std::int64_t resource_version) {
  impl_->Follow(resource_version);
}

void LeaseWatch::Stop() { impl_->Stop(); }

}  // namespace k8s
