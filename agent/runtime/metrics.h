// What Prometheus scrapes. Counts what the other threads report; what says who
// leads, and for how long, is computed at the scrape from the snapshot and the
// clock that GET /leader uses, so the two cannot contradict each other. Any
// thread.
//
// client-go's own names: leader_election_master_status, leader_election_
// slowpath_total. There is no leader_elector_is_leader: it would be the first
// of these again.
#ifndef AGENT_RUNTIME_METRICS_H_
#define AGENT_RUNTIME_METRICS_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "agent/base/time.h"
#include "agent/election/types.h"
#include "agent/runtime/leadership.h"
#include "k8s/lease.h"

namespace runtime {

// Why leadership began or ended: the `reason` of
// leader_elector_transitions_total, and nothing else stands there. "" if
// `transition` does neither.
//
//   acquired          became leader
//   deadline_passed   no renewal was answered in time (T8)
//   lease_lost        somebody else's doing: taken, emptied or deleted (T7)
//   handed_over       asked to stop or to give up (T10, T13)
//   unhealthy         the main container is unhealthy
//   paused            an operator paused us
//   store_went_back   the store was restored (T11)
//   other
std::string_view TransitionReason(const election::Transition& transition);

class Metrics {
 public:
  using BootClock = std::function<base::Instant()>;

  // `leadership` and `clock` are those of GET /leader and outlive this.
  Metrics(const Leadership& leadership, BootClock clock,
          std::string_view version);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void OnTransition(const election::Transition& transition);

  // `took`: from the send to the answer, or to giving up. Renewals are counted;
  // the other kinds show in OnRequest.
  void OnWrite(election::WriteKind kind, k8s::WriteStatus status,
               base::Duration took);

  // As k8s::RequestObserver tells it. A verb or code that is none is counted as
  // "other", so that a strange server cannot make endless series.
  void OnRequest(std::string_view verb, std::string_view code,
                 base::Duration took);

  void OnWatch(bool live);

  // As leader, a read had to decide whether a renewal applied (T9).
  void OnSlowPath();

  // Prometheus' text format 0.0.4.
  std::string Text() const;
  static constexpr char kContentType[] =
      "text/plain; version=0.0.4; charset=utf-8";

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace runtime

#endif  // AGENT_RUNTIME_METRICS_H_
