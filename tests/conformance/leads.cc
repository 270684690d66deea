#include "tests/conformance/leads.h"

#include <algorithm>
#include <set>

namespace conformance {
namespace {

using base::Duration;
using base::Instant;

// The time in which at least `least` and at most `most` of different names
// lead.
Duration TimeWith(const std::vector<Lead>& leads, Instant from, Instant until,
                  std::size_t least, std::size_t most) {
  std::set<Instant> edges{from, until};
  for (const Lead& lead : leads) {
    edges.insert(std::clamp(lead.from, from, until));
    edges.insert(std::clamp(lead.until, from, until));
  }
  Duration total{0};
  for (auto begin = edges.begin(); begin != edges.end(); ++begin) {
    const auto end = std::next(begin);
    if (end == edges.end()) break;
    std::set<std::string> who;
    for (const Lead& lead : leads) {
      if (lead.from <= *begin && lead.until >= *end) who.insert(lead.who);
    }
    if (who.size() >= least && who.size() <= most) total += *end - *begin;
  }
  return total;
}

}  // namespace

Duration TwoLead(const std::vector<Lead>& leads, Instant from, Instant until) {
  return TimeWith(leads, from, until, 2, leads.size());
}

Duration NobodyLeads(const std::vector<Lead>& leads, Instant from,
                     Instant until) {
  return TimeWith(leads, from, until, 0, 0);
}

std::vector<Lead> Without(const std::vector<Lead>& leads,
                          const std::string& who, Instant from, Instant until) {
  std::vector<Lead> left;
  for (const Lead& lead : leads) {
    if (lead.who != who || lead.until <= from || lead.from >= until) {
      left.push_back(lead);
      continue;
    }
    if (lead.from < from) left.push_back({who, lead.from, from});
    if (lead.until > until) left.push_back({who, until, lead.until});
  }
  return left;
}

}  // namespace conformance
