#include "tests/demo/agent.h"

#include <signal.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "agent/runtime/duration.h"
#include "agent/runtime/identity.h"

namespace demo {
namespace {

using base::Instant;
using nlohmann::json;
using support::BootNow;

// An agent that is frozen answers when it goes on: the question waits.
constexpr std::chrono::seconds kLongestQuestion{60};

k8s::ClusterConfig Loopback(int port) {
  k8s::ClusterConfig config;
  config.host = "127.0.0.1";
  config.port = port;
  config.tls = false;
  return config;
}

support::ProcessOptions Program(int index, int port, const LeaseToWin& lease,
                                const std::string& log) {
  return {
      .program = LEADER_ELECTOR_PROGRAM,
      .args = {"--lease-name=" + lease.name,
               "--lease-namespace=" + lease.name_space,
               "--kubeconfig=" + lease.kubeconfig,
               "--identity=" + NameOf(index),
               "--lease-duration=" + runtime::FormatDuration(kLeaseDuration),
               "--renew-deadline=" + runtime::FormatDuration(kRenewDeadline),
               "--retry-period=" + runtime::FormatDuration(kRetryPeriod),
               // As a native sidecar: it is stopped after the main container.
               "--stop-order=sidecar-last",
               "--http-address=127.0.0.1:" + std::to_string(port),
               "--metrics-address=127.0.0.1:0"},
      .output = log};
}

}  // namespace

Agent::Agent(int index, const LeaseToWin& lease, const std::string& log,
             Chronicle& chronicle)
    : index_(index),
      options_(Program(index, port_.number(), lease, log)),
      chronicle_(chronicle),
      transport_(Loopback(port_.number()), "leader-elector-demo", BootNow),
      reader_([this] { Read(); }) {}

Agent::~Agent() {
  stop_ = true;
  transport_.Cancel();
  reader_.join();
  if (!process_) return;
  process_->Signal(SIGCONT);
  process_->Signal(SIGTERM);
  process_->Wait(std::chrono::seconds(3));
}

void Agent::Start() {
  process_.reset();
  chronicle_.Forget(index_);
  process_ = std::make_unique<support::Process>(options_);
  life_ = Life::kRunning;
}

void Agent::Terminate() {
  life_ = Life::kStopping;
  process_->Signal(SIGTERM);
}

void Agent::Kill() {
  process_->Kill();
  life_ = Life::kKilled;
}

void Agent::Freeze() {
  process_->Signal(SIGSTOP);
  life_ = Life::kFrozen;
}

void Agent::Continue() {
  life_ = Life::kRunning;
  process_->Signal(SIGCONT);
}

std::optional<support::ExitStatus> Agent::Ended() {
  if (!process_) return std::nullopt;
  const auto status = process_->Wait(base::Duration::zero());
  if (status && life_ == Life::kStopping) life_ = Life::kEnded;
  return status;
}

bool Agent::EndedUnasked() {
  const bool up = life_ == Life::kRunning || life_ == Life::kFrozen;
  return up && Ended().has_value();
}

void Agent::Read() {
  while (!stop_) {
    Ask();
    transport_.Pause(BootNow() + kAskEvery);
  }
}

void Agent::Ask() {
  Answer answer;
  answer.agent = index_;
  answer.sent = BootNow();
  const k8s::HttpOutcome outcome = transport_.Exchange(
      {"GET", "/leader", ""}, answer.sent + kLongestQuestion);
  answer.received = BootNow();
  if (!outcome) return;  // Not running: no answer means "not leader".
  const json body = json::parse(outcome->body, nullptr, false);
  if (!body.is_object()) return;
  answer.state = body.value("state", "");
  answer.leader = runtime::BareIdentity(body.value("leader", ""));
  if (outcome->status == 200) {
    answer.token = body.value("fencingToken", std::int64_t{0});
    answer.deadline =
        Instant{base::Duration(body.value("deadlineBoottimeNs", INT64_C(0)))};
    answer.said =
        answer.received < answer.deadline ? Said::kYes : Said::kYesTooLate;
  }
  chronicle_.Take(answer);
}

}  // namespace demo
