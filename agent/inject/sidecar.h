// What is added to a pod, and the rights that it needs: the same container,
// volume and env that the charts render. Values only.
#ifndef AGENT_INJECT_SIDECAR_H_
#define AGENT_INJECT_SIDECAR_H_

#include <string>
#include <string_view>
#include <vector>

#include "agent/inject/value.h"

namespace inject {

inline constexpr std::string_view kContainerName = "leader-elector";
inline constexpr std::string_view kVolumeName = "leader-elector-token";
inline constexpr std::string_view kUrlVariable = "LEADER_URL";

struct SidecarOptions {
  std::string image = "leader-elector:dev";  // What `make image` makes.
  // Behind --lease-name and --stop-order.
  std::vector<std::string> arguments;
  // An ordinary container that gets SIGTERM together with the main one, for
  // clusters without native sidecars: older than 1.29.
  bool classic = false;
  std::string leader_address = "127.0.0.1:4040";
  int metrics_port = 4041;
};

// Who may compete for which lease.
struct Election {
  std::string lease_name;
  std::string name_space;  // "": whatever namespace it is applied to.
  std::string service_account;
};

// An item of initContainers, or of containers if it is classic.
Value SidecarContainer(const SidecarOptions& options,
                       const std::string& lease_name);
// An item of volumes: the token, for the sidecar alone.
Value TokenVolume();
// An item of a main container's env: where to ask.
Value UrlVariable(const SidecarOptions& options);

// The one rule that the sidecar needs, and who has it.
Value LeaseRole(const Election& election);
Value LeaseRoleBinding(const Election& election);

}  // namespace inject

#endif  // AGENT_INJECT_SIDECAR_H_
