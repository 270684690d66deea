// One Lease with its candidates and the faults that strike them, one after the
// other, beside other lanes on the same servers. At any time at least two of
// its three candidates are well, so that somebody can always lead.
#ifndef TESTS_FAULTS_LANE_H_
#define TESTS_FAULTS_LANE_H_

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/faults/history.h"
#include "tests/faults/plan.h"
#include "tests/faults/seat.h"
#include "tests/faults/shared_log.h"
#include "tests/faults/trace.h"
#include "tests/fleet/observer.h"

namespace faults {

struct LaneOptions {
  int number = 0;
  std::vector<Planned> plan = {};
  std::string folder = {};
  std::string program = AGENT_PROGRAM;
  std::map<std::string, std::string> environment = {};
  bool mixed = false;  // The last of the candidates is client-go's.
};

// What its candidates said and did.
struct LaneResult {
  std::string lease;
  std::vector<fleet::Term> terms;
  std::vector<std::string> violations;
  std::vector<fleet::ClientGo::Span> client_go;
  LogCount fenced;
  LogCount unfenced;
  std::size_t answers = 0;
};

class Lane {
 public:
  // Starts its thread, which owns the candidates.
  Lane(LaneOptions options, support::KubernetesCluster& cluster, Trace& trace);
  ~Lane();

  const std::string& lease() const { return lease_; }
  // All candidates have been started; until then the servers must be well.
  bool started() const { return started_; }
  // Every fault of its plan is over and somebody leads; or it has failed.
  bool done() const { return done_; }
  bool HasViolation() const { return !observer_.Violations().empty(); }
  std::size_t HolderChanges() const;

  // Ends the candidates; throws what went wrong.
  LaneResult Finish();
  void WriteHistory(std::ostream& out) const;

 private:
  void Run();
  void StrikeAll();
  void StrikeCandidate(const Planned& planned, const Planned* inside);
  void StrikeTheLease(const Planned& planned);
  // Until `at`, or until the campaign ends early.
  void SleepUntil(base::Instant at) const;
  // False if the campaign ends. Throws if there was none for long.
  bool WaitForLeader();
  Seat& Victim(const Planned& planned);

  const LaneOptions options_;
  const std::string lease_;
  support::KubernetesCluster& cluster_;
  Trace& trace_;
  mutable std::mutex mutex_;
  History history_;  // By mutex_.
  // Thread: its own. The observer asks in their networks and ends before them.
  std::vector<std::unique_ptr<Seat>> seats_;
  fleet::Observer observer_;
  std::vector<fleet::ClientGo::Span> client_go_spans_;
  std::exception_ptr failure_;
  std::atomic<bool> started_ = false;
  std::atomic<bool> done_ = false;
  std::atomic<bool> finish_ = false;
  std::thread thread_;
};

// Pairs of terms, one after the other, of different processes.
std::size_t CountHolderChanges(const std::vector<fleet::Term>& terms);

}  // namespace faults

#endif  // TESTS_FAULTS_LANE_H_
