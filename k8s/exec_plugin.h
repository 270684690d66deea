// A program of the user's that prints who we are: `exec` in a kubeconfig. Runs
// it once and reads what it printed; exec_source.h decides when.
// Source:
// kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
#ifndef K8S_EXEC_PLUGIN_H_
#define K8S_EXEC_PLUGIN_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/result.h"
#include "agent/base/time.h"
#include "k8s/lease.h"
#include "k8s/secret.h"
#include "k8s/waiter.h"

namespace k8s {

// What the plugin is told of the cluster, if provideClusterInfo is set.
struct ExecCluster {
  std::string server;
  std::string tls_server_name;
  bool insecure_skip_tls_verify = false;
  Secret ca;
  std::string proxy_url;
  std::string config;  // The cluster's extension for plugins, as JSON, or "".
};

struct ExecPlugin {
  std::string command;  // A path if it has a slash, else searched in PATH.
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string api_version;
  std::string install_hint;
  std::optional<ExecCluster> cluster;
};

struct ExecCredential {
  std::string token;        // "" if there is none.
  std::string certificate;  // PEM, "" if there is none.
  std::string key;
  std::optional<MicroTime> expires;

  // Whether a server would see a difference.
  bool IsSameAs(const ExecCredential& other) const {
    return token == other.token && certificate == other.certificate &&
           key == other.key;
  }
};

// Why the plugin cannot be run: there is no such program. With installHint.
std::optional<base::Error> WhyNotInstalled(const ExecPlugin& plugin);

// What it printed. The error has what it said on stderr, shortened, and nothing
// of stdout, which holds the credential. Blocks until it has ended: at the
// latest at `deadline`, or on waiter.Cancel().
base::Result<std::string> RunExecPlugin(const ExecPlugin& plugin,
                                        Waiter& waiter, base::Instant deadline);

// An ExecCredential of this version, with something in it that can be used.
base::Result<ExecCredential> DecodeExecCredential(
    const std::string& json, const std::string& api_version);

}  // namespace k8s

#endif  // K8S_EXEC_PLUGIN_H_
