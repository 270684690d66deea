#include "tests/fleet/client_go.h"

#include <unistd.h>

#include <sstream>
#include <stdexcept>

#include "tests/support/kubernetes_cluster.h"

namespace fleet {
namespace {

using base::Duration;
using base::Instant;
using support::Eventually;

constexpr char kProgram[] = "client-go-candidate";

std::string Ms(Duration d) { return std::to_string(base::ToMs(d)) + "ms"; }

}  // namespace

std::optional<std::string> ClientGo::WhyNot() {
  const std::string program = support::KubernetesCluster::Program(kProgram);
  if (access(program.c_str(), X_OK) == 0) return std::nullopt;
  return "no client-go candidate: " + program +
         " is missing; tests/kubernetes/build.sh builds it";
}

ClientGo::ClientGo(const std::string& id, const std::string& lease,
                   const std::string& kubeconfig, const Timing& timing,
                   const ClientGoOptions& options)
    : id_(id) {
  process_ = std::make_unique<support::Process>(support::ProcessOptions{
      .program = support::KubernetesCluster::Program(kProgram),
      .args = {"--id=" + id, "--lease=" + lease, "--kubeconfig=" + kubeconfig,
               "--lease-duration=" + Ms(timing.lease_duration),
               "--renew-deadline=" + Ms(timing.renew_deadline),
               "--retry-period=" + Ms(timing.retry_period),
               std::string("--release=") + (options.release ? "true" : "false"),
               "--request-timeout=" + Ms(options.request_timeout)},
      .output = folder_ / "log"});
}

std::vector<ClientGo::Span> ClientGo::Spans() const {
  constexpr std::string_view kStamp = " boottime_ns=";
  std::vector<Span> spans;
  std::istringstream log(process_->Output());
  for (std::string line; std::getline(log, line);) {
    const std::size_t stamp = line.find(kStamp);
    if (!line.starts_with("leading=") || stamp == std::string::npos) continue;
    const Instant at{Duration(std::stoll(line.substr(stamp + kStamp.size())))};
    if (line.starts_with("leading=1")) {
      spans.push_back({.from = at, .until = std::nullopt});
    } else if (!spans.empty()) {
      spans.back().until = at;
    }
  }
  return spans;
}

bool ClientGo::Leads() const {
  const auto spans = Spans();
  return !spans.empty() && !spans.back().until;
}

void ClientGo::WaitUntilItLeads() const {
  if (!Eventually(kLong, [this] { return Leads(); })) {
    throw std::runtime_error(id_ + " does not lead\n" + process_->Output());
  }
}

void ClientGo::WaitUntilItSeesALeader() const {
  const bool seen = Eventually(kLong, [this] {
    return process_->Output().find("leader=\"") != std::string::npos;
  });
  if (!seen) throw std::runtime_error(id_ + " is blind\n" + process_->Output());
}

Instant ClientGo::WaitUntilItStops(Instant since) const {
  std::optional<Instant> stopped;
  const bool done = Eventually(kLong, [&] {
    for (const Span& span : Spans()) {
      if (span.until && *span.until >= since && !stopped) stopped = span.until;
    }
    return stopped.has_value();
  });
  if (!done) {
    throw std::runtime_error(id_ + " goes on\n" + process_->Output());
  }
  return *stopped;
}

}  // namespace fleet
