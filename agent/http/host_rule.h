// Who may ask on a loopback port: programs of this pod, not a browser that was
// sent here by a web page. A page can make a name of its own point to 127.0.0.1
// (DNS rebinding); the name then stands in Host. No thread.
// Source: RFC 9110 15.5.20 (421), fetch.spec.whatwg.org (Origin),
// w3.org/TR/fetch-metadata (Sec-Fetch-Site).
#ifndef AGENT_HTTP_HOST_RULE_H_
#define AGENT_HTTP_HOST_RULE_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "agent/http/message.h"

namespace http {

enum class HostRule {
  kAny,
  // Host is `localhost`, 127.x.y.z or [::1] with the port asked, and no page of
  // another origin stands behind the request. HTTP/1.0 may leave Host out.
  kLoopback,
};

bool IsLoopbackHost(std::string_view host, std::uint16_t port);

// 421, 403 or nothing to object to.
std::optional<Response> CheckLoopbackRequest(const Request& request,
                                             std::uint16_t port);

}  // namespace http

#endif  // AGENT_HTTP_HOST_RULE_H_
