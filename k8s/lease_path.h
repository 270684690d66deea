// Where the Lease API is.
#ifndef K8S_LEASE_PATH_H_
#define K8S_LEASE_PATH_H_

#include <string>

#include "k8s/lease_client.h"
#include "k8s/transport.h"

namespace k8s {

// All leases of the namespace, for a watch.
inline std::string LeasesPath(const LeaseName& lease) {
  return "/apis/coordination.k8s.io/v1/namespaces/" +
         PercentEncode(lease.name_space) + "/leases";
}

inline std::string LeasePath(const LeaseName& lease) {
  return LeasesPath(lease) + "/" + PercentEncode(lease.name);
}

// How an outcome counts in metrics: the status, "timeout" or "connection".
inline std::string CodeOf(const HttpOutcome& outcome) {
  if (outcome) return std::to_string(outcome->status);
  const bool late = outcome.error().kind == TransportFailure::Kind::kTimeout;
  return late ? "timeout" : "connection";
}

}  // namespace k8s

#endif  // K8S_LEASE_PATH_H_
