// Standard base64 (RFC 4648), as kubeconfig's *-data fields hold it.
#ifndef K8S_BASE64_H_
#define K8S_BASE64_H_

#include <optional>
#include <string>
#include <string_view>

namespace k8s {

// Spaces and line ends are skipped. Empty if anything else is wrong.
std::optional<std::string> DecodeBase64(std::string_view text);

std::string EncodeBase64(std::string_view bytes);

}  // namespace k8s

#endif  // K8S_BASE64_H_
