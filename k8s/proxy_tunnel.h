// Asks an HTTP proxy to connect us to the API server (CONNECT). What follows on
// the socket is between us and the server, TLS as without a proxy: the proxy
// sees host and port, nothing else. Thread: the one that waits.
// Source: RFC 9110, 9.3.6.
#ifndef K8S_PROXY_TUNNEL_H_
#define K8S_PROXY_TUNNEL_H_

#include <optional>
#include <string>

#include "agent/base/time.h"
#include "k8s/cluster_config.h"
#include "k8s/transport_failure.h"
#include "k8s/waiter.h"

namespace k8s {

// `fd` is connected to `proxy` and non-blocking; `target` is "host:port". Empty
// if the tunnel stands. The failure never shows the proxy's password.
std::optional<TransportFailure> OpenTunnel(int fd, const Proxy& proxy,
                                           const std::string& target,
                                           Waiter& waiter,
                                           base::Instant deadline);

}  // namespace k8s

#endif  // K8S_PROXY_TUNNEL_H_
