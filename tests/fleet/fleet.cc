#include "tests/fleet/fleet.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <utility>

namespace fleet {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;
using support::BootNow;
using support::Eventually;

// What makes a sanitized agent fail its test.
constexpr const char* kComplaints[] = {"Sanitizer",
                                       "runtime error:", "CHECK failed"};

std::string Ms(Duration d) { return std::to_string(base::ToMs(d)) + "ms"; }

std::string Tail(const std::string& text) {
  constexpr std::size_t kMost = 6000;
  return text.size() <= kMost ? text : "..." + text.substr(text.size() - kMost);
}

}  // namespace

Agent::Agent(AgentOptions options, const std::string& folder)
    : options_(std::move(options)) {
  const Timing timing = options_.timing.value_or(Timing{});
  std::vector<std::string> args = {
      "--lease-name=" + options_.lease,
      "--identity=" + options_.identity,
      "--kubeconfig=" + options_.kubeconfig,
      "--lease-duration=" + Ms(timing.lease_duration),
      "--renew-deadline=" + Ms(timing.renew_deadline),
      "--retry-period=" + Ms(timing.retry_period),
      "--http-address=127.0.0.1:" + http_port_.text(),
      "--metrics-address=127.0.0.1:" + metrics_port_.text(),
      "--log-level=debug"};
  args.insert(args.end(), options_.flags.begin(), options_.flags.end());
  const support::EnterNetwork there(options_.network);
  process_ = std::make_unique<support::Process>(
      support::ProcessOptions{.program = options_.program,
                              .args = std::move(args),
                              .environment = options_.environment,
                              .output = folder + "/" + options_.name + ".log"});
}

std::optional<LeaderAnswer> Agent::Ask(Duration limit) const {
  const auto reply =
      LocalClient(http_port(), options_.network).Get("/leader", limit);
  return reply ? std::optional(ParseLeader(*reply)) : std::nullopt;
}

std::optional<LeaderAnswer> Agent::Confirm(Duration limit) const {
  const auto reply = LocalClient(http_port(), options_.network)
                         .Get("/leader?confirm=1", limit);
  return reply ? std::optional(ParseLeader(*reply)) : std::nullopt;
}

double Agent::Metric(const std::string& series) const {
  const auto text =
      LocalClient(metrics_port(), options_.network).Get("/metrics", kLong);
  return text ? Sample(text->body, series).value_or(0) : 0;
}

int Agent::Thread(const std::string& thread_name) const {
  const std::string tasks = "/proc/" + std::to_string(process_->id()) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    const std::string name = support::ReadFile(task.path() / "comm");
    if (name == thread_name + "\n") return std::stoi(task.path().filename());
  }
  return -1;
}

Fleet::Fleet(FleetOptions options)
    : options_(std::move(options)),
      observer_(options_.lease, options_.ask_every) {}

Agent& Fleet::Add(AgentOptions changes) {
  AgentOptions all = std::move(changes);
  if (all.name.empty()) {
    all.name = "agent-" + std::to_string(agents_.size() + 1);
  }
  if (all.identity.empty()) all.identity = all.name;
  if (all.kubeconfig.empty()) all.kubeconfig = options_.kubeconfig;
  all.lease = options_.lease;
  if (!all.timing) all.timing = options_.timing;
  all.flags.insert(all.flags.begin(), options_.flags.begin(),
                   options_.flags.end());
  const std::string name = all.name;
  auto& place = agents_[name];
  place = std::make_unique<Agent>(std::move(all), folder_.path());
  observer_.Watch(name, place->http_port(), place->metrics_port(),
                  place->network());
  return *place;
}

void Fleet::Start(int agents) {
  for (int i = 0; i < agents; ++i) Add();
}

Agent& Fleet::WaitForLeader(const Agent* but) {
  std::optional<std::string> leader;
  const bool led = Eventually(kLong, [&] {
    leader = observer_.Leader();
    return leader && (but == nullptr || *leader != but->name());
  });
  if (!led) throw std::runtime_error("nobody leads\n" + LastWords());
  return agent(*leader);
}

Term Fleet::WaitForTerm(Instant since) {
  std::optional<Term> found;
  const bool began = Eventually(kLong, [&] {
    for (const Term& term : observer_.Terms()) {
      if (!found && term.first_yes >= since) found = term;
    }
    return found.has_value();
  });
  if (!began) throw std::runtime_error("no new term\n" + LastWords());
  return *found;
}

void Fleet::WaitForAll() {
  const bool heard = Eventually(kLong, [&] {
    return std::all_of(agents_.begin(), agents_.end(), [&](const auto& entry) {
      return observer_.Last(entry.first).has_value();
    });
  });
  if (!heard) throw std::runtime_error("an agent is silent\n" + LastWords());
}

LeaderAnswer Fleet::WaitForNo(const Agent& agent, Instant since) {
  std::optional<LeaderAnswer> answer;
  const bool said_no = Eventually(
      kLong,
      [&] {
        answer = observer_.Last(agent.name());
        return answer && answer->told.sent >= since && !answer->told.leads;
      },
      milliseconds(1));
  if (!said_no) {
    throw std::runtime_error(agent.name() + " goes on\n" + LastWords());
  }
  return *answer;
}

void Fleet::WaitForRenewal(const Agent& agent) {
  const auto deadline = [&] {
    const auto answer = observer_.Last(agent.name());
    return answer ? answer->told.deadline : Instant{};
  };
  const Instant before = deadline();
  const bool renewed = Eventually(
      kLong, [&] { return deadline() > before; }, milliseconds(1));
  if (!renewed) {
    throw std::runtime_error(agent.name() + " renews nothing\n" + LastWords());
  }
}

void Fleet::Stop(Agent& agent, int signal) {
  observer_.Stopping(agent.name());
  agent.process().Signal(signal);
}

void Fleet::ExpectNeverTwoLeaders() const {
  for (const std::string& violation : observer_.Violations()) {
    ADD_FAILURE() << violation;
  }
  EXPECT_GT(observer_.answers(), 0u) << "nobody was heard";
  for (const auto& [name, agent] : agents_) {
    const std::string log = agent->Log();
    for (const char* complaint : kComplaints) {
      EXPECT_EQ(log.find(complaint), std::string::npos) << name << "\n" << log;
    }
  }
}

void Fleet::ExpectSilentAbout(const std::vector<std::string>& secrets) const {
  for (const auto& [name, agent] : agents_) {
    const std::string log = agent->Log();
    EXPECT_FALSE(log.empty()) << name << " has logged nothing at all";
    for (const std::string& secret : secrets) {
      EXPECT_EQ(log.find(secret), std::string::npos)
          << name << " has logged a secret";
    }
  }
}

std::string Fleet::LastWords() const {
  std::string text;
  for (const auto& [name, agent] : agents_) {
    text += "--- " + name + "\n" + Tail(agent->Log());
  }
  for (const Term& term : observer_.Terms()) {
    text += "term of " + term.agent + ", token " + std::to_string(term.token) +
            ": " + std::to_string(term.first_yes.since_boot.count()) + " to " +
            std::to_string(term.end().since_boot.count()) + "\n";
  }
  return text;
}

}  // namespace fleet
