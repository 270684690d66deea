#include "tests/demo/cluster.h"

#include <cstdlib>
#include <optional>
#include <stdexcept>

#include "k8s/cluster_config.h"
#include "k8s/lease_client.h"
#include "k8s/lease_path.h"
#include "k8s/server_url.h"
#include "k8s/transport.h"
#include "tests/support/kubernetes_cluster.h"

namespace demo {
namespace {

using support::BootNow;

constexpr char kUserAgent[] = "leader-elector-demo";
constexpr char kNamespace[] = "demo";
constexpr std::chrono::seconds kPatience{10};

// Somebody's cluster. One lease is made in it, and deleted at the end.
class GivenCluster : public Cluster {
 public:
  explicit GivenCluster(std::string kubeconfig)
      : kubeconfig_(std::move(kubeconfig)) {
    const auto config = k8s::LoadClusterConfig("", "");
    if (!config) throw std::runtime_error(config.error().message);
    config_ = *config;
  }

  std::string Description() const override {
    return std::string(config_.tls ? "https://" : "http://") +
           k8s::HostAndPort(config_.host, config_.port) + config_.base_path +
           ", namespace " + name_space() +
           ", because KUBECONFIG is set\n         (" + config_.origin + ")";
  }

  // Asks for the lease, which does not exist yet: a cluster that cannot be
  // reached or that refuses us is found out before anything is started.
  void Start(const std::string& lease) override {
    k8s::LeaseClient client(config_, {name_space(), lease}, kUserAgent, BootNow,
                            [](const char*, const std::string&, auto) {});
    const k8s::ReadAnswer answer = client.Get(BootNow() + kPatience);
    if (answer.status == k8s::ReadStatus::kFailed) {
      throw std::runtime_error(answer.error.message);
    }
  }

  std::string kubeconfig() const override { return kubeconfig_; }
  std::string name_space() const override { return config_.default_namespace; }

  std::string Tidy(const std::string& lease) override {
    k8s::Transport transport(config_, kUserAgent, BootNow);
    const k8s::HttpOutcome outcome = transport.Exchange(
        {"DELETE", k8s::LeasePath({name_space(), lease}), ""},
        BootNow() + kPatience);
    if (outcome && (outcome->status == 200 || outcome->status == 404)) {
      return "";
    }
    const std::string why =
        outcome ? std::to_string(outcome->status) : outcome.error().detail;
    return "The lease could not be deleted (" + why +
           "). By hand:\n  kubectl delete lease -n " + name_space() + " " +
           lease;
  }

 private:
  const std::string kubeconfig_;
  k8s::ClusterConfig config_;
};

// A real etcd and kube-apiserver. The agents have a service account with the
// one rule they need.
class RealCluster : public Cluster {
 public:
  std::string Description() const override {
    return "a real kube-apiserver with etcd, started on loopback\n"
           "         (KUBECONFIG is not set, and its programs are here)";
  }

  void Start(const std::string& lease) override {
    cluster_.emplace();
    cluster_->CreateNamespace(kNamespace);
    cluster_->CreateServiceAccount(kNamespace, kAccount);
    cluster_->GrantLease(
        kNamespace, lease,
        std::string("system:serviceaccount:") + kNamespace + ":" + kAccount);
    kubeconfig_ = cluster_->Kubeconfig(
        kAccount,
        support::KubeconfigUser{
            .token = cluster_->ServiceAccountToken(kNamespace, kAccount)},
        kNamespace);
  }

  std::string kubeconfig() const override { return kubeconfig_; }
  std::string name_space() const override { return kNamespace; }

 private:
  static constexpr char kAccount[] = "web";

  std::optional<support::KubernetesCluster> cluster_;
  std::string kubeconfig_;
};

// Our own small server that speaks as much of the Lease API as agents need.
class Standin : public Cluster {
 public:
  Standin(std::string why, const std::string& folder)
      : why_(std::move(why)),
        kubeconfig_(folder + "/standin.kubeconfig"),
        log_(folder + "/kube-standin.log") {}

  std::string Description() const override {
    return "a stand-in for a Kubernetes API server, on loopback\n         (" +
           why_ + ")";
  }

  void Start(const std::string&) override {
    process_.emplace(support::ProcessOptions{
        .program = KUBE_STANDIN,
        .args = {"--port=0", "--kubeconfig=" + kubeconfig_,
                 std::string("--namespace=") + kNamespace},
        .output = log_});
    const bool up = support::Eventually(kPatience, [this] {
      return !process_->Running() ||
             process_->Output().find("port=") != std::string::npos;
    });
    if (!up || !process_->Running()) {
      throw std::runtime_error("kube-standin did not start: " +
                               process_->Output());
    }
  }

  std::string kubeconfig() const override { return kubeconfig_; }
  std::string name_space() const override { return kNamespace; }

 private:
  const std::string why_;
  const std::string kubeconfig_;
  const std::string log_;
  std::optional<support::Process> process_;
};

}  // namespace

std::unique_ptr<Cluster> ChooseCluster(bool only_standin,
                                       const std::string& folder) {
  if (only_standin) {
    return std::make_unique<Standin>("--standin was given", folder);
  }
  const char* given = std::getenv("KUBECONFIG");
  if (given != nullptr && *given != '\0') {
    return std::make_unique<GivenCluster>(given);
  }
  if (support::KubernetesCluster::WhyNot()) {
    return std::make_unique<Standin>(
        "KUBECONFIG is not set, and there is no kube-apiserver here", folder);
  }
  return std::make_unique<RealCluster>();
}

}  // namespace demo
