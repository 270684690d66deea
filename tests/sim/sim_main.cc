// Runs many seeds of the simulator on all cores and prints what they went
// through, or one seed with every event.
//
//   election_sim [--seeds=N] [--first=N] [--jobs=N] [--minutes=M]
//   election_sim --seed=N
//   election_sim --trace=N   the first candidate's steps of seed N, for
//                            tests/model/tla/check.sh traces
//
// Built with planted bugs (election_sim_with_bugs):
//   ... --bugs=N           each bug must be found within N seeds
//   ... --bug=B --seed=N   one seed with bug number B
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "agent/election/planted_bug.h"
#include "tests/sim/world.h"

namespace sim {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::uint64_t first = 1;
  std::uint64_t seeds = 1000;
  std::optional<std::uint64_t> only;
  std::optional<std::uint64_t> trace;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  std::uint64_t minutes = 0;  // 0: until the seeds are done.
  std::uint64_t bugs = 0;     // Seeds for each planted bug.
  int bug = 0;
};

// What all seeds together went through.
struct Campaign {
  std::mutex mutex;
  Figures figures;
  std::vector<double> minutes;               // Of virtual time, a seed.
  std::vector<std::int64_t> holder_changes;  // A seed.
  std::uint64_t failed_seed = 0;
  std::string error;

  void Add(std::uint64_t seed, const World& world) {
    const std::lock_guard lock(mutex);
    figures.Add(world.figures());
    minutes.push_back(base::ToSeconds(world.now()) / 60);
    holder_changes.push_back(world.figures().holder_changes);
    if (world.error().empty()) return;
    if (error.empty() || seed < failed_seed) {
      failed_seed = seed;
      error = world.error();
    }
  }
};

std::optional<Options> Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::size_t equals = argument.find('=');
    if (equals == argument.npos) return std::nullopt;
    const std::string_view name = argument.substr(0, equals);
    char* end = nullptr;
    const std::uint64_t value = std::strtoull(argv[i] + equals + 1, &end, 10);
    if (*end != '\0' || end == argv[i] + equals + 1) return std::nullopt;
    if (name == "--first") {
      options.first = value;
    } else if (name == "--seeds") {
      options.seeds = value;
    } else if (name == "--seed") {
      options.only = value;
    } else if (name == "--trace") {
      options.trace = value;
    } else if (name == "--jobs") {
      options.jobs = static_cast<unsigned>(std::max<std::uint64_t>(1, value));
    } else if (name == "--minutes") {
      options.minutes = value;
    } else if (name == "--bugs") {
      options.bugs = value;
    } else if (name == "--bug") {
      options.bug = static_cast<int>(value);
    } else {
      return std::nullopt;
    }
  }
  return options;
}

void RunAll(const Options& options, Campaign& campaign) {
  const auto end = Clock::now() + std::chrono::minutes(options.minutes);
  std::atomic<std::uint64_t> next = options.first;
  std::atomic<bool> failed = false;
  const auto work = [&] {
    while (!failed) {
      const std::uint64_t seed = next++;
      if (options.minutes ? Clock::now() >= end
                          : seed >= options.first + options.seeds) {
        return;
      }
      World world(Swarm::Draw(seed), /*verbose=*/false);
      world.Run();
      campaign.Add(seed, world);
      if (!world.error().empty()) failed = true;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < options.jobs; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
}

template <typename T>
T Median(std::vector<T> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void Print(const Campaign& campaign, double seconds) {
  const Figures& all = campaign.figures;
  std::printf("%zu seeds in %.1f s: %" PRId64 " events, %" PRId64
              " terms, %" PRId64 " holder changes\n",
              campaign.minutes.size(), seconds, all.events, all.terms,
              all.holder_changes);
  std::printf("median seed: %.1f virtual minutes, %" PRId64 " holder changes\n",
              Median(campaign.minutes), Median(campaign.holder_changes));
  std::printf("rules: %" PRId64 " T7, %" PRId64 " T8, %" PRId64 " T9, %" PRId64
              " T12; %" PRId64 " writes stored after they were given up\n",
              all.definite, all.expiries, all.adoptions, all.releases,
              all.late_writes);
  std::printf("faults:");
  for (int i = 0; i < kFaults; ++i) {
    std::printf("%s %" PRId64 " %s", i ? "," : "",
                all.faults[static_cast<std::size_t>(i)],
                NameOf(static_cast<Fault>(i)));
  }
  std::printf("\n");
}

// A campaign in which nothing happens proves nothing.
bool Exercised(const Campaign& campaign) {
  const Figures& all = campaign.figures;
  const auto seeds = static_cast<std::int64_t>(campaign.minutes.size());
  if (seeds < 500) return true;
  bool enough =
      Median(campaign.minutes) >= 10 && Median(campaign.holder_changes) >= 3;
  for (const std::int64_t count : {all.definite, all.expiries, all.adoptions,
                                   all.releases, all.late_writes}) {
    enough = enough && count > seeds / 10;
  }
  for (const std::int64_t count : all.faults) {
    enough = enough && count > seeds / 20;
  }
  if (!enough) std::printf("FAILED: too little has happened\n");
  return enough;
}

#ifdef LEADER_ELECTOR_PLANTED_BUGS
// The checker is checked: true if every bug is found.
bool FindsEveryBug(Options options) {
  options.seeds = options.bugs;
  bool all = true;
  for (int bug = 1; bug <= static_cast<int>(election::Bug::kLast); ++bug) {
    election::planted_bug = static_cast<election::Bug>(bug);
    Campaign campaign;
    RunAll(options, campaign);
    const bool found = !campaign.error.empty();
    all = all && found;
    std::printf("bug %2d %-28s %s\n", bug,
                election::NameOf(election::planted_bug),
                found ? ("seed " + std::to_string(campaign.failed_seed) + ": " +
                         campaign.error)
                            .c_str()
                      : "NOT FOUND");
    std::fflush(stdout);
  }
  return all;
}
#endif

// The specification has no doubts and no permissions: those are left out. That
// anything goes wrong in this run is for others to notice.
void Trace(std::uint64_t seed) {
  Swarm swarm = Swarm::Draw(seed);
  std::erase(swarm.faults, Fault::kDoubted);
  std::erase(swarm.faults, Fault::kForbidden);
  StepTrace trace(stdout, swarm.candidates[World::kTraced].config);
  World world(swarm, /*verbose=*/false);
  world.TraceTo(&trace);
  world.Run();
}

int Main(int argc, char** argv) {
  const std::optional<Options> options = Parse(argc, argv);
  if (!options) {
    std::fprintf(stderr,
                 "usage: election_sim [--seeds=N] [--first=N] [--jobs=N] "
                 "[--minutes=M] | --seed=N | --trace=N\n");
    return 2;
  }
#ifdef LEADER_ELECTOR_PLANTED_BUGS
  if (options->bugs) return FindsEveryBug(*options) ? 0 : 1;
  election::planted_bug = static_cast<election::Bug>(options->bug);
#endif
  if (options->only) {
    World world(Swarm::Draw(*options->only), /*verbose=*/true);
    world.Run();
    std::printf("%s\n",
                world.error().empty() ? "passed" : world.error().c_str());
    return world.error().empty() ? 0 : 1;
  }
  if (options->trace) {
    Trace(*options->trace);
    return 0;
  }
  Campaign campaign;
  const auto start = Clock::now();
  RunAll(*options, campaign);
  Print(campaign, std::chrono::duration<double>(Clock::now() - start).count());
  if (campaign.error.empty()) return Exercised(campaign) ? 0 : 1;
  std::printf("FAILED: %s\nrepeat: election_sim --seed=%" PRIu64 "\n",
              campaign.error.c_str(), campaign.failed_seed);
  return 1;
}

}  // namespace
}  // namespace sim

int main(int argc, char** argv) { return sim::Main(argc, argv); }
