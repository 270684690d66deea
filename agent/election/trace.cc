#include "agent/election/trace.h"

#include <cstdio>

namespace election {
namespace {

std::string Seconds(Duration d) {
  char text[40];
  std::snprintf(text, sizeof text, "%.3fs", base::ToSeconds(d));
  return text;
}

std::string Quote(std::string_view s) { return "\"" + std::string(s) + "\""; }

std::string ToText(const View& view, Instant origin) {
  std::string line = "publish " + std::string(ToString(view.state));
  if (view.leads) {
    line += " until=" + Seconds(view.valid_until - origin) +
            " token=" + std::to_string(view.fencing_token);
  }
  if (!view.lease_exists) return line + " lease=absent";
  return line + " holder=" + Quote(view.lease.holder) +
         " transitions=" + std::to_string(view.lease.transitions);
}

std::string ToText(const Write& write, Instant origin) {
  const k8s::LeaseRecord& record = write.write.record;
  std::string line = "write " + std::string(ToString(write.kind)) +
                     " id=" + std::to_string(write.id);
  if (write.write.base) {
    line += " over=" + std::to_string(write.write.base->resource_version);
  }
  line += " holder=" + Quote(record.holder) +
          " duration=" + std::to_string(record.duration_seconds) +
          " transitions=" + std::to_string(record.transitions);
  if (record.mark) {
    line += " mark=" + record.mark->uid + "/" + record.mark->incarnation + "/" +
            std::to_string(record.mark->transitions);
  }
  return line + " deadline=" + Seconds(write.deadline - origin);
}

}  // namespace

std::string ToLine(const Transition& t) {
  std::string line = std::string(t.rule) + " " + std::string(ToString(t.from));
  if (t.to != t.from) line += "->" + std::string(ToString(t.to));
  line += " " + Quote(t.event) + " holder=" + Quote(t.holder) +
          " transitions=" + std::to_string(t.transitions);
  if (t.fencing_token != 0) {
    line += " token=" + std::to_string(t.fencing_token) +
            " valid_for=" + Seconds(t.valid_for);
  }
  return line;
}

std::string ToLine(const Action& action, Instant origin) {
  if (const auto* publish = std::get_if<Publish>(&action)) {
    return ToText(publish->view, origin);
  }
  if (const auto* read = std::get_if<Read>(&action)) {
    return "read id=" + std::to_string(read->id) +
           " deadline=" + Seconds(read->deadline - origin);
  }
  if (const auto* write = std::get_if<Write>(&action)) {
    return ToText(*write, origin);
  }
  if (const auto* transition = std::get_if<Transition>(&action)) {
    return ToLine(*transition);
  }
  return "stopped";
}

}  // namespace election
