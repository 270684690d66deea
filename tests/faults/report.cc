#include "tests/faults/report.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace faults {
namespace {

using base::Duration;
using base::Instant;

struct Count {
  int struck = 0;
  int seen = 0;
  int leader = 0;
};

std::array<Count, kFaults> Counts(const std::vector<Struck>& all) {
  std::array<Count, kFaults> counts{};
  for (const Struck& struck : all) {
    Count& count = counts[static_cast<std::size_t>(struck.fault)];
    ++count.struck;
    if (!struck.seen) continue;
    ++count.seen;
    if (struck.leader) ++count.leader;
  }
  return counts;
}

std::string Seconds(Duration d) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f s", base::ToSeconds(d));
  return text;
}

std::vector<Span> Led(const LaneResult& lane) {
  std::vector<Span> led;
  for (const fleet::Term& term : lane.terms) {
    led.push_back({term.first_yes, term.last_yes});
  }
  for (const auto& span : lane.client_go) {
    led.push_back({span.from, span.until.value_or(span.from)});
  }
  return led;
}

// Of ours and client-go's, and how often.
struct Beside {
  Duration longest{0};
  Duration sum{0};
  int times = 0;
};
Beside BesideClientGo(const std::vector<LaneResult>& lanes) {
  Beside beside;
  for (const LaneResult& lane : lanes) {
    for (const fleet::Term& ours : lane.terms) {
      for (const auto& theirs : lane.client_go) {
        const Duration both = std::min(ours.end(), *theirs.until) -
                              std::max(ours.first_yes, theirs.from);
        if (both <= Duration::zero()) continue;
        ++beside.times;
        beside.sum += both;
        beside.longest = std::max(beside.longest, both);
      }
    }
  }
  return beside;
}

Duration LongestOverlap(const LaneResult& lane) {
  Duration longest{0};
  for (std::size_t i = 0; i < lane.terms.size(); ++i) {
    for (std::size_t j = i + 1; j < lane.terms.size(); ++j) {
      if (lane.terms[i].agent == lane.terms[j].agent) continue;
      longest = std::max(longest, fleet::Overlap(lane.terms[i], lane.terms[j]));
    }
  }
  return longest;
}

Span LongestWaitOf(const Findings& findings) {
  Span longest{};
  for (std::size_t i = 0; i < findings.lanes.size(); ++i) {
    const Span wait =
        LongestWait(Led(findings.lanes[i]), findings.disturbances[i]);
    if (wait.length() > longest.length()) longest = wait;
  }
  return longest;
}

// client-go's included.
std::size_t HolderChanges(const LaneResult& lane) {
  std::vector<fleet::Term> all = lane.terms;
  for (const auto& span : lane.client_go) {
    fleet::Term theirs;
    theirs.agent = "client-go";
    theirs.first_yes = span.from;
    all.push_back(theirs);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const fleet::Term& a, const fleet::Term& b) {
                     return a.first_yes < b.first_yes;
                   });
  return CountHolderChanges(all);
}

struct Sums {
  std::size_t answers = 0;
  std::size_t terms = 0;
  std::size_t changes = 0;
  Duration overlap{0};
  LogCount fenced;
  LogCount unfenced;
};
Sums SumsOf(const std::vector<LaneResult>& lanes) {
  Sums sums;
  for (const LaneResult& lane : lanes) {
    sums.answers += lane.answers;
    sums.terms += lane.terms.size();
    sums.changes += HolderChanges(lane);
    sums.overlap = std::max(sums.overlap, LongestOverlap(lane));
    sums.fenced.writes += lane.fenced.writes;
    sums.fenced.stale += lane.fenced.stale;
    sums.unfenced.writes += lane.unfenced.writes;
    sums.unfenced.stale += lane.unfenced.stale;
  }
  return sums;
}

int Seen(const std::vector<Struck>& all) {
  return static_cast<int>(std::count_if(
      all.begin(), all.end(), [](const Struck& s) { return s.seen; }));
}

std::string CheckOf(const std::string& violation) {
  if (violation.starts_with("two leaders")) return "two-leaders";
  return violation.starts_with("the token did not grow") ? "token" : "answers";
}

void JudgeAmounts(const Findings& findings, const Requirements& required,
                  std::vector<Failure>& failures) {
  const int seen = Seen(findings.struck);
  if (seen < required.faults) {
    failures.push_back({"effects", std::to_string(seen) +
                                       " faults had an effect, wanted " +
                                       std::to_string(required.faults)});
  }
  const auto counts = Counts(findings.struck);
  for (const Fault kind : required.kinds) {
    const int had = counts[static_cast<std::size_t>(kind)].seen;
    if (had >= required.of_each_kind) continue;
    failures.push_back({"effects", std::string(NameOf(kind)) +
                                       " had an effect " + std::to_string(had) +
                                       " times, wanted " +
                                       std::to_string(required.of_each_kind)});
  }
  const Sums sums = SumsOf(findings.lanes);
  if (static_cast<int>(sums.changes) < required.holder_changes) {
    failures.push_back(
        {"changes", std::to_string(sums.changes) + " holder changes, wanted " +
                        std::to_string(required.holder_changes)});
  }
  if (required.stale_write_without_fence && sums.unfenced.stale == 0) {
    failures.push_back({"unfenced",
                        "the log without a fence took no stale "
                        "write, so the fence shows nothing"});
  }
}

}  // namespace

Duration BoundOfWait(const fleet::Timing& timing) {
  // The longest retry window, and where a first attempt is cut.
  const Duration window = timing.retry_period * 22 / 10;
  const Duration request =
      std::min<Duration>(timing.renew_deadline / 3, std::chrono::seconds(2));
  return timing.lease_duration + 2 * window + 2 * request;
}

std::vector<Failure> Judge(const Findings& findings,
                           const Requirements& required) {
  std::vector<Failure> failures;
  for (const LaneResult& lane : findings.lanes) {
    for (const std::string& violation : lane.violations) {
      failures.push_back({CheckOf(violation), lane.lease + ": " + violation});
    }
  }
  if (!findings.not_linearizable.empty()) {
    const bool judged =
        findings.not_linearizable.find("not linearizable") != std::string::npos;
    failures.push_back(
        {judged ? "history" : "no verdict", findings.not_linearizable});
  }
  const Span wait = LongestWaitOf(findings);
  if (wait.length() > BoundOfWait(kTiming)) {
    failures.push_back(
        {"wait", "nobody led for " + Seconds(wait.length()) + " from " +
                     std::to_string(wait.from.since_boot.count()) +
                     " although servers and two candidates were well; allowed "
                     "are " +
                     Seconds(BoundOfWait(kTiming))});
  }
  const Sums sums = SumsOf(findings.lanes);
  if (sums.fenced.stale > 0) {
    failures.push_back({"fenced", std::to_string(sums.fenced.stale) +
                                      " stale writes passed the fence"});
  }
  JudgeAmounts(findings, required, failures);
  return failures;
}

std::string Table(const Findings& findings) {
  std::string text =
      "| fault | injected | effect seen | of a leader |\n|---|---|---|---|\n";
  const auto counts = Counts(findings.struck);
  for (int i = 0; i < kFaults; ++i) {
    const Count& count = counts[static_cast<std::size_t>(i)];
    if (count.struck == 0) continue;
    const Fault fault = static_cast<Fault>(i);
    const bool one = StruckBy(fault) == Strikes::kCandidate;
    text += "| " + std::string(NameOf(fault)) + " | " +
            std::to_string(count.struck) + " | " + std::to_string(count.seen) +
            " | " + (one ? std::to_string(count.leader) : "") + " |\n";
  }
  text += "| all | " + std::to_string(findings.struck.size()) + " | " +
          std::to_string(Seen(findings.struck)) + " | |\n\n";
  const Sums sums = SumsOf(findings.lanes);
  const Span wait = LongestWaitOf(findings);
  text += "two of ours lead: " + std::to_string(sums.overlap.count()) +
          " ns\nholder changes: " + std::to_string(sums.changes) + ", terms " +
          std::to_string(sums.terms) + ", answers " +
          std::to_string(sums.answers) +
          "\nnobody led, longest: " + Seconds(wait.length()) + ", allowed " +
          Seconds(BoundOfWait(kTiming)) + "\nstale writes taken: fenced " +
          std::to_string(sums.fenced.stale) + " of " +
          std::to_string(sums.fenced.writes) + ", unfenced " +
          std::to_string(sums.unfenced.stale) + " of " +
          std::to_string(sums.unfenced.writes) + "\n";
  const Beside beside = BesideClientGo(findings.lanes);
  const bool mixed = std::any_of(
      findings.lanes.begin(), findings.lanes.end(),
      [](const LaneResult& lane) { return !lane.client_go.empty(); });
  if (mixed) {
    text += "client-go beside one of ours: " + std::to_string(beside.times) +
            " times, " + Seconds(beside.sum) + ", longest " +
            Seconds(beside.longest) + "\n";
  }
  text += "the machine stood still: " + Seconds(findings.stalled) +
          "\ntook: " + Seconds(findings.took) + "\n";
  return text;
}

}  // namespace faults
