// fault_campaign: real agents on a real API server under random faults that
// come from a seed.
//
//   fault_campaign --seed=N --faults=N      so many that had an effect
//   fault_campaign --seed=N --minutes=M     as long as that
//     --mixed        one candidate of each lease is client-go's
//     --only=A,B     these kinds of fault alone
//     --lanes=N      leases side by side
//     --output=DIR   logs, trace and histories; removed at the start
//   fault_campaign --bug=NAME --finds=CHECK   the agent with a planted bug: it
//     is well only if that check fails
//
// Exit status: 0 well, 1 a check failed, 2 wrong options, 77 it cannot run here
// (1 with CI=true).
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "tests/faults/campaign.h"
#include "tests/support/file_port_wait.h"

namespace {

using faults::CampaignOptions;
using faults::Fault;

// Of 200 faults; fewer ask for less in proportion.
constexpr int kOf = 200;
constexpr int kOfEachKind = 8;
constexpr int kHolderChanges = 60;
// Faults have no effect now and then: so many more are planned, in percent.
constexpr int kSpare = 15;

struct Options {
  CampaignOptions campaign;
  int faults = 200;
  int minutes = 0;
  std::string bug;
  std::string finds;
};

bool ParseOnly(const std::string& text, std::vector<Fault>& only) {
  std::istringstream names(text);
  for (std::string name; std::getline(names, name, ',');) {
    const auto fault = faults::FaultCalled(name);
    if (!fault) return false;
    only.push_back(*fault);
  }
  return !only.empty();
}

bool Parse(const std::string& arg, Options& options) {
  const std::size_t equals = arg.find('=');
  const std::string name = arg.substr(0, equals);
  const std::string value =
      equals == std::string::npos ? "" : arg.substr(equals + 1);
  faults::PlanOptions& plan = options.campaign.plan;
  if (name == "--seed") {
    plan.seed = std::strtoull(value.c_str(), nullptr, 10);
  } else if (name == "--faults") {
    options.faults = std::atoi(value.c_str());
  } else if (name == "--minutes") {
    options.minutes = std::atoi(value.c_str());
  } else if (name == "--lanes") {
    plan.lanes = std::atoi(value.c_str());
  } else if (name == "--only") {
    return ParseOnly(value, plan.only);
  } else if (name == "--output") {
    options.campaign.folder = value;
  } else if (name == "--bug") {
    options.bug = value;
  } else if (name == "--finds") {
    options.finds = value;
  } else {
    options.campaign.mixed = arg == "--mixed";
    return options.campaign.mixed;
  }
  return !value.empty() && options.faults > 0 && options.minutes >= 0 &&
         plan.lanes > 0 && plan.lanes <= 26;
}

void Complete(Options& options) {
  CampaignOptions& campaign = options.campaign;
  campaign.plan.faults = options.faults * (100 + kSpare) / 100;
  if (options.minutes > 0) {
    // More than there is time for.
    campaign.plan.faults = options.minutes * 120;
    campaign.time = std::chrono::minutes(options.minutes);
  }
  if (campaign.folder.empty()) {
    campaign.folder = "campaign-" + std::to_string(campaign.plan.seed);
    if (!options.bug.empty()) campaign.folder += "-with-a-bug";
  }
  // A kubeconfig takes paths that are not absolute from where it is itself.
  campaign.folder = std::filesystem::absolute(campaign.folder);
  if (options.bug.empty()) return;
  campaign.program = AGENT_WITH_BUGS_PROGRAM;
  campaign.environment = {{"PLANTED_BUG", options.bug}};
  campaign.stop_at_violation = true;
}

faults::Requirements RequirementsOf(const Options& options) {
  faults::Requirements required;
  const auto& only = options.campaign.plan.only;
  if (options.minutes > 0 || !options.bug.empty() || !only.empty()) {
    required.faults = 1;
    return required;
  }
  required.faults = options.faults;
  required.of_each_kind = options.faults * kOfEachKind / kOf;
  required.holder_changes = options.faults * kHolderChanges / kOf;
  required.stale_write_without_fence = options.faults >= kOf;
  for (int i = 0; i < faults::kFaults; ++i) {
    required.kinds.push_back(static_cast<Fault>(i));
  }
  return required;
}

std::optional<std::string> WhyNot(const Options& options) {
  if (auto why = support::KubernetesCluster::WhyNot()) return why;
  if (auto why = support::NetworkNamespace::WhyNot()) return why;
  if (auto why = support::Freezer::WhyNot()) return why;
  if (options.campaign.mixed) {
    if (auto why = fleet::ClientGo::WhyNot()) return why;
  }
  if (options.campaign.program.empty()) {
    return "this build has no agent with planted bugs";
  }
  return std::nullopt;
}

void TellHowToRepeat(int argc, char** argv) {
  std::cout << "repeat:";
  for (int i = 0; i < argc; ++i) {
    const std::string arg = argv[i];
    std::cout << (arg.find(' ') == std::string::npos ? " " + arg
                                                     : " '" + arg + "'");
  }
  std::cout << "\n";
}

int Run(const Options& options, int argc, char** argv) {
  const faults::Findings findings = faults::RunCampaign(options.campaign);
  std::cout << "\n" << faults::Table(findings) << std::endl;
  std::vector<faults::Failure> failures =
      faults::Judge(findings, RequirementsOf(options));
  if (faults::Interrupted()) failures.push_back({"end", "interrupted"});
  for (const auto& failure : failures) {
    std::cout << "FAILED " << failure.check << ": " << failure.text << "\n";
  }
  const auto found = [&] {
    return std::any_of(failures.begin(), failures.end(),
                       [&](const auto& f) { return f.check == options.finds; });
  };
  if (!options.finds.empty()) {
    std::cout << "planted bug \"" << options.bug << "\" was "
              << (found() ? "" : "not ") << "found by " << options.finds
              << std::endl;
    return found() ? 0 : 1;
  }
  if (failures.empty()) return 0;
  TellHowToRepeat(argc, argv);
  std::cout << "logs, trace.txt, histories.jsonl: " << options.campaign.folder
            << std::endl;
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    if (Parse(argv[i], options)) continue;
    std::cerr << argv[i] << "? See the head of campaign_main.cc\n";
    return 2;
  }
  Complete(options);
  if (const auto why = WhyNot(options)) {
    std::cerr << "cannot run: " << *why << "\n";
    return support::InCi() ? 1 : 77;
  }
  signal(SIGINT, [](int) { faults::Interrupt(); });
  signal(SIGTERM, [](int) { faults::Interrupt(); });
  try {
    return Run(options, argc, argv);
  } catch (const std::exception& error) {
    std::cout << "FAILED end: " << error.what() << "\n";
    TellHowToRepeat(argc, argv);
    return 1;
  }
}
