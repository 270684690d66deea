// A Lease to and from the JSON of coordination.k8s.io/v1. Text only: no
// request, no clock.
#ifndef K8S_LEASE_JSON_H_
#define K8S_LEASE_JSON_H_

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "k8s/lease.h"

namespace k8s {

// Reads one Lease that must be called `name`. Null and absent mean not set; a
// wrong type, a missing uid or resourceVersion is an error. A release mark that
// cannot be read is no mark.
base::Result<Lease> DecodeLease(std::string_view text, const std::string& name);
base::Result<Lease> DecodeLeaseObject(const nlohmann::json& object,
                                      const std::string& name);

// metadata.resourceVersion of any object, for bookmarks. Empty if there is none
// that is a number.
std::optional<std::int64_t> DecodeResourceVersion(const nlohmann::json& object);

// The body of the PUT. With a base: its document with the spec fields that we
// know and the release mark replaced, and everything else (labels, other
// annotations, spec.strategy, ...) as it was, under its uid and
// resourceVersion. Without: a new object, with neither. holderIdentity is never
// null.
base::Result<std::string> EncodeLeaseWrite(const LeaseWrite& write,
                                           const std::string& name_space,
                                           const std::string& name);

std::string FormatReleaseMark(const ReleaseMark& mark);
std::optional<ReleaseMark> ParseReleaseMark(std::string_view text);

}  // namespace k8s

#endif  // K8S_LEASE_JSON_H_
