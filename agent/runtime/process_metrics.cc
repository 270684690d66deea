#include "agent/runtime/process_metrics.h"

#include <prometheus/metric_family.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace runtime {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

struct ProcessStat {
  double cpu_seconds = 0;
  double start_seconds_after_boot = 0;
  double resident_bytes = 0;
};

// 0 for what is no number; the kernel writes none.
double Number(const std::string& text) {
  return std::strtod(text.c_str(), nullptr);
}

// The fields of /proc/self/stat, by their numbers in proc(5).
std::optional<ProcessStat> ReadStat() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  // Field 2 is the program's name in parentheses, which may hold anything.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(name_end + 1));
  std::vector<std::string> fields{"", "", ""};  // So that [3] is field 3.
  for (std::string field; rest >> field;) fields.push_back(field);
  constexpr std::size_t kUserTime = 14;
  constexpr std::size_t kSystemTime = 15;
  constexpr std::size_t kStartTime = 22;
  constexpr std::size_t kResidentPages = 24;
  if (fields.size() <= kResidentPages) return std::nullopt;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  return ProcessStat{
      (Number(fields[kUserTime]) + Number(fields[kSystemTime])) / ticks,
      Number(fields[kStartTime]) / ticks,
      Number(fields[kResidentPages]) * page};
}

// When the machine started, in seconds since 1970.
std::optional<double> ReadBootTime() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return Number(line.substr(6));
  }
  return std::nullopt;
}

MetricFamily Family(const char* name, const char* help, MetricType type,
                    double value) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  prometheus::ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
      value;
  family.metric.push_back(metric);
  return family;
}

}  // namespace

std::vector<MetricFamily> ProcessMetrics::Collect() const {
  std::vector<MetricFamily> families;
  const auto stat = ReadStat();
  if (!stat) return families;
  families.push_back(Family("process_cpu_seconds_total",
                            "Time on a processor, user and system.",
                            MetricType::Counter, stat->cpu_seconds));
  families.push_back(Family("process_resident_memory_bytes",
                            "Memory in use, as the kernel counts it.",
                            MetricType::Gauge, stat->resident_bytes));
  if (const auto boot = ReadBootTime()) {
    families.push_back(Family("process_start_time_seconds",
                              "When the process started, since 1970 UTC.",
                              MetricType::Gauge,
                              *boot + stat->start_seconds_after_boot));
  }
  return families;
}

}  // namespace runtime
