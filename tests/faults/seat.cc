#include "tests/faults/seat.h"

#include <filesystem>

#include "tests/support/file_port_wait.h"

namespace faults {
namespace {

constexpr char kNamespace[] = "default";
constexpr int kDay = 24 * 3600;  // Seconds that a token is good for.

std::string AccountPath(const std::string& name) {
  return std::string("/api/v1/namespaces/") + kNamespace + "/serviceaccounts/" +
         name;
}

}  // namespace

Seat::Seat(SeatOptions options)
    : options_(std::move(options)),
      proxy_(options_.cluster->port(), network_.fd()) {
  std::filesystem::create_directories(options_.folder);
  NewToken();
  nlohmann::json rule = {{"apiGroups", {"coordination.k8s.io"}},
                         {"resources", {"leases"}},
                         {"verbs", {"get", "watch", "update", "create"}}};
  // client-go creates by POST, which cannot name the lease.
  if (!options_.client_go) rule["resourceNames"] = {options_.lease};
  options_.cluster->Grant(
      kNamespace, options_.name, nlohmann::json::array({rule}),
      std::string("system:serviceaccount:") + kNamespace + ":" + options_.name);
  kubeconfig_ = options_.cluster->Kubeconfig(
      options_.name, {.token_file = token_file()}, kNamespace, proxy_.port());
}

void Seat::Start() {
  Stop();
  name_ = options_.name + "." + std::to_string(++generation_);
  if (options_.client_go) {
    const support::EnterNetwork inside(network_.fd());
    client_go_ = std::make_unique<fleet::ClientGo>(name_, options_.lease,
                                                   kubeconfig_, kTiming);
    freezer_.Take(client_go_->process().id());
    return;
  }
  agent_ = std::make_unique<fleet::Agent>(
      fleet::AgentOptions{.name = name_,
                          .identity = options_.name,
                          .kubeconfig = kubeconfig_,
                          .lease = options_.lease,
                          .timing = kTiming,
                          .environment = options_.environment,
                          .program = options_.program,
                          .network = network_.fd()},
      options_.folder);
  freezer_.Take(agent_->process().id());
  options_.observer->Watch(name_, agent_->http_port(), agent_->metrics_port(),
                           network_.fd());
  const support::EnterNetwork inside(network_.fd());
  log_client_ = std::make_unique<support::Process>(support::ProcessOptions{
      .program = LOG_CLIENT_PROGRAM,
      .args = {std::to_string(agent_->http_port()),
               options_.folder + "/../fenced.log",
               options_.folder + "/../unfenced.log", name_},
      .output = options_.folder + "/log-client.log"});
  freezer_.Take(log_client_->id());
}

void Seat::Kill() {
  killed_at_ = support::BootNow();
  process().Kill();
}

void Seat::Stop() {
  if (agent_) options_.observer->Forget(name_);
  if (client_go_) former_spans_ = ClientGoSpans();
  log_client_.reset();
  agent_.reset();
  client_go_.reset();
  killed_at_.reset();
}

bool Seat::Leads() const {
  if (client_go_) return client_go_->Leads();
  return options_.observer->Leader() == name_;
}

support::Process& Seat::process() {
  return agent_ ? agent_->process() : client_go_->process();
}

int Seat::Unanswered() const {
  return Answered("timeout") + Answered("connection");
}

int Seat::Answered(const std::string& code) const {
  if (!agent_) return 0;
  double sum = 0;
  for (const char* verb : {"get", "update", "create", "watch"}) {
    sum += agent_->Metric("leader_elector_api_requests_total{code=\"" + code +
                          "\",verb=\"" + verb + "\"}");
  }
  return static_cast<int>(sum);
}

void Seat::RevokeToken() {
  const support::Answer answer = options_.cluster->Request(
      "DELETE", AccountPath(options_.name), nullptr, std::chrono::seconds(2));
  if (answer.ok() || answer.status == 404) return;
  throw std::runtime_error("the service account stays: " + answer.error);
}

void Seat::NewToken() {
  options_.cluster->CreateServiceAccount(kNamespace, options_.name);
  token_ =
      options_.cluster->ServiceAccountToken(kNamespace, options_.name, kDay);
  support::WriteFile(token_file(), token_);
}

bool Seat::TokenIsRefused() const {
  return options_.cluster->As({.token = token_})
             .Request("GET", support::LeasePath(kNamespace, options_.lease),
                      nullptr, std::chrono::seconds(1))
             .status == 401;
}

std::vector<fleet::ClientGo::Span> Seat::ClientGoSpans() const {
  std::vector<fleet::ClientGo::Span> spans = former_spans_;
  if (!client_go_) return spans;
  for (fleet::ClientGo::Span span : client_go_->Spans()) {
    if (!span.until) span.until = killed_at_.value_or(support::BootNow());
    spans.push_back(span);
  }
  return spans;
}

}  // namespace faults
