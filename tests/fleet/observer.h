// Listens to a fleet: a thread an agent asks /leader, and now and then the
// metrics, as fast as a small machine allows, and hands every answer to Claims.
// Watch is called, and the results are asked for, by the test's thread.
#ifndef TESTS_FLEET_OBSERVER_H_
#define TESTS_FLEET_OBSERVER_H_

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "agent/base/mutex.h"
#include "agent/base/time.h"
#include "tests/fleet/claims.h"
#include "tests/fleet/local_client.h"

namespace fleet {

class Observer {
 public:
  using OnAnswer = std::function<void(const std::string& agent, const Told&)>;

  // `pause` is between two questions to one agent. `on_answer` is told of each
  // answer, on one thread at a time.
  explicit Observer(std::string lease,
                    base::Duration pause = std::chrono::milliseconds(3),
                    OnAnswer on_answer = {})
      : lease_(std::move(lease)),
        pause_(pause),
        on_answer_(std::move(on_answer)) {}
  ~Observer();  // Also when the agents are gone or stopped for good.
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  void Watch(const std::string& agent, int http_port, int metrics_port,
             int network = support::kThisNetwork);
  // It is gone for good and asked no more. What it has said stays.
  void Forget(const std::string& agent);
  // Just before the agent is told to stop.
  void Stopping(const std::string& agent);

  // The last answer of that agent.
  std::optional<LeaderAnswer> Last(const std::string& agent) const;
  // Whose last answer was a yes that still holds, of those not told to stop.
  // Empty: nobody, or more than one.
  std::optional<std::string> Leader() const;

  std::vector<Term> Terms() const;
  std::vector<std::string> Violations() const;
  std::size_t answers() const { return answers_; }

 private:
  void Run(const std::string& agent, int http_port, int metrics_port,
           int network);
  bool Ends(const std::string& agent) const;
  void Hear(const std::string& agent, const Reply& reply);
  void Scrape(const std::string& agent, const Reply& reply);

  const std::string lease_;
  const base::Duration pause_;
  const OnAnswer on_answer_;
  std::atomic<bool> ending_ = false;
  std::atomic<std::size_t> answers_ = 0;
  mutable base::Mutex mutex_;
  Claims claims_ GUARDED_BY(mutex_);
  std::map<std::string, LeaderAnswer> last_ GUARDED_BY(mutex_);
  std::set<std::string> stopping_ GUARDED_BY(mutex_);
  std::set<std::string> gone_ GUARDED_BY(mutex_);
  std::vector<std::string> malformed_ GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace fleet

#endif  // TESTS_FLEET_OBSERVER_H_
