#include "agent/runtime/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <vector>

#include "agent/runtime/process_metrics.h"

namespace runtime {
namespace {

using prometheus::MetricFamily;

constexpr std::array<std::string_view, 8> kReasons{
    "acquired",  "deadline_passed", "lease_lost",      "handed_over",
    "unhealthy", "paused",          "store_went_back", "other"};
constexpr std::array<k8s::WriteStatus, 4> kWriteStatuses{
    k8s::WriteStatus::kApplied, k8s::WriteStatus::kConflict,
    k8s::WriteStatus::kRejected, k8s::WriteStatus::kUnknown};
constexpr std::array<std::string_view, 4> kVerbs{"get", "create", "update",
                                                 "watch"};

// From a healthy API server (a few ms) to the longest renew deadline in use.
const prometheus::Histogram::BucketBoundaries kSeconds{
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15};

bool IsCode(std::string_view code) {
  if (code == "timeout" || code == "connection") return true;
  return code.size() == 3 && code[0] >= '1' && code[0] <= '5' &&
         code.find_first_not_of("0123456789") == std::string_view::npos;
}

MetricFamily GaugeFamily(
    const char* name, const char* help, double value,
    std::vector<prometheus::ClientMetric::Label> labels = {}) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = prometheus::MetricType::Gauge;
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  family.metric.push_back(std::move(metric));
  return family;
}

// One look at the snapshot and one at the clock, and everything follows.
class LeadershipCollector : public prometheus::Collectable {
 public:
  LeadershipCollector(const Leadership& leadership, Metrics::BootClock clock)
      : leadership_(leadership), clock_(std::move(clock)) {}

  std::vector<MetricFamily> Collect() const override {
    const election::View view = leadership_.Get().view;
    const base::Instant now = clock_();
    const bool leads = view.LeadsAt(now);
    const double left = leads ? base::ToSeconds(view.valid_until - now) : 0;
    return {GaugeFamily("leader_election_master_status",
                        "Whether this pod leads: 1 or 0, as GET /leader says.",
                        leads ? 1 : 0,
                        {{"name", leadership_.identity().lease_name}}),
            GaugeFamily("leader_elector_term_seconds_left",
                        "How long this pod leads if no further renewal is "
                        "answered; 0 if it does not lead.",
                        left),
            GaugeFamily("leader_elector_lease_transitions",
                        "leaseTransitions of the Lease as last seen.",
                        static_cast<double>(view.lease.transitions))};
  }

 private:
  const Leadership& leadership_;
  const Metrics::BootClock clock_;
};

}  // namespace

std::string_view TransitionReason(const election::Transition& transition) {
  using election::State;
  const bool led = transition.from == State::kLeading;
  const bool leads = transition.to == State::kLeading;
  if (led == leads) return "";
  if (leads) return "acquired";
  if (transition.to == State::kUnhealthy) return "unhealthy";
  if (transition.to == State::kPaused) return "paused";
  if (transition.rule == "T7") return "lease_lost";
  if (transition.rule == "T8") return "deadline_passed";
  if (transition.rule == "T10" || transition.rule == "T13") {
    return "handed_over";
  }
  if (transition.rule == "T11") return "store_went_back";
  return "other";
}

class Metrics::Impl {
 public:
  Impl(const Leadership& leadership, BootClock clock, std::string_view version)
      : leadership_(leadership, std::move(clock)),
        slowpath_(prometheus::BuildCounter()
                      .Name("leader_election_slowpath_total")
                      .Help("Renewals whose outcome a read had to decide.")
                      .Register(registry_)
                      .Add({{"name", leadership.identity().lease_name}})),
        watch_live_(prometheus::BuildGauge()
                        .Name("leader_elector_watch_live")
                        .Help("Whether the watch of the Lease is open: 1 or 0.")
                        .Register(registry_)
                        .Add({})),
        renew_duration_(
            prometheus::BuildHistogram()
                .Name("leader_elector_renew_duration_seconds")
                .Help("Time from the send of a renewal to its answer, or until "
                      "it was given up.")
                .Register(registry_)
                .Add({}, kSeconds)),
        requests_(prometheus::BuildCounter()
                      .Name("leader_elector_api_requests_total")
                      .Help("Requests to the API server by verb and HTTP "
                            "status, timeout or connection.")
                      .Register(registry_)) {
    prometheus::BuildGauge()
        .Name("leader_elector_build_info")
        .Help("Always 1; the labels say what runs.")
        .Register(registry_)
        .Add({{"version", std::string(version)}, {"compiler", __VERSION__}})
        .Set(1);
    AddFixedSeries();
  }

  void OnTransition(std::string_view reason) {
    transitions_.find(reason)->second->Increment();
  }

  void OnRenewal(k8s::WriteStatus status, base::Duration took) {
    renewals_.find(status)->second->Increment();
    renew_duration_.Observe(base::ToSeconds(took));
  }

  void OnRequest(std::string_view verb, std::string_view code,
                 base::Duration took) {
    auto found = durations_.find(verb);
    if (found == durations_.end()) found = durations_.find("other");
    found->second->Observe(base::ToSeconds(took));
    requests_
        .Add({{"verb", std::string(found->first)},
              {"code", IsCode(code) ? std::string(code) : "other"}})
        .Increment();
  }

  void OnWatch(bool live) { watch_live_.Set(live ? 1 : 0); }
  void OnSlowPath() { slowpath_.Increment(); }

  std::string Text() const {
    std::vector<MetricFamily> families = leadership_.Collect();
    for (const prometheus::Collectable* source :
         {static_cast<const prometheus::Collectable*>(&registry_),
          static_cast<const prometheus::Collectable*>(&process_)}) {
      auto more = source->Collect();
      std::move(more.begin(), more.end(), std::back_inserter(families));
    }
    return prometheus::TextSerializer().Serialize(families);
  }

 private:
  // Series whose labels are known are there from the start, at 0: a rate() over
  // the first event would miss it otherwise.
  void AddFixedSeries() {
    auto& transitions = prometheus::BuildCounter()
                            .Name("leader_elector_transitions_total")
                            .Help(
                                "How often this pod began or stopped to lead, "
                                "by reason.")
                            .Register(registry_);
    for (const std::string_view reason : kReasons) {
      transitions_[reason] =
          &transitions.Add({{"reason", std::string(reason)}});
    }
    auto& renewals = prometheus::BuildCounter()
                         .Name("leader_elector_renewals_total")
                         .Help("Renewals by what came of them.")
                         .Register(registry_);
    for (const k8s::WriteStatus status : kWriteStatuses) {
      renewals_[status] =
          &renewals.Add({{"result", std::string(k8s::ToString(status))}});
    }
    auto& durations =
        prometheus::BuildHistogram()
            .Name("leader_elector_api_request_duration_seconds")
            .Help(
                "Time from the send of a request to its answer; for a watch, "
                "to its first line.")
            .Register(registry_);
    for (const std::string_view verb : kVerbs) {
      durations_[verb] =
          &durations.Add({{"verb", std::string(verb)}}, kSeconds);
    }
    durations_["other"] = &durations.Add({{"verb", "other"}}, kSeconds);
  }

  prometheus::Registry registry_;
  const LeadershipCollector leadership_;
  const ProcessMetrics process_;
  prometheus::Counter& slowpath_;
  prometheus::Gauge& watch_live_;
  prometheus::Histogram& renew_duration_;
  prometheus::Family<prometheus::Counter>& requests_;
  // Filled here, read by any thread.
  std::map<std::string_view, prometheus::Counter*> transitions_;
  std::map<k8s::WriteStatus, prometheus::Counter*> renewals_;
  std::map<std::string_view, prometheus::Histogram*> durations_;
};

Metrics::Metrics(const Leadership& leadership, BootClock clock,
                 std::string_view version)
    : impl_(std::make_unique<Impl>(leadership, std::move(clock), version)) {}
Metrics::~Metrics() = default;

void Metrics::OnTransition(const election::Transition& transition) {
  const std::string_view reason = TransitionReason(transition);
  if (!reason.empty()) impl_->OnTransition(reason);
}

void Metrics::OnWrite(election::WriteKind kind, k8s::WriteStatus status,
                      base::Duration took) {
  if (kind == election::WriteKind::kRenew) impl_->OnRenewal(status, took);
}

void Metrics::OnRequest(std::string_view verb, std::string_view code,
                        base::Duration took) {
  impl_->OnRequest(verb, code, took);
}

void Metrics::OnWatch(bool live) { impl_->OnWatch(live); }
void Metrics::OnSlowPath() { impl_->OnSlowPath(); }
std::string Metrics::Text() const { return impl_->Text(); }

}  // namespace runtime
