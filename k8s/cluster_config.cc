#include "k8s/cluster_config.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <set>
#include <string_view>

#include "k8s/credentials.h"
#include "k8s/exec_source.h"
#include "k8s/resolver.h"
#include "k8s/server_url.h"
#include "k8s/small_file.h"

namespace k8s {
namespace {

using base::Error;
using base::Result;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string WithoutSpaceAround(const std::string& text) {
  const char* const space = " \t\r\n";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

bool Exists(const std::string& path) { return StampOf(path).size >= 0; }

Result<ClusterConfig> LoadKubeconfigs(const std::vector<std::string>& paths,
                                      const std::string& context) {
  std::vector<KubeconfigText> texts;
  for (const std::string& path : paths) {
    Result<std::string> yaml = ReadSmallFile(path);
    if (!yaml) return Error{"kubeconfig " + yaml.error().message};
    texts.push_back({std::move(*yaml), path});
  }
  Result<ClusterConfig> config = ParseKubeconfigs(texts, context);
  if (!config) return config;
  if (const auto hopeless = WhyHopeless(*config)) {
    return Error{config->origin + ": " + hopeless->message};
  }
  return config;
}

// KUBECONFIG is a list as PATH is one. kubectl skips what does not exist, and a
// file that is named twice.
Result<ClusterConfig> LoadKubeconfigList(const std::string& list,
                                         const std::string& context) {
  std::vector<std::string> paths;
  std::set<std::string> seen;
  for (std::string_view rest = list; !rest.empty();) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const std::string path(rest.substr(0, colon));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    if (path.empty() || !seen.insert(path).second || !Exists(path)) continue;
    paths.push_back(path);
  }
  if (paths.empty()) {
    return Error{"KUBECONFIG is \"" + list + "\"; no file of that name exists"};
  }
  return LoadKubeconfigs(paths, context);
}

}  // namespace

Result<ClusterConfig> InClusterConfig(const std::string& host,
                                      const std::string& port,
                                      const std::string& folder) {
  ClusterConfig config;
  config.host = host;
  const char* end = port.data() + port.size();
  const auto [rest, error] = std::from_chars(port.data(), end, config.port);
  if (error != std::errc() || rest != end || config.port < 1 ||
      config.port > 65535) {
    return Error{"KUBERNETES_SERVICE_PORT is \"" + port +
                 "\"; it must be a number from 1 to 65535"};
  }
  config.token.file = folder + "/token";
  config.ca.file = folder + "/ca.crt";
  for (const std::string& file : {config.token.file, config.ca.file}) {
    if (Exists(file)) continue;
    return Error{"in-cluster: " + file +
                 " does not exist; the pod needs a service account with "
                 "automountServiceAccountToken not false"};
  }
  const Result<std::string> name_space = ReadSmallFile(folder + "/namespace");
  if (name_space) config.default_namespace = WithoutSpaceAround(*name_space);
  if (config.default_namespace.empty()) config.default_namespace = "default";
  config.origin = "in-cluster";
  return config;
}

namespace {

Result<ClusterConfig> Choose(const std::string& path,
                             const std::string& context) {
  if (!path.empty()) return LoadKubeconfigs({path}, context);
  const std::string from_environment = Environment("KUBECONFIG");
  if (!from_environment.empty()) {
    return LoadKubeconfigList(from_environment, context);
  }
  const std::string host = Environment("KUBERNETES_SERVICE_HOST");
  if (!host.empty()) {
    return InClusterConfig(host, Environment("KUBERNETES_SERVICE_PORT"),
                           kServiceAccountFolder);
  }
  const std::string home = Environment("HOME");
  const std::string fallback = home + "/.kube/config";
  if (!home.empty() && Exists(fallback)) {
    return LoadKubeconfigs({fallback}, context);
  }
  return Error{
      "no API server is configured: --kubeconfig and KUBECONFIG are not set, "
      "KUBERNETES_SERVICE_HOST says that this is not a pod, and " +
      fallback + " does not exist"};
}

}  // namespace

Result<ClusterConfig> LoadClusterConfig(const std::string& path,
                                        const std::string& context) {
  Result<ClusterConfig> config = Choose(path, context);
  if (!config) return config;
  config->resolver = MakeResolver(*config);
  if (config->exec) {
    config->exec_source = std::make_shared<ExecSource>(*config->exec);
  }
  return config;
}

std::shared_ptr<Resolver> MakeResolver(const ClusterConfig& config) {
  if (!config.proxy) {
    return std::make_shared<Resolver>(config.host, config.port);
  }
  return std::make_shared<Resolver>(config.proxy->host, config.proxy->port);
}

// client-go takes the environment's proxy. We do not: where it is set for a pod
// without a matching NO_PROXY, the way to the own cluster would lead through a
// proxy by accident. Whoever needs one for a cluster elsewhere says so there.
std::string NoteAbout(const ClusterConfig& config) {
  const bool in_pod = config.token.file.starts_with(kServiceAccountFolder);
  if (config.proxy || in_pod || IsLoopback(config.host)) return "";
  for (const char* name : {"HTTPS_PROXY", "https_proxy"}) {
    if (!Environment(name).empty()) {
      return std::string(name) +
             " is set and not used; to go through a proxy, set proxy-url in "
             "the kubeconfig";
    }
  }
  return "";
}

std::vector<std::string> WarningsAbout(const ClusterConfig& config) {
  std::vector<std::string> warnings;
  const std::string where = HostAndPort(config.host, config.port);
  if (config.insecure_skip_tls_verify) {
    warnings.push_back(
        "insecure-skip-tls-verify is set: whoever answers at " + where +
        " is taken for the API server, gets our credentials and decides who "
        "leads; set certificate-authority instead");
  }
  const bool has_token = config.exec || !config.token.empty();
  if (!config.tls && has_token && !IsLoopback(config.host)) {
    warnings.push_back("the token goes to " + where +
                       " over plain http, where everybody on the way can read "
                       "and use it; use https");
  }
  return warnings;
}

}  // namespace k8s
