#include "tests/fleet/observer.h"

#include "tests/support/file_port_wait.h"

namespace fleet {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kAnswersAScrape = 8;
// A stopped agent answers when it goes on, and that answer is the one to judge.
constexpr Duration kPatience = seconds(30);

}  // namespace

Observer::~Observer() {
  ending_ = true;
  for (std::thread& thread : threads_) thread.join();
}

void Observer::Watch(const std::string& agent, int http_port, int metrics_port,
                     int network) {
  threads_.emplace_back(
      [=, this] { Run(agent, http_port, metrics_port, network); });
}

void Observer::Forget(const std::string& agent) {
  base::MutexLock lock(mutex_);
  gone_.insert(agent);
}

bool Observer::Ends(const std::string& agent) const {
  if (ending_) return true;
  base::MutexLock lock(mutex_);
  return gone_.contains(agent);
}

void Observer::Stopping(const std::string& agent) {
  base::MutexLock lock(mutex_);
  stopping_.insert(agent);
  claims_.Stopping(agent, support::BootNow());
}

void Observer::Run(const std::string& agent, int http_port, int metrics_port,
                   int network) {
  LocalClient leader(http_port, network);
  LocalClient metrics(metrics_port, network);
  int round = 0;
  while (!Ends(agent)) {
    std::this_thread::sleep_for(pause_);
    if (!leader.Send("/leader")) continue;
    // In small steps, so that ending does not wait for a stopped agent.
    std::optional<Reply> reply;
    const Instant give_up = support::BootNow() + kPatience;
    while (!(reply = leader.Receive(milliseconds(100)))) {
      if (ending_ || !leader.pending() || support::BootNow() >= give_up) break;
    }
    if (!reply) {
      leader.Disconnect();
      continue;
    }
    Hear(agent, *reply);
    if (++round % kAnswersAScrape != 0) continue;
    if (const auto text = metrics.Get("/metrics", seconds(1))) {
      Scrape(agent, *text);
    }
  }
}

void Observer::Hear(const std::string& agent, const Reply& reply) {
  ++answers_;
  base::MutexLock lock(mutex_);
  try {
    LeaderAnswer answer = ParseLeader(reply);
    if (answer.status != (answer.told.leads ? 200 : 503)) {
      malformed_.push_back(agent + " answered " +
                           std::to_string(answer.status) + " with " +
                           answer.body);
    }
    claims_.Hear(agent, answer.told);
    if (on_answer_) on_answer_(agent, answer.told);
    last_[agent] = std::move(answer);
  } catch (const nlohmann::json::exception& error) {
    malformed_.push_back(agent + ": " + error.what() + ": " + reply.body);
  }
}

void Observer::Scrape(const std::string& agent, const Reply& reply) {
  const auto status = Sample(
      reply.body, "leader_election_master_status{name=\"" + lease_ + "\"}");
  const auto left = Sample(reply.body, "leader_elector_term_seconds_left");
  base::MutexLock lock(mutex_);
  if (!status || !left) {
    malformed_.push_back(agent + " has no master status in its metrics");
    return;
  }
  claims_.Scrape(agent,
                 {.sent = reply.sent,
                  .received = reply.received,
                  .leads = *status == 1,
                  .left = Duration(static_cast<std::int64_t>(*left * 1e9))});
}

std::optional<LeaderAnswer> Observer::Last(const std::string& agent) const {
  base::MutexLock lock(mutex_);
  const auto found = last_.find(agent);
  if (found == last_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> Observer::Leader() const {
  base::MutexLock lock(mutex_);
  const Instant now = support::BootNow();
  std::optional<std::string> leader;
  for (const auto& [agent, answer] : last_) {
    if (!answer.told.leads || answer.told.deadline <= now) continue;
    if (stopping_.contains(agent)) continue;  // It may end without a word.
    if (leader) return std::nullopt;
    leader = agent;
  }
  return leader;
}

std::vector<Term> Observer::Terms() const {
  base::MutexLock lock(mutex_);
  return claims_.Terms();
}

std::vector<std::string> Observer::Violations() const {
  base::MutexLock lock(mutex_);
  std::vector<std::string> all = claims_.Violations();
  all.insert(all.end(), malformed_.begin(), malformed_.end());
  return all;
}

}  // namespace fleet
