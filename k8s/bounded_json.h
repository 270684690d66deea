// Parses JSON that came over the network: never throws, and refuses a document
// so deep that handling it would exhaust the stack.
#ifndef K8S_BOUNDED_JSON_H_
#define K8S_BOUNDED_JSON_H_

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace k8s {

// A Lease with managedFields is about 10 deep.
inline constexpr int kMaxJsonDepth = 64;

// Empty if `text` is not JSON or deeper than kMaxJsonDepth.
std::optional<nlohmann::json> ParseBoundedJson(std::string_view text);

// The member of an object if it is there and of the kind asked for, else
// nothing. "" for a string that is missing.
const nlohmann::json* FindMember(const nlohmann::json& object, const char* key);
std::string StringMember(const nlohmann::json& object, const char* key);

}  // namespace k8s

#endif  // K8S_BOUNDED_JSON_H_
