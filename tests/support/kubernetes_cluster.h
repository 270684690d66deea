// A real etcd and real kube-apiservers on free loopback ports, in a folder of
// their own: RBAC, client certificates, service account tokens. No kubelet and
// no controllers, so nothing changes a lease but the test and what it starts.
// Needs the programs of tests/kubernetes/build.sh (or KUBEBUILDER_ASSETS); no
// root. Thread: the one that made it (see process.h). What goes wrong is thrown
// as std::runtime_error with the server's last words.
#ifndef TESTS_SUPPORT_KUBERNETES_CLUSTER_H_
#define TESTS_SUPPORT_KUBERNETES_CLUSTER_H_

#include <signal.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/support/file_port_wait.h"
#include "tests/support/process.h"
#include "tests/support/rest_client.h"

namespace support {

// One server program: killed, frozen, and started again with the same data and
// port.
class Server {
 public:
  Server(std::string name, ProcessOptions options)
      : name_(std::move(name)), options_(std::move(options)) {}

  void Start();
  void Kill();  // SIGKILL: nobody is told, connections are reset.
  // SIGTERM: kube-apiserver refuses new requests at once, but keeps its watches
  // open for up to a minute before it ends.
  void Terminate() { process().Signal(SIGTERM); }
  void Freeze() { process().Signal(SIGSTOP); }
  void Continue() { process().Signal(SIGCONT); }

  Process& process();
  bool Running() { return process_ != nullptr && process_->Running(); }
  std::string LastWords() const;  // The end of its log.

 private:
  std::string name_;
  ProcessOptions options_;
  std::unique_ptr<Process> process_;
};

struct ClusterOptions {
  int api_servers = 1;
  std::vector<std::string> api_server_flags = {};
  bool audit = false;  // Each request as a JSON line in audit_log(i).
};

// Who a kubeconfig speaks as: a client certificate, a token, or a token file.
struct KubeconfigUser {
  std::optional<KeyPair> certificate = {};
  std::string token = {};
  std::string token_file = {};
};

class KubernetesCluster {
 public:
  // Empty when a cluster can be had here; else the reason and what to do.
  static std::optional<std::string> WhyNot();
  // A program of the tests' Kubernetes cache, "client-go-candidate" for
  // example. The path may not exist.
  static std::string Program(const std::string& name);

  // Ready when it returns.
  explicit KubernetesCluster(ClusterOptions options = {});
  ~KubernetesCluster();

  Server& etcd() { return *etcd_; }
  int etcd_port() const { return etcd_port_.number(); }
  // Copies what etcd has stored aside, or puts such a copy in its place, as a
  // restored backup does. etcd must not run, and the API servers have to be
  // started again after a restore.
  void SaveEtcd(const std::string& name) const;
  void RestoreEtcd(const std::string& name) const;

  Server& api_server(int i = 0) { return *api_servers_.at(Index(i)).server; }
  int api_server_count() const { return static_cast<int>(api_servers_.size()); }
  // One more, ready when it returns. `etcd_port` is where it finds etcd, of a
  // proxy for example; 0: etcd itself.
  int AddApiServer(int etcd_port = 0);
  void KeepOneApiServer();  // All but the first are gone.
  int port(int i = 0) const { return api_servers_.at(Index(i)).port.number(); }
  std::string audit_log(int i = 0) const;
  const std::string& authority_pem() const {
    return authority_.certificate_pem();
  }
  const TempDir& folder() const { return folder_; }

  bool Ready(int i = 0) const;  // GET /readyz says ok, now.
  void WaitReady(int i = 0, base::Duration limit = std::chrono::seconds(60));

  // Writes a kubeconfig and returns its path. Names are file names, so each one
  // once. `port` is where to connect, of a proxy for example; 0: API server 0.
  std::string Kubeconfig(const std::string& name, const KubeconfigUser& user,
                         const std::string& name_space = "default",
                         int port = 0);
  // By client certificate. Group "system:masters" may do everything.
  std::string Kubeconfig(const std::string& user,
                         const std::vector<std::string>& groups,
                         const std::string& name_space = "default",
                         int port = 0);
  KeyPair ClientCertificate(const std::string& user,
                            const std::vector<std::string>& groups = {});
  // For a server of the test on 127.0.0.1, from the authority that all
  // kubeconfigs trust.
  KeyPair ServerCertificate(const std::string& name);

  // Clients as administrator, and as anybody else.
  RestClient Admin(int i = 0) const;
  RestClient As(const KubeconfigUser& user, int i = 0) const;
  // As administrator, through API server 0.
  Answer Request(const std::string& method, const std::string& path,
                 const nlohmann::json& body = nullptr,
                 base::Duration limit = kRequestLimit) const;
  // Throws unless the answer is 2xx (a POST also takes "exists already").
  nlohmann::json Must(const std::string& method, const std::string& path,
                      const nlohmann::json& body = nullptr) const;

  void CreateNamespace(const std::string& name);
  void CreateServiceAccount(const std::string& name_space,
                            const std::string& name);
  // A token of that service account, made by the server.
  std::string ServiceAccountToken(const std::string& name_space,
                                  const std::string& name, int seconds = 3600);
  // The one rule the agent needs: get, watch, update, create on this one lease.
  // It is in force when this returns.
  // `subject` is a user, or "system:serviceaccount:<namespace>:<name>".
  void GrantLease(const std::string& name_space, const std::string& lease,
                  const std::string& subject);
  // Any rules: a Role and its RoleBinding, both called `name`.
  void Grant(const std::string& name_space, const std::string& name,
             const nlohmann::json& rules, const std::string& subject);

  // The lease, by hand. Null when it is absent.
  nlohmann::json ReadLease(const std::string& name_space,
                           const std::string& name) const;
  // A merge patch without resourceVersion: whatever is there is changed.
  nlohmann::json PatchLease(const std::string& name_space,
                            const std::string& name,
                            const nlohmann::json& patch) const;
  void DeleteLease(const std::string& name_space,
                   const std::string& name) const;

 private:
  struct ApiServer {
    FreePort port;
    std::unique_ptr<Server> server;
  };

  static std::size_t Index(int i) { return static_cast<std::size_t>(i); }
  void WriteCertificates();
  void AddEtcd();
  void MakeApiServer(int etcd_port);

  const ClusterOptions options_;
  TempDir folder_;
  Authority authority_{"leader-elector-test"};
  KeyPair admin_;
  FreePort etcd_port_;
  FreePort etcd_peer_port_;
  std::unique_ptr<Server> etcd_;
  std::vector<ApiServer> api_servers_;
};

std::string LeasesPath(const std::string& name_space);
std::string LeasePath(const std::string& name_space, const std::string& name);

}  // namespace support

// First line of a test that needs a real API server.
#define REQUIRE_KUBERNETES()                                       \
  do {                                                             \
    if (const auto why = ::support::KubernetesCluster::WhyNot()) { \
      SKIP_OR_FAIL_IN_CI(*why);                                    \
    }                                                              \
  } while (false)

#endif  // TESTS_SUPPORT_KUBERNETES_CLUSTER_H_
