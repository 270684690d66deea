// The address of an API server as a kubeconfig gives it.
#ifndef K8S_SERVER_URL_H_
#define K8S_SERVER_URL_H_

#include <string>

#include "agent/base/result.h"

namespace k8s {

struct ServerUrl {
  bool tls = true;
  std::string host;  // IPv6 without brackets.
  int port = 443;
  std::string base_path;  // "" or "/prefix", without a slash at the end.
};

// "https://host[:port][/path]", or http. User info, query and fragment are
// refused, and never shown.
base::Result<ServerUrl> ParseServerUrl(const std::string& text);

// "host:port", with brackets around an IPv6 address. For messages and Host.
std::string HostAndPort(const std::string& host, int port);

}  // namespace k8s

#endif  // K8S_SERVER_URL_H_
