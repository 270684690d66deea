#include "tests/support/kubernetes_cluster.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "tests/support/kubeconfig.h"

namespace support {
namespace {

using nlohmann::json;

// The release that tests/kubernetes/go.mod builds.
constexpr char kVersion[] = "v1.36.3";

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string CacheFolder() {
  if (const auto own = Environment("SIDECAR_CACHE"); !own.empty()) {
    return own;
  }
  const auto xdg = Environment("XDG_CACHE_HOME");
  const auto base = xdg.empty() ? Environment("HOME") + "/.cache" : xdg;
  return base + "/leader-elector";
}

bool Executable(const std::string& path) {
  return access(path.c_str(), X_OK) == 0;
}

constexpr char kAuditPolicy[] =
    R"({"apiVersion":"audit.k8s.io/v1","kind":"Policy","rules":[{"level":"Metadata"}]})";

}  // namespace

std::string LeasesPath(const std::string& name_space) {
  return "/apis/coordination.k8s.io/v1/namespaces/" + name_space + "/leases";
}

std::string LeasePath(const std::string& name_space, const std::string& name) {
  return LeasesPath(name_space) + "/" + name;
}

void Server::Start() {
  process_.reset();  // One that has ended leaves its place.
  process_ = std::make_unique<Process>(options_);
}

void Server::Kill() { process().Kill(); }

Process& Server::process() {
  if (!process_) throw std::runtime_error(name_ + " was never started");
  return *process_;
}

std::string Server::LastWords() const {
  const std::string log = ReadFile(options_.output);
  return name_ + ": ..." +
         log.substr(log.size() - std::min<std::size_t>(log.size(), 2000));
}

std::string KubernetesCluster::Program(const std::string& name) {
  const std::string assets = Environment("KUBEBUILDER_ASSETS");
  if (!assets.empty() && Executable(assets + "/" + name)) {
    return assets + "/" + name;
  }
  return CacheFolder() + "/kubernetes/" + kVersion + "/" + name;
}

std::optional<std::string> KubernetesCluster::WhyNot() {
  for (const char* name : {"etcd", "kube-apiserver"}) {
    if (!Executable(Program(name))) {
      return "no real API server: " + Program(name) +
             " is missing; tests/kubernetes/build.sh builds it";
    }
  }
  return std::nullopt;
}

KubernetesCluster::KubernetesCluster(ClusterOptions options)
    : options_(std::move(options)) {
  WriteCertificates();
  AddEtcd();
  etcd_->Start();
  for (int i = 0; i < options_.api_servers; ++i) {
    MakeApiServer(etcd_port());
    api_server(i).Start();
  }
  for (int i = 0; i < options_.api_servers; ++i) WaitReady(i);
}

int KubernetesCluster::AddApiServer(int etcd_port) {
  MakeApiServer(etcd_port == 0 ? this->etcd_port() : etcd_port);
  const int added = api_server_count() - 1;
  api_server(added).Start();
  WaitReady(added);
  return added;
}

void KubernetesCluster::KeepOneApiServer() {
  while (api_servers_.size() > 1) api_servers_.pop_back();
}

void KubernetesCluster::SaveEtcd(const std::string& name) const {
  std::filesystem::copy(folder_ / "etcd", folder_ / ("etcd-" + name),
                        std::filesystem::copy_options::recursive);
}

void KubernetesCluster::RestoreEtcd(const std::string& name) const {
  std::filesystem::remove_all(folder_ / "etcd");
  std::filesystem::copy(folder_ / ("etcd-" + name), folder_ / "etcd",
                        std::filesystem::copy_options::recursive);
}

KubernetesCluster::~KubernetesCluster() = default;

void KubernetesCluster::WriteCertificates() {
  admin_ = ClientCertificate("admin", {"system:masters"});
  const KeyPair server = authority_.Server(
      "kube-apiserver",
      {"IP:127.0.0.1", "IP:::1", "DNS:localhost", "DNS:kubernetes",
       "DNS:kubernetes.default", "DNS:kubernetes.default.svc"});
  WriteFile(folder_ / "ca.crt", authority_.certificate_pem());
  WriteFile(folder_ / "server.crt", server.certificate_pem);
  WriteFile(folder_ / "server.key", server.key_pem);
  const SigningKey tokens = NewSigningKey();
  WriteFile(folder_ / "service-account.pub", tokens.public_pem);
  WriteFile(folder_ / "service-account.key", tokens.private_pem);
  WriteFile(folder_ / "audit-policy.json", kAuditPolicy);
}

void KubernetesCluster::AddEtcd() {
  const std::string client = "http://127.0.0.1:" + etcd_port_.text();
  const std::string peer = "http://127.0.0.1:" + etcd_peer_port_.text();
  ProcessOptions options{
      .program = Program("etcd"),
      .args = {"--data-dir=" + (folder_ / "etcd"), "--unsafe-no-fsync",
               "--log-level=error", "--listen-client-urls=" + client,
               "--advertise-client-urls=" + client,
               "--listen-peer-urls=" + peer,
               "--initial-advertise-peer-urls=" + peer,
               "--initial-cluster=default=" + peer},
      .output = folder_ / "etcd.log"};
  etcd_ = std::make_unique<Server>("etcd", std::move(options));
}

void KubernetesCluster::MakeApiServer(int etcd_port) {
  ApiServer added;
  const std::string name = "kube-apiserver-" + added.port.text();
  ProcessOptions process{
      .program = Program("kube-apiserver"),
      .args = {"--etcd-servers=http://127.0.0.1:" + std::to_string(etcd_port),
               "--secure-port=" + added.port.text(), "--bind-address=127.0.0.1",
               // It refuses to advertise loopback. Nobody asks for the address
               // of the kubernetes service here, so it is one of those kept for
               // documents (RFC 5737), and no endpoint is written for it.
               "--advertise-address=192.0.2.1",
               "--endpoint-reconciler-type=none",
               "--service-cluster-ip-range=10.96.0.0/16",
               "--allow-privileged=true", "--authorization-mode=Node,RBAC",
               "--client-ca-file=" + (folder_ / "ca.crt"),
               "--tls-cert-file=" + (folder_ / "server.crt"),
               "--tls-private-key-file=" + (folder_ / "server.key"),
               "--service-account-issuer=https://kubernetes.default.svc",
               "--service-account-key-file=" +
                   (folder_ / "service-account.pub"),
               "--service-account-signing-key-file=" +
                   (folder_ / "service-account.key"),
               "--shutdown-delay-duration=0s"},
      .output = folder_ / (name + ".log")};
  if (options_.audit) {
    process.args.push_back("--audit-policy-file=" +
                           (folder_ / "audit-policy.json"));
    process.args.push_back("--audit-log-path=" + (folder_ / (name + ".audit")));
  }
  for (const auto& flag : options_.api_server_flags) {
    process.args.push_back(flag);
  }
  added.server = std::make_unique<Server>(name, std::move(process));
  api_servers_.push_back(std::move(added));
}

std::string KubernetesCluster::audit_log(int i) const {
  return folder_ / ("kube-apiserver-" + std::to_string(port(i)) + ".audit");
}

bool KubernetesCluster::Ready(int i) const {
  const Answer answer =
      Admin(i).Request("GET", "/readyz", nullptr, std::chrono::seconds(2));
  return answer.status == 200 && answer.body == "ok";
}

void KubernetesCluster::WaitReady(int i, base::Duration limit) {
  Server& server = api_server(i);
  const bool ended_or_ready = Eventually(
      limit, [&] { return !server.process().Running() || Ready(i); },
      std::chrono::milliseconds(50));
  if (!ended_or_ready || !Ready(i)) {
    throw std::runtime_error("kube-apiserver is not ready\n" +
                             server.LastWords() + "\n" + etcd_->LastWords());
  }
}

KeyPair KubernetesCluster::ClientCertificate(
    const std::string& user, const std::vector<std::string>& groups) {
  return authority_.Client(user, groups);
}

KeyPair KubernetesCluster::ServerCertificate(const std::string& name) {
  return authority_.Server(name, {"IP:127.0.0.1", "DNS:localhost"});
}

std::string KubernetesCluster::Kubeconfig(const std::string& name,
                                          const KubeconfigUser& user,
                                          const std::string& name_space,
                                          int port) {
  const std::string path = folder_ / (name + ".kubeconfig");
  WriteKubeconfig(path,
                  {.server = "https://127.0.0.1:" +
                             std::to_string(port == 0 ? this->port() : port),
                   .authority_pem = authority_pem(),
                   .certificate = user.certificate,
                   .token = user.token,
                   .token_file = user.token_file,
                   .name_space = name_space});
  return path;
}

std::string KubernetesCluster::Kubeconfig(
    const std::string& user, const std::vector<std::string>& groups,
    const std::string& name_space, int port) {
  return Kubeconfig(
      user, KubeconfigUser{.certificate = ClientCertificate(user, groups)},
      name_space, port);
}

RestClient KubernetesCluster::Admin(int i) const {
  return As(KubeconfigUser{.certificate = admin_}, i);
}

RestClient KubernetesCluster::As(const KubeconfigUser& user, int i) const {
  return RestClient({.host = "127.0.0.1",
                     .port = port(i),
                     .authority_pem = authority_pem(),
                     .client = user.certificate,
                     .token = user.token});
}

Answer KubernetesCluster::Request(const std::string& method,
                                  const std::string& path, const json& body,
                                  base::Duration limit) const {
  return Admin().Request(method, path, body, limit);
}

json KubernetesCluster::Must(const std::string& method, const std::string& path,
                             const json& body) const {
  const Answer answer = Request(method, path, body);
  const bool exists = method == "POST" && answer.status == 409;
  if (!answer.ok() && !exists) {
    throw std::runtime_error(method + " " + path + ": " +
                             std::to_string(answer.status) + " " +
                             answer.error + answer.body);
  }
  return answer.Json();
}

void KubernetesCluster::CreateNamespace(const std::string& name) {
  Must("POST", "/api/v1/namespaces",
       {{"apiVersion", "v1"},
        {"kind", "Namespace"},
        {"metadata", {{"name", name}}}});
}

void KubernetesCluster::CreateServiceAccount(const std::string& name_space,
                                             const std::string& name) {
  Must("POST", "/api/v1/namespaces/" + name_space + "/serviceaccounts",
       {{"apiVersion", "v1"},
        {"kind", "ServiceAccount"},
        {"metadata", {{"name", name}}}});
}

std::string KubernetesCluster::ServiceAccountToken(
    const std::string& name_space, const std::string& name, int seconds) {
  const json answer = Must("POST",
                           "/api/v1/namespaces/" + name_space +
                               "/serviceaccounts/" + name + "/token",
                           {{"apiVersion", "authentication.k8s.io/v1"},
                            {"kind", "TokenRequest"},
                            {"spec", {{"expirationSeconds", seconds}}}});
  return answer.at("status").at("token").get<std::string>();
}

void KubernetesCluster::GrantLease(const std::string& name_space,
                                   const std::string& lease,
                                   const std::string& subject) {
  Grant(name_space, "leader-elector-" + lease,
        {{{"apiGroups", {"coordination.k8s.io"}},
          {"resources", {"leases"}},
          {"resourceNames", {lease}},
          {"verbs", {"get", "watch", "update", "create"}}}},
        subject);
  // Each API server learns of the rule by a watch of its own.
  const json review = {{"apiVersion", "authorization.k8s.io/v1"},
                       {"kind", "SubjectAccessReview"},
                       {"spec",
                        {{"user", subject},
                         {"resourceAttributes",
                          {{"namespace", name_space},
                           {"verb", "update"},
                           {"group", "coordination.k8s.io"},
                           {"resource", "leases"},
                           {"name", lease}}}}}};
  for (int i = 0; i < api_server_count(); ++i) {
    if (!api_server(i).Running()) continue;
    const bool allowed = Eventually(std::chrono::seconds(30), [&] {
      const json answer =
          Admin(i)
              .Request("POST",
                       "/apis/authorization.k8s.io/v1/subjectaccessreviews",
                       review)
              .Json();
      return answer.is_object() && answer.contains("status") &&
             answer["status"].value("allowed", false);
    });
    if (!allowed) throw std::runtime_error(subject + " was not granted");
  }
}

void KubernetesCluster::Grant(const std::string& name_space,
                              const std::string& name, const json& rules,
                              const std::string& subject) {
  const std::string rbac =
      "/apis/rbac.authorization.k8s.io/v1/namespaces/" + name_space;
  Must("POST", rbac + "/roles",
       {{"apiVersion", "rbac.authorization.k8s.io/v1"},
        {"kind", "Role"},
        {"metadata", {{"name", name}}},
        {"rules", rules}});
  Must("POST", rbac + "/rolebindings",
       {{"apiVersion", "rbac.authorization.k8s.io/v1"},
        {"kind", "RoleBinding"},
        {"metadata", {{"name", name}}},
        {"roleRef",
         {{"apiGroup", "rbac.authorization.k8s.io"},
          {"kind", "Role"},
          {"name", name}}},
        {"subjects",
         {{{"apiGroup", "rbac.authorization.k8s.io"},
           {"kind", "User"},
           {"name", subject}}}}});
}

json KubernetesCluster::ReadLease(const std::string& name_space,
                                  const std::string& name) const {
  const Answer answer = Request("GET", LeasePath(name_space, name));
  if (answer.status == 404) return nullptr;
  if (!answer.ok()) throw std::runtime_error(answer.error + answer.body);
  return answer.Json();
}

json KubernetesCluster::PatchLease(const std::string& name_space,
                                   const std::string& name,
                                   const json& patch) const {
  return Must("PATCH", LeasePath(name_space, name), patch);
}

void KubernetesCluster::DeleteLease(const std::string& name_space,
                                    const std::string& name) const {
  Must("DELETE", LeasePath(name_space, name));
}

}  // namespace support
