#include "tests/demo/table.h"

#include <algorithm>

#include "tests/demo/words.h"

namespace demo {
namespace {

using base::Duration;
using base::Instant;

constexpr std::size_t kBarWidth = 20;
// An answer that old says nothing of now.
constexpr std::chrono::milliseconds kSilence{250};

std::string_view InWord(Agent::Life life) {
  switch (life) {
    case Agent::Life::kRunning:
      return "running";
    case Agent::Life::kStopping:
      return "stopping";
    case Agent::Life::kFrozen:
      return "frozen";
    case Agent::Life::kEnded:
      return "ended";
    case Agent::Life::kKilled:
      return "killed";
  }
  return "";
}

std::string TimeLeft(Duration left) {
  const double part = std::clamp(
      base::ToSeconds(left) / base::ToSeconds(kRenewDeadline), 0.0, 1.0);
  const auto full = static_cast<std::size_t>(part * kBarWidth + 0.5);
  return Padded(InWords(left), 8) + std::string(full, '#') +
         std::string(kBarWidth - full, '.');
}

// Its main container may act on its last yes until then, although it is silent.
std::string LastPromise(const Seen& seen, Instant now) {
  if (!seen.latest || seen.latest->said != Said::kYes) return "";
  if (!seen.LeadsAt(now)) return "over";
  return TimeLeft(seen.latest->deadline - now);
}

std::string Columns(const std::string& agent, const std::string& process,
                    const std::string& leader, const std::string& state,
                    const std::string& token, const std::string& left) {
  return "  " + Padded(agent, 8) + Padded(process, 10) + Padded(leader, 9) +
         Padded(state, 10) + Padded(token, 12) + left;
}

TableLine Row(const std::string& name, const Seen& seen, Agent::Life life,
              Instant now) {
  const std::string process(InWord(life));
  const bool silent =
      !seen.latest || now - seen.latest->received > kSilence ||
      (life != Agent::Life::kRunning && life != Agent::Life::kStopping);
  if (silent) {
    const Paint paint = life == Agent::Life::kRunning  ? Paint::kPlain
                        : life == Agent::Life::kFrozen ? Paint::kWarning
                                                       : Paint::kBad;
    return {Columns(name, process, "-", "silent", "", LastPromise(seen, now)),
            paint};
  }
  const Answer& answer = *seen.latest;
  if (!seen.LeadsAt(now)) {
    return {Columns(name, process, "no", answer.state, "", "")};
  }
  return {
      Columns(name, process, "YES", answer.state, std::to_string(answer.token),
              TimeLeft(answer.deadline - now)),
      Paint::kGood};
}

// When others may take the lease, as far as the leader's answers tell.
std::string Outlook(const SeenAll& seen, const Lives& lives, Instant now) {
  const Answer* newest = nullptr;
  for (const Seen& one : seen) {
    if (!one.latest || one.latest->said == Said::kNo) continue;
    if (newest == nullptr || newest->deadline < one.latest->deadline) {
      newest = &*one.latest;
    }
  }
  if (newest == nullptr) return "  Nobody holds the lease.";
  const std::string name = NameOf(newest->agent);
  const Instant ends = newest->deadline - kRenewDeadline + kLeaseDuration;
  if (ends <= now) return "  The lease of " + name + " has run out.";
  const bool renewed =
      lives[static_cast<std::size_t>(newest->agent)] == Agent::Life::kRunning;
  return "  The lease of " + name + " runs out in " + InWords(ends - now) +
         (renewed ? ", unless it is renewed." : "; nobody renews it.");
}

}  // namespace

std::vector<TableLine> TableOf(const std::string& act, const SeenAll& seen,
                               const Lives& lives, Instant now) {
  std::vector<TableLine> lines;
  lines.push_back({std::string(79, '-'), Paint::kDim});
  lines.push_back({"  " + act, Paint::kBold});
  lines.push_back(
      {Columns("agent", "process", "/leader", "state", "token", "time left"),
       Paint::kDim});
  for (std::size_t i = 0; i < seen.size(); ++i) {
    lines.push_back(Row(NameOf(static_cast<int>(i)), seen[i], lives[i], now));
  }
  lines.push_back({Outlook(seen, lives, now), Paint::kDim});
  return lines;
}

}  // namespace demo
