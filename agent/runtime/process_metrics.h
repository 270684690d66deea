// The usual process_* metrics, read from /proc at the scrape. Any thread.
#ifndef AGENT_RUNTIME_PROCESS_METRICS_H_
#define AGENT_RUNTIME_PROCESS_METRICS_H_

#include <prometheus/collectable.h>

#include <vector>

namespace runtime {

class ProcessMetrics : public prometheus::Collectable {
 public:
  // process_start_time_seconds, process_cpu_seconds_total,
  // process_resident_memory_bytes. What cannot be read is left out.
  // Source: proc(5); prometheus.io/docs/instrumenting/writing_clientlibs.
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace runtime

#endif  // AGENT_RUNTIME_PROCESS_METRICS_H_
