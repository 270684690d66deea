#include "tests/faults/campaign.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "tests/faults/strike.h"
#include "tests/support/file_port_wait.h"

namespace faults {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::BootNow;

std::atomic<bool> interrupted = false;

// Notices when nothing of ours runs: then nobody can be expected to lead.
class StallWatch {
 public:
  explicit StallWatch(Trace& trace)
      : trace_(trace), thread_([this] { Run(); }) {}
  ~StallWatch() { Stop(); }

  Duration Stop() {
    ending_ = true;
    if (thread_.joinable()) thread_.join();
    return sum_;
  }

 private:
  static constexpr Duration kStep = milliseconds(20);
  static constexpr Duration kStall = milliseconds(250);

  void Run() {
    while (!ending_) {
      const Instant before = BootNow();
      std::this_thread::sleep_for(kStep);
      const Instant after = BootNow();
      if (after - before < kStall) continue;
      sum_ += after - before;
      trace_.Disturb({.lane = kServers, .span = {before, after}});
    }
  }

  Trace& trace_;
  std::atomic<bool> ending_ = false;
  Duration sum_{0};
  std::thread thread_;
};

using Lanes = std::vector<std::unique_ptr<Lane>>;

class Running {
 public:
  Running(const CampaignOptions& options, Trace& trace, Lanes& lanes)
      : options_(options), trace_(trace), lanes_(lanes), start_(BootNow()) {}

  // False: it is time to end.
  bool GoesOn() {
    const Instant now = BootNow();
    if (interrupted || (options_.time && now - start_ > *options_.time) ||
        (options_.stop_at_violation && Violated())) {
      trace_.ending = true;
    }
    if (now - told_ > seconds(30)) Tell(now);
    return !trace_.ending;
  }
  void SleepUntil(Instant at) {
    while (BootNow() < at && GoesOn()) {
      std::this_thread::sleep_for(milliseconds(50));
    }
  }
  void WaitUntil(bool (Lane::*what)() const) {
    const auto is = [&](const auto& lane) {
      return lane->done() || ((*lane).*what)();
    };
    while (!std::all_of(lanes_.begin(), lanes_.end(), is)) {
      GoesOn();
      std::this_thread::sleep_for(milliseconds(50));
    }
  }

 private:
  bool Violated() const {
    return std::any_of(lanes_.begin(), lanes_.end(),
                       [](const auto& lane) { return lane->HasViolation(); });
  }
  void Tell(Instant now) {
    told_ = now;
    std::size_t changes = 0;
    for (const auto& lane : lanes_) changes += lane->HolderChanges();
    std::cout << "after " << base::ToMs(now - start_) / 1000
              << " s: " << trace_.all().size() << " faults, " << changes
              << " holder changes" << std::endl;
  }

  const CampaignOptions& options_;
  Trace& trace_;
  Lanes& lanes_;
  const Instant start_;
  Instant told_ = start_;
};

void StrikeServers(const std::vector<Planned>& plan,
                   support::KubernetesCluster& cluster, Trace& trace,
                   Running& running) {
  for (const Planned& planned : plan) {
    running.SleepUntil(BootNow() + planned.pause);
    if (!running.GoesOn()) return;
    const std::unique_ptr<Strike> strike = NewStrike(planned, cluster);
    Struck struck{.fault = planned.fault,
                  .victim = "servers",
                  .span = {.from = BootNow()}};
    strike->Begin();
    running.SleepUntil(BootNow() + planned.lasts);
    struck.seen = strike->Seen();
    strike->End();
    struck.span.to = BootNow();
    trace.Disturb({.lane = kServers, .span = struck.span});
    trace.Add(struck);
  }
}

Lanes StartLanes(const CampaignOptions& options,
                 const std::vector<Planned>& plan,
                 support::KubernetesCluster& cluster, Trace& trace) {
  Lanes lanes;
  for (int i = 0; i < options.plan.lanes; ++i) {
    lanes.push_back(std::make_unique<Lane>(
        LaneOptions{.number = i,
                    .plan = PartOf(plan, i),
                    .folder = options.folder + "/lane-" + std::to_string(i),
                    .program = options.program,
                    .environment = options.environment,
                    .mixed = options.mixed},
        cluster, trace));
  }
  return lanes;
}

// What porcupine says of all histories; empty if all is well.
std::string CheckHistories(const std::string& file, const std::string& folder) {
  support::Process process(
      {.program = support::KubernetesCluster::Program("lock-history"),
       .args = {file},
       .output = folder + "/lock-history.txt"});
  const auto status = process.Wait(std::chrono::minutes(10));
  if (status == support::ExitStatus{.code = 0}) return "";
  std::string bad;
  std::istringstream lines(process.Output());
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with(", linearizable")) continue;
    bad += (bad.empty() ? "" : "; ") + line;
  }
  return bad.empty() ? "lock-history did not end well" : bad;
}

}  // namespace

Findings RunCampaign(const CampaignOptions& options) {
  support::Freezer::RemoveForgotten();
  std::filesystem::remove_all(options.folder);
  std::filesystem::create_directories(options.folder);
  const std::vector<Planned> plan = MakePlan(options.plan);
  const Instant start = BootNow();
  support::KubernetesCluster cluster;
  Trace trace(options.folder + "/trace.txt");
  StallWatch stalls(trace);
  Findings findings;
  Lanes lanes = StartLanes(options, plan, cluster, trace);
  Running running(options, trace, lanes);
  running.WaitUntil(&Lane::started);
  try {
    StrikeServers(PartOf(plan, kServers), cluster, trace, running);
  } catch (...) {
    trace.ending = true;
    throw;
  }
  running.WaitUntil(&Lane::done);

  findings.stalled = stalls.Stop();
  const std::string histories = options.folder + "/histories.jsonl";
  std::ofstream file(histories);
  for (const auto& lane : lanes) {
    findings.lanes.push_back(lane->Finish());
    lane->WriteHistory(file);
    findings.disturbances.push_back(
        trace.DisturbancesOf(static_cast<int>(findings.lanes.size()) - 1));
  }
  file.close();
  findings.struck = trace.all();
  findings.not_linearizable = CheckHistories(histories, options.folder);
  findings.took = BootNow() - start;
  return findings;
}

void Interrupt() { interrupted = true; }
bool Interrupted() { return interrupted; }

}  // namespace faults
