// The address of an API server, or of a proxy on the way to it, as a kubeconfig
// gives it.
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

// An HTTP proxy that is spoken to without TLS.
struct Proxy {
  std::string host;
  int port = 80;
  std::string authorization;  // "Basic ...", or "". A secret.
};

// "http://[user[:password]@]host[:port]". The error never shows the password.
base::Result<Proxy> ParseProxyUrl(const std::string& text);

// Letters, digits, "-", "." and "_", or an IPv6 address.
bool IsHost(const std::string& text);

// An address of this machine, or "localhost".
bool IsLoopback(const std::string& host);

// "host:port", with brackets around an IPv6 address. For messages and Host.
std::string HostAndPort(const std::string& host, int port);

}  // namespace k8s

#endif  // K8S_SERVER_URL_H_
