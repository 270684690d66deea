// Runs the elector in the world: feeds it time and news, and does what it says,
// in its order. The thread `election` is the only one that touches the elector
// and the only one that publishes leadership.
#ifndef AGENT_RUNTIME_ELECTION_LOOP_H_
#define AGENT_RUNTIME_ELECTION_LOOP_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "agent/base/mutex.h"
#include "agent/election/elector.h"
#include "agent/http/fd.h"
#include "agent/runtime/leadership.h"
#include "agent/runtime/log.h"
#include "agent/runtime/metrics.h"
#include "agent/runtime/request_thread.h"
#include "agent/runtime/watch_plan.h"
#include "k8s/cluster_config.h"
#include "k8s/lease_client.h"
#include "k8s/lease_watch.h"

namespace runtime {

class ElectionLoop {
 public:
  ElectionLoop(election::Config config, const k8s::ClusterConfig& cluster,
               const std::string& user_agent, Leadership& leadership,
               Metrics& metrics, Log& log);
  // Ends at once, whatever the lease; asking to stop in good order and waiting
  // for stopped_fd() comes before.
  ~ElectionLoop();

  // Any thread.
  void Post(election::Event event);

  // Becomes readable when the elector has stopped (T12).
  int stopped_fd() const { return stopped_.get(); }

  // Empty while the loop does its work; else why not, in one sentence. Only a
  // stuck loop counts, never the API server. Any thread.
  std::string WhyStuck(base::Instant now) const;

 private:
  struct Delivery {
    election::Event event;
    std::optional<k8s::ApiError> error;
  };

  void Run();
  void ArmTimer();
  void Deliver(Delivery delivery);
  void Take(const Delivery& delivery);
  void Step(const election::Event& event);
  void Do(const election::Publish& publish);
  void Do(const election::Read& read);
  void Do(election::Write write);
  void Do(const election::Transition& transition);
  void Do(const election::Stopped& stopped);
  void Note(const Delivery& delivery);
  k8s::MicroTime NextStamp();

  const std::string lease_;  // "shop/web", for the log.
  Leadership& leadership_;
  Metrics& metrics_;
  Log& log_;

  // Thread `election` alone.
  WatchPlan watch_plan_;
  election::Elector elector_;
  FailureLog read_failures_;
  FailureLog write_failures_;
  FailureLog watch_failures_;
  std::mt19937_64 random_;
  election::WakeWindow window_;
  base::Instant wake_ = base::Instant::Never();
  k8s::MicroTime last_stamp_ = 0;
  std::optional<election::WriteKind> writing_;
  base::Instant sent_at_;
  bool stop_ = false;

  // For WhyStuck: when the present work began (0: none), and when the timer is
  // due.
  std::atomic<std::int64_t> busy_since_ns_{0};
  std::atomic<std::int64_t> due_ns_{base::Instant::Never().since_boot.count()};

  const http::Fd wake_fd_;
  const http::Fd timer_;
  const http::Fd stopped_;
  base::Mutex mutex_;
  std::deque<Delivery> queue_ GUARDED_BY(mutex_);
  std::atomic<bool> abandon_{false};

  std::unique_ptr<k8s::LeaseWatch> watch_;
  std::unique_ptr<RequestThread> requests_;
  std::thread thread_;
};

}  // namespace runtime

#endif  // AGENT_RUNTIME_ELECTION_LOOP_H_
