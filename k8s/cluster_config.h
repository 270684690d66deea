// Where the API server is and who we are to it: from a kubeconfig, or from the
// service account of the pod we run in. Reads files, makes no request.
// Source:
// kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig,
// kubernetes.io/docs/tasks/run-application/access-api-from-pod.
#ifndef K8S_CLUSTER_CONFIG_H_
#define K8S_CLUSTER_CONFIG_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "k8s/exec_plugin.h"
#include "k8s/secret.h"
#include "k8s/server_url.h"

namespace k8s {

class ExecSource;
class Resolver;

struct ClusterConfig {
  std::string host;  // Name or address, IPv6 without brackets.
  int port = 443;
  bool tls = true;        // false only for an http:// server in a kubeconfig.
  std::string base_path;  // "" or "/prefix", without a slash at the end.
  Secret ca;              // PEM. Empty: the system's certificates.
  // What the server's certificate must name. "": the host.
  std::string tls_server_name;
  // Anybody may pass for the server. Never together with `ca`.
  bool insecure_skip_tls_verify = false;
  Secret client_certificate;
  Secret client_key;
  Secret token;
  std::optional<Proxy> proxy;      // Never together with tls == false.
  std::optional<ExecPlugin> exec;  // Never together with the secrets above.
  std::string default_namespace;   // Of the context or the service account.
  std::string
      origin;  // For the log: "kubeconfig /x, context y" or "in-cluster".

  // Shared by all copies: one plugin and one lookup for all connections. Set by
  // LoadClusterConfig(). Without a resolver each connection makes its own.
  std::shared_ptr<ExecSource> exec_source;
  std::shared_ptr<Resolver> resolver;
};

// For the host that connections are opened to: the server's, or the proxy's.
std::shared_ptr<Resolver> MakeResolver(const ClusterConfig& config);

// `path` "" means: the files in KUBECONFIG, those of them that exist, else
// in-cluster, else ~/.kube/config. `context` "" means current-context. What can
// never work, such as a certificate given in place that is none, is an error; a
// file that may still come or be mended is not.
base::Result<ClusterConfig> LoadClusterConfig(const std::string& path,
                                              const std::string& context);

struct KubeconfigText {
  std::string yaml;
  // For messages, and the folder that relative paths start from.
  std::string file_name;
};

// One file or more; of each cluster, user and context, and of current-context,
// the first one counts. What would change whom we speak to or as, and is not
// understood (auth-provider, a password, ...), is refused with its line.
base::Result<ClusterConfig> ParseKubeconfigs(
    const std::vector<KubeconfigText>& texts, const std::string& context);
base::Result<ClusterConfig> ParseKubeconfig(const std::string& yaml,
                                            const std::string& file_name,
                                            const std::string& context);

// What the person should know once: that a proxy of the environment is not
// used. "" if there is nothing.
std::string NoteAbout(const ClusterConfig& config);

// What the person who runs this should hear again and again, because it makes
// the connection unsafe. Without secrets.
std::vector<std::string> WarningsAbout(const ClusterConfig& config);

// Where a pod finds its service account. A test points it elsewhere.
inline constexpr char kServiceAccountFolder[] =
    "/var/run/secrets/kubernetes.io/serviceaccount";

// `host` and `port` as in KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT;
// `folder` holds `token`, `ca.crt` and `namespace`.
base::Result<ClusterConfig> InClusterConfig(const std::string& host,
                                            const std::string& port,
                                            const std::string& folder);

}  // namespace k8s

#endif  // K8S_CLUSTER_CONFIG_H_
