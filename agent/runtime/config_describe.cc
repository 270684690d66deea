// Tells a person what was configured and what it promises.
#include <algorithm>

#include "agent/runtime/config.h"
#include "agent/runtime/duration.h"
#include "agent/runtime/quote.h"

#ifndef LEADER_ELECTOR_VERSION
#error "LEADER_ELECTOR_VERSION comes from CMakeLists.txt"
#endif

namespace runtime {
namespace {

bool NeedsYamlQuotes(const std::string& value) {
  // Letters, digits and these mean themselves; other first characters may not.
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
           c == '/';
  };
  const bool null = value.size() == 4 && (value[0] | 0x20) == 'n';
  return value.empty() || value.front() == '-' || null ||
         !std::all_of(value.begin(), value.end(), plain);
}

std::string AsYaml(const std::string& value) {
  if (!NeedsYamlQuotes(value)) return value;
  std::string quoted;
  AppendQuoted(value, quoted);
  return quoted;
}

void Comment(std::string_view text, std::string& out) {
  constexpr std::size_t kWidth = 78;
  while (!text.empty()) {
    std::size_t end = text.size();
    if (end > kWidth) end = text.rfind(' ', kWidth);
    if (end == std::string_view::npos) end = text.size();
    out += "# " + std::string(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(text.size(), end + 1));
  }
}

}  // namespace

std::string_view Version() { return LEADER_ELECTOR_VERSION; }

std::string DescribeConfig(const Config& config) {
  std::vector<std::string> lines;
  std::size_t width = 0;
  for (const DescribedValue& value : config.values) {
    lines.push_back(value.value.empty() && value.origin.starts_with("not set")
                        ? "# " + value.name
                        : value.name + ": " + AsYaml(value.value));
    width = std::max(width, lines.back().size());
  }
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string& line = lines[i];
    line.resize(width, ' ');
    out += line + "  # " + config.values[i].origin + "\n";
  }
  out += "\n";
  Comment(TimingArgument(config), out);
  return out;
}

std::string TimingArgument(const Config& config) {
  const election::Config& e = config.election;
  const base::Duration lease = e.lease_duration;
  return "A leader stops leading at most " + FormatDuration(e.renew_deadline) +
         " after it sent its last answered renewal. Others wait " +
         FormatDuration(lease) +
         " before they take over. So the main container has " +
         FormatDuration(e.stop_grace) +
         " to stop its work, even if clocks differ by 1 %. If it looks only at "
         "the status code of /leader, then the time between two looks, its "
         "timeout and the time it takes to stop must together be at most " +
         FormatDuration(e.stop_grace) + ".";
}

void LogConfig(const Config& config, Log& log) {
  std::string changed;
  for (const DescribedValue& value : config.values) {
    if (value.origin == "default" || value.origin.starts_with("not set")) {
      continue;
    }
    changed += (changed.empty() ? "" : ", ") + value.name + "=" +
               Shown(value.value) + " (" + value.origin + ")";
  }
  log.Info("read configuration", {{"version", Version()}, {"set", changed}});
  const election::Config& e = config.election;
  log.Info("checked timing",
           {{"lease_duration_ms", base::ToMs(e.lease_duration)},
            {"renew_deadline_ms", base::ToMs(e.renew_deadline)},
            {"retry_period_ms", base::ToMs(e.retry_period)},
            {"stop_grace_ms", base::ToMs(e.stop_grace)},
            {"longest_stop_grace_ms",
             base::ToMs(RoomToStop(e.lease_duration, e.renew_deadline))},
            {"stop_order", e.stop_order == election::StopOrder::kTogether
                               ? "together"
                               : "sidecar-last"},
            {"meaning", TimingArgument(config)}});
}

}  // namespace runtime
