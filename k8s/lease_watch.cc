#include "k8s/lease_watch.h"

#include <pthread.h>

#include <algorithm>
#include <array>
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

namespace k8s {
namespace {

using base::Duration;
using base::Instant;
using base::MutexLock;
using std::chrono::milliseconds;
using std::chrono::seconds;

// The server answers a watch with its header at once.
constexpr Duration kOpenWithin = seconds(5);
// How long after the end that we asked for a stream may still be open.
constexpr Duration kOverdue = seconds(60);
// A stream that was open so long was a good one.
constexpr Duration kLasting = seconds(5);
// The longest pause before each resume, once resuming brings nothing. After the
// last the stream counts as lost: whoever follows it must know, and read.
constexpr std::array<milliseconds, 3> kPauses = {
    milliseconds(60), milliseconds(180), milliseconds(500)};

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
  // What is known of one Follow(), from stream to stream.
  struct Session {
    std::uint64_t generation = 0;
    std::int64_t follows = 0;   // The last lease state told.
    std::int64_t position = 0;  // Where to resume: that, or a later bookmark.
    bool told_live = false;
    // False after a 410: the next stream asks for the lease as it is, without
    // a version, and its first event says how that compares to `follows`.
    bool anchored = true;
  };
  // How one stream ended: in good order unless there is an error.
  struct StreamEnd {
    bool opened = false;
    bool told = false;  // Any change.
    std::optional<ApiError> error;
  };

  void Run();
  std::optional<Session> NextSession();
  bool IsCurrent(const Session& session);
  void Watch(Session& session);
  StreamEnd Stream(Session& session);
  bool Tell(const WatchFrame& frame, Session& session, StreamEnd& end);
  bool Anchor(const WatchFrame& frame, Session& session, StreamEnd& end);
  void TellChange(const WatchFrame& frame, std::int64_t follows,
                  Session& session, StreamEnd& end);
  HttpRequest RequestFor(const Session& session, seconds timeout) const;
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
  Session session;
  session.generation = generation_;
  session.follows = follow_;
  session.position = follow_;
  return session;
}

bool LeaseWatch::Impl::IsCurrent(const Session& session) {
  const MutexLock lock(mutex_);
  return session.generation == generation_;
}

// A stream that ends in good order is resumed. A resume that finds nobody is
// tried a few times, for a server that restarts; everything else is lost at
// once.
void LeaseWatch::Impl::Watch(Session& session) {
  std::size_t in_vain = 0;
  std::size_t forgotten = 0;  // How often the server did not know the version.
  for (bool resuming = false;; resuming = true) {
    const Instant started = transport_.Now();
    const std::int64_t position = session.position;
    StreamEnd end = Stream(session);
    if (!IsCurrent(session)) return;
    // Asking with a version again would get a 410 again until the lease
    // changes, for a read finds the same version.
    if (session.anchored && end.error && end.error->http_status == 410 &&
        !end.told) {
      if (++forgotten > kPauses.size()) return events_.on_lost(*end.error);
      if (forgotten > 1) PauseUpTo(kPauses[forgotten - 2]);
      session.anchored = false;
      continue;
    }
    if (!session.anchored && !end.error) {
      end.error =
          ErrorFromContent(Action(), 200, "the stream ended before it began");
    }
    const bool may_pass =
        resuming && !end.opened && end.error && end.error->http_status == 0;
    if (end.error && !may_pass) return events_.on_lost(*end.error);
    const bool lasted = transport_.Now() - started >= kLasting;
    if (end.opened && (lasted || session.position != position)) {
      in_vain = 0;
      if (lasted) {
        forgotten = 0;
      } else {
        PauseUpTo(kPauses[0]);
      }
      continue;
    }
    if (in_vain == kPauses.size()) {
      if (!end.error) {
        end.error = ErrorFromContent(Action(), 200,
                                     "the server ends the stream again and "
                                     "again as soon as it is open");
      }
      return events_.on_lost(*end.error);
    }
    // The first resume after a good stream does not wait.
    if (resuming) PauseUpTo(kPauses[in_vain++]);
  }
}

LeaseWatch::Impl::StreamEnd LeaseWatch::Impl::Stream(Session& session) {
  StreamEnd end;
  WatchDecoder decoder(name_.name);
  // Long, and never the same, so that watchers do not return all at once.
  const seconds timeout(Random(1800, 3600));
  const Instant started = transport_.Now();
  const auto observe = [&](const std::string& code) {
    if (observer_) observer_("watch", code, transport_.Now() - started);
  };
  HttpStream stream;
  stream.open_by = started + kOpenWithin;
  const Instant overdue = started + timeout + kOverdue;
  stream.end_by = session.anchored ? overdue : stream.open_by;
  stream.on_open = [&] {
    end.opened = true;
    observe("200");
    if (!session.told_live && IsCurrent(session)) events_.on_live();
    session.told_live = true;
  };
  stream.on_bytes = [&](std::string_view bytes) {
    const bool goes_on = decoder.Feed(bytes, [&](const WatchFrame& frame) {
      return Tell(frame, session, end);
    });
    if (session.anchored) stream.end_by = overdue;
    return goes_on;
  };
  const HttpOutcome outcome =
      transport_.Follow(RequestFor(session, timeout), stream);
  if (!end.opened) observe(CodeOf(outcome));
  if (end.error) return end;  // An ERROR event.
  if (!decoder.problem().empty()) {
    end.error = ErrorFromContent(Action(), 200, decoder.problem());
  } else if (!outcome) {
    end.error = ErrorFromFailure(Action(), outcome.error());
  } else if (outcome->status != 200) {
    end.error = ErrorFromAnswer(Action(), *outcome);
  }
  return end;
}

// False ends the stream.
bool LeaseWatch::Impl::Tell(const WatchFrame& frame, Session& session,
                            StreamEnd& end) {
  if (!IsCurrent(session)) return false;
  if (frame.type == WatchFrame::Type::kError) {
    HttpAnswer answer;
    answer.status = frame.code;
    answer.body = frame.status;
    end.error = ErrorFromAnswer(Action(), answer);
    return false;
  }
  if (!session.anchored && !Anchor(frame, session, end)) return false;
  session.position = std::max(session.position, frame.resource_version);
  if (frame.type == WatchFrame::Type::kBookmark) return true;
  if (frame.resource_version <= session.follows) return true;  // A repeat.
  TellChange(frame, session.follows, session, end);
  return true;
}

// The first event of a stream that was opened without a version is the lease as
// it is. A bookmark instead says that there is none.
bool LeaseWatch::Impl::Anchor(const WatchFrame& frame, Session& session,
                              StreamEnd& end) {
  if (frame.type == WatchFrame::Type::kBookmark) {
    end.error = ErrorFromContent(Action(), 200, "the lease is gone");
    return false;
  }
  session.anchored = true;
  if (frame.resource_version > session.follows) {
    TellChange(frame, /*follows=*/0, session, end);
  }
  return true;
}

void LeaseWatch::Impl::TellChange(const WatchFrame& frame, std::int64_t follows,
                                  Session& session, StreamEnd& end) {
  LeaseChange change;
  change.follows = follows;
  change.deleted = frame.type == WatchFrame::Type::kDeleted;
  change.lease = frame.lease;
  session.follows = frame.resource_version;
  end.told = true;
  events_.on_change(std::move(change));
}

HttpRequest LeaseWatch::Impl::RequestFor(const Session& session,
                                         seconds timeout) const {
  HttpRequest request;
  request.method = "GET";
  request.target = LeasesPath(name_) + "?watch=true&allowWatchBookmarks=true" +
                   "&fieldSelector=metadata.name%3D" +
                   PercentEncode(name_.name) +
                   "&timeoutSeconds=" + std::to_string(timeout.count());
  if (session.anchored) {
    request.target += "&resourceVersion=" + std::to_string(session.position);
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
