#include "tests/faults/plan.h"

#include <algorithm>

namespace faults {
namespace {

using base::Duration;
using std::chrono::milliseconds;

constexpr int kBlock = 200;

// std::uniform_int_distribution differs between libraries; a seed shall not.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  int Below(int n) {
    return static_cast<int>(Next() % static_cast<std::uint64_t>(n));
  }
  bool Chance(int percent) { return Below(100) < percent; }
  Duration Ms(int from, int to) {
    return milliseconds(from + Below(to - from + 1));
  }

 private:
  // splitmix64: Steele, Lea, Flood, OOPSLA 2014.
  std::uint64_t Next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

// Half of them shorter than the renew deadline of 2 s, half longer than what
// is left of the lease.
Duration ShortOrLong(Dice& dice) {
  return dice.Chance(40) ? dice.Ms(500, 1500) : dice.Ms(2500, 4500);
}

Duration Lasts(Fault fault, Dice& dice) {
  switch (fault) {
    case Fault::kStopped:
    case Fault::kFrozen:
      // Long enough that another leads, and its log client has written.
      return dice.Chance(35) ? dice.Ms(500, 1500) : dice.Ms(3500, 5500);
    case Fault::kKilled:
      return dice.Ms(0, 1500);
    case Fault::kDelayed:
    case Fault::kAnswerLost:
      return dice.Ms(1000, 4000);
    case Fault::kDropRequest:
    case Fault::kDropAnswer:
    case Fault::kDropBoth:
      // Long enough that a request meets it.
      return dice.Chance(30) ? dice.Ms(1200, 1800) : dice.Ms(2500, 4500);
    case Fault::kDeleted:
    case Fault::kEdited:
      return Duration::zero();
    case Fault::kServerPaused:
    case Fault::kEtcdPaused:
      return dice.Chance(60) ? dice.Ms(700, 1600) : dice.Ms(2500, 4500);
    case Fault::kServerKilled:
    case Fault::kEtcdKilled:
      return dice.Ms(0, 1500);
    default:
      return ShortOrLong(dice);
  }
}

std::vector<Fault> KindsOfBlock(const std::vector<Fault>& kinds, int faults,
                                Dice& dice) {
  std::vector<Fault> block;
  const int each = (kEachOf200 * faults + kBlock - 1) / kBlock;
  for (int i = 0; i < each; ++i) {
    block.insert(block.end(), kinds.begin(), kinds.end());
  }
  std::vector<Fault> often;  // What is over soon and moves the lease.
  for (const Fault kind : kinds) {
    if (StruckBy(kind) != Strikes::kServers) often.push_back(kind);
  }
  if (often.empty()) often = kinds;
  while (static_cast<int>(block.size()) < faults) {
    block.push_back(often[static_cast<std::size_t>(
        dice.Below(static_cast<int>(often.size())))]);
  }
  for (int i = static_cast<int>(block.size()) - 1; i > 0; --i) {
    std::swap(block[static_cast<std::size_t>(i)],
              block[static_cast<std::size_t>(dice.Below(i + 1))]);
  }
  block.resize(static_cast<std::size_t>(faults));
  return block;
}

bool MayHaveInside(const std::vector<Planned>& plan, int lane) {
  const auto before =
      std::find_if(plan.rbegin(), plan.rend(),
                   [&](const Planned& p) { return p.lane == lane; });
  return before != plan.rend() && !before->inside &&
         StruckBy(before->fault) == Strikes::kCandidate;
}

}  // namespace

std::vector<Planned> MakePlan(const PlanOptions& options) {
  Dice dice(options.seed);
  std::vector<Fault> kinds = options.only;
  for (int i = 0; kinds.empty() || (options.only.empty() && i < kFaults); ++i) {
    kinds.push_back(static_cast<Fault>(i));
  }
  std::vector<Planned> plan;
  int next_lane = 0;
  while (static_cast<int>(plan.size()) < options.faults) {
    const int left = options.faults - static_cast<int>(plan.size());
    for (const Fault fault :
         KindsOfBlock(kinds, std::min(kBlock, left), dice)) {
      Planned planned{.fault = fault,
                      .pause = dice.Ms(100, 900),
                      .lasts = Lasts(fault, dice),
                      .leader = dice.Chance(80),
                      .standby = dice.Below(2),
                      .variant = dice.Below(1 << 16)};
      if (StruckBy(fault) != Strikes::kServers) {
        planned.lane = next_lane++ % options.lanes;
      } else {
        // The fleets have time of their own in between.
        planned.pause = dice.Ms(1000, 4000);
      }
      // A standby asks nobody as long as its watch is open.
      if (fault == Fault::kRevoked) planned.leader = true;
      planned.inside = StruckBy(fault) == Strikes::kLease && dice.Chance(60) &&
                       MayHaveInside(plan, planned.lane);
      plan.push_back(planned);
    }
  }
  return plan;
}

std::vector<Planned> PartOf(const std::vector<Planned>& plan, int lane) {
  std::vector<Planned> part;
  std::copy_if(plan.begin(), plan.end(), std::back_inserter(part),
               [&](const Planned& p) { return p.lane == lane; });
  return part;
}

}  // namespace faults
