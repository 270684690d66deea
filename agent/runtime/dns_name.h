// What Kubernetes takes for a name: RFC 1123, as the API server checks it.
// Stateless, any thread.
#ifndef AGENT_RUNTIME_DNS_NAME_H_
#define AGENT_RUNTIME_DNS_NAME_H_

#include <string_view>

namespace runtime {

// Of a namespace: lower case letters, digits and '-', at most 63.
bool IsDnsLabel(std::string_view text);

// Of a Lease or a service account: labels with dots between them, at most 253.
// Unlike a label on its own, one of these may be longer than 63.
bool IsDnsSubdomain(std::string_view text);

}  // namespace runtime

#endif  // AGENT_RUNTIME_DNS_NAME_H_
