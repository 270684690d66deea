// Where the API server is and who we are to it: from a kubeconfig, or from the
// service account of the pod we run in. Reads files, makes no request.
// Source:
// kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig,
// kubernetes.io/docs/tasks/run-application/access-api-from-pod.
#ifndef K8S_CLUSTER_CONFIG_H_
#define K8S_CLUSTER_CONFIG_H_

#include <string>

#include "agent/base/result.h"

namespace k8s {

// One PEM or token that lives in a file, which may be replaced at any time and
// is then read again, or that was given in place.
struct Secret {
  std::string file;  // Wins if set.
  std::string data;

  bool empty() const { return file.empty() && data.empty(); }
};

struct ClusterConfig {
  std::string host;  // Name or address, IPv6 without brackets.
  int port = 443;
  bool tls = true;        // false only for an http:// server in a kubeconfig.
  std::string base_path;  // "" or "/prefix", without a slash at the end.
  Secret ca;              // PEM. Empty: the system's certificates.
  Secret client_certificate;
  Secret client_key;
  Secret token;
  std::string default_namespace;  // Of the context or the service account.
  std::string
      origin;  // For the log: "kubeconfig /x, context y" or "in-cluster".
};

// `path` "" means: the file in KUBECONFIG, else in-cluster, else
// ~/.kube/config. `context` "" means current-context.
base::Result<ClusterConfig> LoadClusterConfig(const std::string& path,
                                              const std::string& context);

// `file_name` is for messages, and the folder that relative paths start from.
// What a later version will understand (exec, auth-provider, proxy-url, ...) is
// refused with its line rather than ignored.
base::Result<ClusterConfig> ParseKubeconfig(const std::string& yaml,
                                            const std::string& file_name,
                                            const std::string& context);

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
