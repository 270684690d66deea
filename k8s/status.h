// Puts what went wrong with a request into words: one sentence that says what
// was tried, what came back and what to do. Values only. Source: metav1.Status,
// kubernetes.io/docs/reference/using-api/api-concepts.
#ifndef K8S_STATUS_H_
#define K8S_STATUS_H_

#include <string>

#include "k8s/lease_client.h"
#include "k8s/transport.h"

namespace k8s {

// What was tried: verb get, create, update or watch.
struct LeaseAction {
  const char* verb;
  const LeaseName& lease;
};

// From an answer that is not a success.
ApiError ErrorFromAnswer(const LeaseAction& action, const HttpAnswer& answer);
// From no answer at all.
ApiError ErrorFromFailure(const LeaseAction& action,
                          const TransportFailure& failure);
// From an answer that should be a Lease and is not; `why` is a sentence's end.
ApiError ErrorFromContent(const LeaseAction& action, int http_status,
                          const std::string& why);

// Whether a 404 is about this lease, and not its namespace, the API group or a
// proxy on the way.
bool SaysLeaseIsAbsent(const HttpAnswer& answer, const LeaseName& lease);
// Whether a 422 says that the lease to be created exists.
bool SaysLeaseExists(const HttpAnswer& answer);

}  // namespace k8s

#endif  // K8S_STATUS_H_
