#include "agent/runtime/election_loop.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/runtime/clock.h"
#include "agent/runtime/thread_name.h"

namespace runtime {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::seconds;

// A loop that has not come round for so long is stuck.
constexpr Duration kStuckAfter = seconds(10);

void Signal(int fd) {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then it is signalled already.
  [[maybe_unused]] const ssize_t n = write(fd, &one, sizeof one);
}

void Clear(int fd) {
  std::uint64_t count;
  [[maybe_unused]] const ssize_t n = read(fd, &count, sizeof count);
}

LogLevel LevelOf(const election::Transition& transition) {
  if (transition.rule == "T11") return LogLevel::kError;
  const bool lost = transition.from == election::State::kLeading &&
                    (transition.rule == "T7" || transition.rule == "T8");
  return lost ? LogLevel::kWarn : LogLevel::kInfo;
}

}  // namespace

ElectionLoop::ElectionLoop(election::Config config,
                           const k8s::ClusterConfig& cluster,
                           const std::string& user_agent,
                           Leadership& leadership, Metrics& metrics, Log& log)
    : lease_(leadership.identity().lease_namespace + "/" +
             leadership.identity().lease_name),
      leadership_(leadership),
      metrics_(metrics),
      log_(log),
      watch_plan_(config.retry_period),
      elector_(std::move(config)),
      read_failures_(log, "failed to read the lease", "read the lease again"),
      write_failures_(log, "failed to write the lease",
                      "wrote the lease again"),
      watch_failures_(log, "lost the watch", "watching again"),
      random_(std::random_device{}()),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      timer_(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)),
      stopped_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  const k8s::LeaseName name{leadership.identity().lease_namespace,
                            leadership.identity().lease_name};
  const auto observe = [this](const char* verb, const std::string& code,
                              Duration took) {
    metrics_.OnRequest(verb, code, took);
  };
  k8s::LeaseWatchEvents events{
      .on_change =
          [this](k8s::LeaseChange change) {
            Post(election::WatchEvent{change.follows, change.deleted,
                                      std::move(change.lease)});
          },
      .on_live = [this] { Post(election::WatchLive{}); },
      .on_lost =
          [this](const k8s::ApiError& error) {
            Deliver({election::WatchLost{}, error});
          }};
  watch_ = std::make_unique<k8s::LeaseWatch>(cluster, name, user_agent, BootNow,
                                             observe, std::move(events));
  requests_ = std::make_unique<RequestThread>(
      std::make_unique<k8s::LeaseClient>(cluster, name, user_agent, BootNow,
                                         observe),
      [this](election::Event event, const k8s::ApiError* error) {
        Deliver(
            {std::move(event), error ? std::optional(*error) : std::nullopt});
      });
  thread_ = std::thread([this] { Run(); });
}

ElectionLoop::~ElectionLoop() {
  abandon_ = true;
  Signal(wake_fd_.get());
  thread_.join();
  requests_.reset();
  watch_.reset();
}

void ElectionLoop::Post(election::Event event) {
  Deliver({std::move(event), std::nullopt});
}

void ElectionLoop::Deliver(Delivery delivery) {
  {
    base::MutexLock lock(mutex_);
    queue_.push_back(std::move(delivery));
  }
  Signal(wake_fd_.get());
}

void ElectionLoop::Run() {
  NameThisThread("election");
  busy_since_ns_ = BootNow().since_boot.count();
  Step(election::Start{});
  while (!stop_ && !abandon_) {
    ArmTimer();
    busy_since_ns_ = 0;
    pollfd fds[] = {{wake_fd_.get(), POLLIN, 0}, {timer_.get(), POLLIN, 0}};
    const int ready = poll(fds, 2, -1);
    CHECK(ready >= 0 || errno == EINTR);
    busy_since_ns_ = BootNow().since_boot.count();
    Clear(wake_fd_.get());
    std::deque<Delivery> deliveries;
    {
      base::MutexLock lock(mutex_);
      deliveries.swap(queue_);
    }
    for (const Delivery& delivery : deliveries) Take(delivery);
    if (BootNow() >= wake_) Step(election::Tick{});
  }
  busy_since_ns_ = 0;
  due_ns_ = Instant::Never().since_boot.count();
}

// Sleeps on the boot clock, so that a machine that slept past the lease wakes
// to the truth.
void ElectionLoop::ArmTimer() {
  const election::WakeWindow window = elector_.NextWake();
  if (window != window_ || wake_.is_never()) {
    window_ = window;
    wake_ = window.earliest;
    if (!window.latest.is_never() && window.latest > window.earliest) {
      // The middle of two draws: of very many candidates few are among the
      // first, and one alone hardly waits longer.
      std::uniform_int_distribution<std::int64_t> draw(
          0, (window.latest - window.earliest).count());
      wake_ = wake_ + Duration(draw(random_) / 2 + draw(random_) / 2);
    }
  }
  due_ns_ = wake_.since_boot.count();
  itimerspec when{};  // All zero: off.
  if (!wake_.is_never()) {
    // An instant in the past is due at once, but zero would turn the timer off.
    const auto at = std::max<Duration>(wake_.since_boot, Duration(1));
    const auto whole = std::chrono::duration_cast<seconds>(at);
    when.it_value.tv_sec = whole.count();
    when.it_value.tv_nsec = (at - whole).count();
  }
  CHECK(timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr) == 0);
}

void ElectionLoop::Take(const Delivery& delivery) {
  Note(delivery);
  Step(delivery.event);
  const auto version = watch_plan_.On(BootNow(), delivery.event);
  if (version && !stop_) watch_->Follow(*version);
}

void ElectionLoop::Step(const election::Event& event) {
  if (std::holds_alternative<election::Tick>(event)) {
    wake_ = Instant::Never();  // Spent: the next one is drawn anew.
  }
  for (election::Action& action : elector_.Step(BootNow(), event)) {
    std::visit([this](auto& a) { Do(std::move(a)); }, action);
  }
}

// ---------------------------------------------------------------- actions

void ElectionLoop::Do(const election::Publish& publish) {
  leadership_.Publish(publish.view);
}

void ElectionLoop::Do(const election::Read& read) { requests_->Submit(read); }

void ElectionLoop::Do(election::Write write) {
  k8s::LeaseRecord& record = write.write.record;
  record.renew_time = NextStamp();
  if (write.kind == election::WriteKind::kAcquire) {
    record.acquire_time = record.renew_time;
  }
  writing_ = write.kind;
  sent_at_ = BootNow();
  requests_->Submit(std::move(write));
}

void ElectionLoop::Do(const election::Transition& t) {
  metrics_.OnTransition(t);
  if (t.rule == "T9" && t.from == election::State::kLeading) {
    metrics_.OnSlowPath();
  }
  const LogLevel level = LevelOf(t);
  if (!log_.Shows(level)) return;
  std::vector<LogField> fields = {{"lease", lease_},
                                  {"rule", t.rule},
                                  {"state", election::ToString(t.to)},
                                  {"holder", t.holder},
                                  {"transitions", t.transitions}};
  if (t.fencing_token != 0) {
    fields.push_back({"fencing_token", t.fencing_token});
    fields.push_back({"valid_for_ms", base::ToMs(t.valid_for)});
  }
  log_.Write(level, t.event, fields);
}

void ElectionLoop::Do(const election::Stopped&) {
  stop_ = true;
  Signal(stopped_.get());
}

// Ours is now, if that is later than the last one written, else a second later:
// client-go compares whole seconds, and a renewal must look like one.
k8s::MicroTime ElectionLoop::NextStamp() {
  const k8s::MicroTime now = WallNow();
  last_stamp_ = now > last_stamp_ ? now : last_stamp_ + 1'000'000;
  return last_stamp_;
}

// ------------------------------------------------------------------- news

void ElectionLoop::Note(const Delivery& delivery) {
  const Instant now = BootNow();
  const std::optional<k8s::ApiError>& error = delivery.error;
  const auto cause = [&] {
    return error->http_status == 0 ? "connection"
                                   : std::to_string(error->http_status);
  };
  const auto count = [&](FailureLog& failures) {
    if (error) {
      failures.Failed(now, cause(), error->message);
    } else {
      failures.Succeeded(now);
    }
  };
  if (std::holds_alternative<election::WatchLive>(delivery.event)) {
    metrics_.OnWatch(true);
    watch_failures_.Succeeded(now);
  } else if (std::holds_alternative<election::WatchLost>(delivery.event)) {
    metrics_.OnWatch(false);
    if (error) watch_failures_.Failed(now, cause(), error->message);
  } else if (std::holds_alternative<election::ReadDone>(delivery.event)) {
    count(read_failures_);
  } else if (std::holds_alternative<election::WriteDone>(delivery.event)) {
    count(write_failures_);
  }
  const auto* write = std::get_if<election::WriteDone>(&delivery.event);
  if (write && writing_) {
    metrics_.OnWrite(*std::exchange(writing_, std::nullopt), write->status,
                     now - sent_at_);
  }
}

std::string ElectionLoop::WhyStuck(Instant now) const {
  const Instant busy{Duration(busy_since_ns_.load())};
  if (busy != Instant{} && now - busy > kStuckAfter) {
    return "the election thread has been busy with one event for " +
           std::to_string(base::ToMs(now - busy)) + " ms";
  }
  const Instant due{Duration(due_ns_.load())};
  if (!due.is_never() && now > due && now - due > kStuckAfter) {
    return "the election thread is " + std::to_string(base::ToMs(now - due)) +
           " ms late";
  }
  return "";
}

}  // namespace runtime
