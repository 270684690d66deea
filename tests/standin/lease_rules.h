// What a Lease may contain and how a refusal is worded, as kube-apiserver 1.36
// has it (tests/contract holds it to that). Pure: no store, no clock, no I/O.
#ifndef TESTS_STANDIN_LEASE_RULES_H_
#define TESTS_STANDIN_LEASE_RULES_H_

#include <nlohmann/json.hpp>
#include <string>

#include "agent/base/result.h"

namespace standin {

// An HTTP answer: a Lease, a list or a metav1.Status.
struct Reply {
  int code = 200;
  nlohmann::json body;
};

// Which lease a request is about.
struct LeaseId {
  std::string name_space;
  std::string name;

  auto operator<=>(const LeaseId&) const = default;
};

// A metav1.Status of failure. Empty `reason` and null `details` are left out.
Reply Refusal(int code, const std::string& reason, const std::string& message,
              const nlohmann::json& details = nullptr);
Reply NotFound(const LeaseId& id);
Reply NamespaceNotFound(const std::string& name_space);
Reply AlreadyExists(const LeaseId& id);
Reply Modified(const LeaseId& id);
Reply OtherUid(const LeaseId& id, const std::string& wanted,
               const std::string& found);
Reply DeleteOfOtherUid(const LeaseId& id, const std::string& wanted,
                       const std::string& found);
Reply VersionMissing(const LeaseId& id);

// Reads a request's body into the form in which a Lease is stored: known fields
// only, times in UTC, nulls left out. Refuses with 400 what Go would not
// decode.
base::Result<nlohmann::json, Reply> Decode(const std::string& body,
                                           const std::string& name_space);

// Refuses with 422 what decodes but is not valid; code 200 when it is.
Reply Validate(const LeaseId& id, const nlohmann::json& lease);

}  // namespace standin

#endif  // TESTS_STANDIN_LEASE_RULES_H_
