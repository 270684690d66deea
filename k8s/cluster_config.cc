#include "k8s/cluster_config.h"

#include <charconv>
#include <cstdlib>

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

Result<ClusterConfig> LoadKubeconfig(const std::string& path,
                                     const std::string& context) {
  const Result<std::string> yaml = ReadSmallFile(path);
  if (!yaml) return Error{"kubeconfig " + yaml.error().message};
  return ParseKubeconfig(*yaml, path, context);
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

Result<ClusterConfig> LoadClusterConfig(const std::string& path,
                                        const std::string& context) {
  if (!path.empty()) return LoadKubeconfig(path, context);
  const std::string from_environment = Environment("KUBECONFIG");
  if (!from_environment.empty()) {
    if (from_environment.find(':') != std::string::npos) {
      return Error{"KUBECONFIG is \"" + from_environment +
                   "\"; several files are not supported, it must name one"};
    }
    return LoadKubeconfig(from_environment, context);
  }
  const std::string host = Environment("KUBERNETES_SERVICE_HOST");
  if (!host.empty()) {
    return InClusterConfig(host, Environment("KUBERNETES_SERVICE_PORT"),
                           kServiceAccountFolder);
  }
  const std::string home = Environment("HOME");
  const std::string fallback = home + "/.kube/config";
  if (!home.empty() && Exists(fallback)) {
    return LoadKubeconfig(fallback, context);
  }
  return Error{
      "no API server is configured: --kubeconfig and KUBECONFIG are not set, "
      "KUBERNETES_SERVICE_HOST says that this is not a pod, and " +
      fallback + " does not exist"};
}

}  // namespace k8s
